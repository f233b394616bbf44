import { literal } from '../field.ts';
import { hasOption } from '../options.ts';
import { named, tool } from '../tool.ts';

/** A name that is looked up leaves the machine: with something in it that is not static, so does that. */
const lookup = tool({
  traits: ['network'],
  hides: 'connect',
  lenient: true,
  options: {
    '-f -k': 'read',
    '-t -c -i -s -W -w -l -I -p -q -x -b -y -m -T -Q -O -n': 'maybe',
    '-c -i -s -W -w -I -p -t': 'value',
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

const socket = tool({
  traits: ['network', 'publishes'],
  hides: 'exec',
  lenient: true,
  options: {
    '-e -c --exec --sh-exec --lua-exec': 'shell',
    '-p -s -w -i -q -x -X -P -o -g -G -I -O -T -V': 'value',
    '-l --listen': 'mark',
  },
  apply: (call, parsed) => {
    if (call.name === 'socat') {
      for (const operand of parsed.operands) {
        if (/^(exec|system|shell)/i.test(operand.text) || !operand.known)
          call.opaque('exec', operand.text, 'it runs a program');
        else call.opaque('connect', operand.text, 'the address of socat is not read');
      }
      return;
    }
    const [host, port] = parsed.operands;
    if (hasOption(parsed, '-l')) {
      call.trait('persists');
      return;
    }
    if (host === undefined) return;
    call.connectToField(host, port?.known === true && /^\d{1,5}$/.test(port.text) ? Number(port.text) : null);
  },
});

export const network = named({
  'ping ping6 traceroute tracepath mtr dig host nslookup whois nmap': lookup,
  'nc ncat netcat socat telnet ftp lftp tftp': socket,
  'ssh-keygen ssh-add ssh-copy-id ssh-agent ssh-keyscan': tool({
    traits: ['credentials'],
    hides: 'exec',
    lenient: true,
    options: {
      '-f': 'write',
      '-D -s -w -P': 'hides-exec',
    },
    apply: (call, parsed) => {
      call.credential('ssh');
      if (/copy-id|keyscan/.test(call.name))
        for (const host of parsed.operands) call.connectToField(host, 22);
      if (call.name === 'ssh-agent' && parsed.operands.length > 0)
        call.runner.runProgram(parsed.operands, call);
    },
  }),
  openssl: tool({
    hides: 'exec',
    style: { singleDash: true },
    lenient: true,
    options: {
      '-in -inkey -key -CAfile -cert -config -extfile -CA -CAkey -sign -verify -signature': 'read',
      '-out -keyout -outform-file': 'write',
      '-engine -provider -provider-path': 'hides-exec',
      '-connect -proxy -host': { takes: 'value', effect: 'connect', traits: ['network', 'publishes'] },
      '-passin -passout -pass': { takes: 'value', traits: ['credentials'] },
    },
    apply: (call, parsed) => {
      const verb = parsed.operands[0]?.text ?? '';
      call.subcommand(verb);
      if (/^(gen|pkcs12|pkey|rsa|ec|ca|req|passwd)/.test(verb)) call.trait('credentials');
      call.trait('reads');
      for (const file of parsed.operands.slice(1)) call.read(file);
    },
  }),
  'sendmail mail mailx mutt msmtp swaks': tool({ traits: ['network', 'publishes'], hides: 'exec' }),
});
