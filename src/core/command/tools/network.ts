/** Looking up names, plain connections, tunnels, keys and certificates. */
import type { Call } from '../call.ts';
import { dropFirst, literal, type Field } from '../field.ts';
import { hasOption, optionValue, optionValues, type ParsedOptions } from '../options.ts';
import { named, tool } from '../tool.ts';
import { sshOption, sshPorts } from '../wrappers/ssh.ts';

/** A name that is looked up leaves the machine: with something in it that is not static, so does that. */
const lookup = tool({
  traits: ['network'],
  hides: 'connect',
  lenient: true,
  options: {
    '-f -k -iL': 'read',
    '-oN -oX -oG -oA': 'write',
    '-t -c -i -s -W -w -l -I -p -q -x -b -y -m -T -Q -O -n': 'maybe',
    '-c -i -s -W -w -I -p -t': 'value',
    '--script --script-file --datadir --servicedb --interactive': 'hides-exec',
  },
  apply: (call, parsed) => {
    for (const operand of parsed.operands) {
      if (!operand.known) {
        call.trait('publishes');
        call.opaque('connect', operand.text, 'the name cannot be told, and leaves the machine');
      } else if (operand.text.startsWith('@'))
        call.connectToField(literal(operand.text.slice(1), operand.span), 53);
      else if (!/^\+|^(A|AAAA|TXT|MX|NS|SOA|CNAME|ANY|PTR|SRV|CAA|short)$/i.test(operand.text))
        call.connectToField(operand);
    }
  },
});

// ---- plain connections -------------------------------------------------------------------------------------------------

const socket = tool({
  traits: ['network', 'publishes'],
  hides: 'exec',
  lenient: true,
  options: {
    '-e -c --exec --sh-exec --lua-exec': 'shell',
    '-p -s -w -i -q -x -X -P -o -g -G -I -O -T -V': 'value',
    '-l --listen': 'mark',
    '-z': 'mark',
  },
  apply: (call, parsed) => {
    const [host, port] = parsed.operands;
    if (hasOption(parsed, '-l')) {
      call.opaque('connect', call.exec.argv.join(' '), 'whoever connects is served');
      return;
    }
    if (host !== undefined)
      call.connectToField(
        host,
        port?.known === true && /^\d{1,5}$/.test(port.text) ? Number(port.text) : null,
      );
    call.keepsToLoopback();
  },
});

/** `TCP:host:port`, `EXEC:program`, `FILE:path` and the like. */
function socatAddress(call: Call, address: Field): void {
  const kind =
    /^([\w-]+)(?:[:,]|$)/.exec(address.known ? address.text : address.prefix)?.[1]?.toLowerCase() ?? '';
  const rest = dropFirst(address, kind.length + 1);
  const plain = { ...rest, text: rest.text.split(',')[0] ?? '', prefix: rest.prefix.split(',')[0] ?? '' };
  if (/^(-|stdio|stdin|stdout|stderr|fd|pipe|pty|readline|\d+)$/.test(kind) || /^-(,|$)/.test(address.text))
    return;
  if (!address.known && plain.prefix === '') call.opaque('exec', address.text, 'it may run a program');
  else if (/^(exec|system|shell)$/.test(kind)) {
    call.trait('runs-code');
    call.runner.runText(plain, call);
  } else if (/listen$|^(udp\d?-recv|tun)/.test(kind))
    call.opaque('connect', address.text, 'whoever connects is served');
  else if (
    /^(tcp|tcp4|tcp6|udp|udp4|udp6|ssl|openssl|sctp|socks\w*|proxy)(-connect|-sendto|-datagram)?$/.test(kind)
  )
    call.connectToField(plain);
  else if (/^(file|open|gopen|create|unix|unix-connect|unix-client|abstract\S*)$/.test(kind)) {
    call.read(plain);
    call.write(plain);
  } else call.opaque('exec', address.text, 'the address of socat is not known');
}

const socat = tool({
  traits: ['network', 'publishes'],
  hides: 'exec',
  lenient: true,
  options: { '-b -t -T -l -L -W -r -R': 'value', '-lf': 'write' },
  apply: (call, parsed) => {
    for (const address of parsed.operands) socatAddress(call, address);
    call.keepsToLoopback();
  },
});

const transfersFiles = tool({
  traits: ['network', 'publishes'],
  hides: 'exec',
  lenient: true,
  options: { '-e -c -f -b': 'hides-exec', '-p -l -u -P': 'value' },
  apply: (call, parsed) => {
    const [host, port] = parsed.operands;
    call.opaque('exec', call.exec.argv.join(' '), 'it does what it reads');
    if (host !== undefined)
      call.connectToField(
        host,
        port?.known === true && /^\d{1,5}$/.test(port.text) ? Number(port.text) : null,
      );
  },
});

/** What listens here becomes reachable from elsewhere. */
const tunnel = tool({
  traits: ['network', 'publishes', 'runs-code'],
  hides: 'exec',
  raw: (call) => call.opaque('connect', call.exec.argv.join(' '), 'it lets others in from elsewhere'),
});

// ---- keys and certificates ------------------------------------------------------------------------------------------------

function opensslCommand(call: Call, parsed: ParsedOptions): void {
  const verb = parsed.operands[0]?.text ?? '';
  call.subcommand(verb);
  if (/^(gen(?!crl)|pkcs12|pkcs8|pkey|rsa|ec|dsa|ca|req|passwd)/.test(verb)) call.trait('credentials');
  if (/^s_(server|time|client)$/.test(verb)) {
    call.trait('network', 'publishes');
    if (optionValue(parsed, '-connect') === null)
      call.opaque('connect', call.exec.argv.join(' '), 'whoever connects is served');
  }
  call.trait('reads');
  if (verb === 'rand' || verb === 'version' || verb === 'list') return;
  for (const file of parsed.operands.slice(1)) call.read(file);
}

export const network = named({
  'ping ping6 traceroute tracepath mtr dig host nslookup whois nmap fping arping hping3': lookup,
  'nc ncat netcat telnet': socket,
  socat,
  'ftp lftp tftp ncftp psftp sftp smbclient rlogin finger ghost-ftp': transfersFiles,
  'ngrok cloudflared localtunnel lt tailscale tailscaled zerotier-cli sshuttle bore frpc frps chisel pagekite tmate wstunnel gost sshfs curlftpfs':
    tunnel,
  'k6 locust artillery': tool({
    traits: ['network', 'runs-code'],
    hides: 'exec',
    lenient: true,
    apply: (call, parsed) => {
      for (const file of parsed.operands.slice(1)) call.script(file);
      call.opaque('connect', call.exec.argv.join(' '), 'its script says where it connects');
    },
  }),
  'ab hey wrk vegeta siege grpcurl websocat nghttp evans mosquitto_pub mosquitto_sub': tool({
    traits: ['network', 'publishes'],
    hides: 'exec',
    lenient: true,
    options: { '-d -D -f --data -F': { takes: 'value', hides: 'read' }, '-h --host': 'connect' },
    apply: (call, parsed) => {
      for (const url of parsed.operands)
        if (/^\w+:\/\/|^localhost|^[\w.-]+:\d+/.test(url.prefix)) call.connectToField(url);
      call.keepsToLoopback();
    },
  }),
  'http-server serve live-server json-server caddy nginx apache2ctl httpd redis-server postgres mongod mosquitto':
    tool({
      traits: ['network', 'builds'],
      hides: 'exec',
      raw: (call) => {
        call.readHere();
        call.opaque('connect', call.exec.argv.join(' '), 'whoever connects is served');
      },
    }),
  'tcpdump tshark wireshark ngrep dumpcap ettercap airodump-ng': tool({
    traits: ['privileges', 'network', 'reads'],
    hides: 'exec',
  }),
  'ssh-copy-id ssh-keyscan': tool({
    traits: ['credentials', 'network'],
    hides: 'exec',
    lenient: true,
    options: { '-f -i': 'read', '-p': 'keep', '-o': 'keep', '-t -T': 'value' },
    apply: (call, parsed) => {
      call.credential('ssh');
      for (const option of optionValues(parsed, '-o')) sshOption(call, option);
      const ports = sshPorts(call, parsed, '-p');
      for (const host of parsed.operands) for (const port of ports) call.connectToField(host, port);
    },
  }),
  'ssh-keygen ssh-add ssh-agent': tool({
    traits: ['credentials'],
    hides: 'exec',
    lenient: true,
    options: { '-f': 'write', '-D -s -w -P': 'hides-exec' },
    apply: (call, parsed) => {
      call.credential('ssh');
      if (call.name === 'ssh-agent' && parsed.operands.length > 0)
        call.runner.runProgram(parsed.operands, call);
    },
  }),
  openssl: tool({
    hides: 'exec',
    style: { singleDash: true },
    lenient: true,
    options: {
      '-in -inkey -key -CAfile -cert -config -extfile -CA -CAkey -sign -verify -signature -untrusted -kfile -rand':
        'read',
      '-out -keyout -writerand': 'write',
      '-engine -provider -provider-path -propquery': 'hides-exec',
      '-connect -proxy -host': { takes: 'value', effect: 'connect', traits: ['network', 'publishes'] },
      '-passin -passout -pass -k -K': { takes: 'value', traits: ['credentials'] },
      '-days -subj -addext -newkey -md -digest -inform -outform -servername -nameopt -iter -port -accept -alpn':
        'value',
    },
    apply: opensslCommand,
  }),
  'mkcert certbot step easyrsa acme.sh': tool({
    traits: ['credentials', 'network', 'writes'],
    hides: 'exec',
  }),
  'sendmail mail mailx mutt msmtp swaks procmail': tool({ traits: ['network', 'publishes'], hides: 'exec' }),
});
