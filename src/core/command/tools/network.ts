import type { Call } from '../call.ts';
import { dropFirst, literal, type Field } from '../field.ts';
import { parseScpLike, parseUrl } from '../hosts.ts';
import {
  adds,
  flag,
  hasOption,
  maybe,
  optionValue,
  optionValues,
  program,
  reads,
  shell,
  value,
  valueAdds,
  writes,
} from '../options.ts';
import { named, tool } from '../tool.ts';
import { sshOption } from '../wrappers.ts';

// ---- curl and wget ---------------------------------------------------------------------------------------------------------

const keep = { takes: 'value', traits: [] } as const;

const curl = tool({
  traits: ['network'],
  hides: 'exec',
  options: {
    '-o --output': writes,
    '--output-dir': { takes: 'value', effect: 'write-tree', traits: ['writes'] },
    '-O --remote-name --remote-name-all': { takes: 'nothing', traits: ['writes'] },
    '-D --dump-header -c --cookie-jar --trace --trace-ascii --stderr --etag-save --hsts --alt-svc --libcurl':
      writes,
    '-K --config': { takes: 'value', effect: 'read', hides: 'exec' },
    '--engine': { takes: 'value', hides: 'exec' },
    '-d --data --data-ascii --data-binary --data-urlencode --json': { takes: 'value', traits: ['publishes'] },
    '--data-raw': { takes: 'value', traits: ['publishes'] },
    '-F --form': { takes: 'value', traits: ['publishes'] },
    '--form-string --url-query': { takes: 'value', traits: ['publishes'] },
    '-T --upload-file': { takes: 'value', effect: 'read', traits: ['publishes'] },
    '-X --request': keep,
    '--url': { takes: 'value', traits: [] },
    '-x --proxy --preproxy --socks4 --socks4a --socks5 --socks5-hostname --doh-url --proxy1.0': {
      takes: 'value',
      effect: 'connect',
    },
    '--connect-to --resolve --unix-socket --abstract-unix-socket --interface --dns-servers --haproxy-clientip':
      { takes: 'value', hides: 'connect' },
    '-b --cookie': { takes: 'value', traits: [] },
    '-H --header --proxy-header': { takes: 'value', traits: [] },
    '-n --netrc --netrc-optional': { takes: 'nothing', traits: ['credentials'] },
    '--netrc-file -E --cert --key --cacert --capath --proxy-cert --proxy-key --pubkey --crlfile --etag-compare':
      { takes: 'value', effect: 'read' },
    '-u --user --oauth2-bearer --proxy-user --aws-sigv4 --pass': { takes: 'value', traits: [] },
    '-Q --quote': { takes: 'value', traits: ['publishes'] },
    '-A --user-agent -e --referer -m --max-time --connect-timeout --retry --retry-delay --retry-max-time -r --range -w --write-out -y --speed-time -Y --speed-limit --limit-rate --max-redirs --max-filesize -z --time-cond --tls-max --ciphers --tls13-ciphers --keepalive-time -C --continue-at --local-port --noproxy --variable --expand-url --proto --proto-default --proto-redir --expect100-timeout --parallel-max --rate --create-file-mode -t --telnet-option --curves --login-options --mail-from --mail-rcpt --happy-eyeballs-timeout-ms --retry-connrefused-time -P --ftp-port --request-target':
      value,
    '-s -S -f -L -k -i -I -v -g -G -J -R -l -N -a -B -j -q -Z -# -0 -1 -2 -3 -4 -6 -p -M -h -V --silent --show-error --fail --fail-with-body --location --location-trusted --insecure --include --head --verbose --globoff --get --remote-header-name --remote-time --compressed --http1.0 --http1.1 --http2 --http2-prior-knowledge --http3 --ipv4 --ipv6 --no-buffer --progress-bar --no-progress-meter --retry-connrefused --retry-all-errors --create-dirs --ssl --ssl-reqd --tlsv1.2 --tlsv1.3 --tcp-nodelay --path-as-is --raw --no-keepalive --parallel --append --anyauth --basic --digest --ntlm --negotiate --post301 --post302 --post303 --disable --version --help --manual --next --styled-output --no-sessionid --ca-native --tr-encoding --crlf --list-only --show-headers --skip-existing --no-clobber --remove-on-error':
      flag,
  },
  apply: (call, parsed) => {
    const method = optionValue(parsed, '-X');
    if (method !== null && !/^(GET|HEAD|OPTIONS)$/i.test(method.text)) call.trait('publishes');
    for (const data of [
      ...optionValues(parsed, '-d'),
      ...optionValues(parsed, '-F'),
      ...optionValues(parsed, '-H'),
      ...optionValues(parsed, '-b'),
    ])
      fileInData(call, data);
    if (hasOption(parsed, '-n')) call.credential('netrc');
    const urls = [...parsed.operands, ...optionValues(parsed, '--url')];
    for (const url of urls) connectUrl(call, url, 'http');
    if (hasOption(parsed, '-O')) for (const url of urls) saveUnderName(call, url);
    call.trait('fetches');
    // What is not static in an address or a header leaves the machine with it.
    if (
      urls.some((url) => !url.known) ||
      parsed.seen.some(
        ({ option, value }) => /^(-H|-u|-A|-b|-e)$/.test(option.first) && value?.known === false,
      )
    )
      call.trait('publishes');
  },
});

/** `@file`, `name@file`, `name=@file`, `name=<file`. */
function fileInData(call: Call, data: Field): void {
  if (!data.known) {
    if (data.prefix === '' || /[@<]$/.test(data.prefix))
      call.opaque('read', data.text, 'the data may come from any file');
    return;
  }
  const match = /^(?:[^=@<]*[=]?)?[@<](.+)$/s.exec(data.text);
  if (match === null) return;
  const file = (match[1] ?? '').split(';')[0] ?? '';
  if (file !== '-') call.read(literal(file, data.span));
}

function connectUrl(call: Call, url: Field, scheme: string): void {
  const text = url.known ? url.text : url.prefix;
  const authority = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)/i.exec(text)?.[1] ?? '';
  // curl expands `{a,b}` and `[1-3]` itself.
  if (/[{}[\]]/.test(authority) && !/^(\S*@)?\[[0-9a-f:.]+\](:\d+)?$/i.test(authority)) {
    call.opaque('connect', url.text, 'the address stands for several');
    return;
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || (url.many && text === '')) call.connectToField(url);
  else if (url.known || /[/?#]/.test(text))
    call.connectToField({ ...url, text: `${scheme}://${url.text}`, prefix: `${scheme}://${text}` });
  else call.opaque('connect', url.text, 'the host cannot be told');
}

function saveUnderName(call: Call, url: Field): void {
  const name = url.known ? /\/([^/?#]+)(?:[?#].*)?$/.exec(url.text.replace(/^\w+:\/\//, ''))?.[1] : undefined;
  if (name === undefined) call.opaque('write', url.text, 'the address says which file it writes');
  else call.write(literal(name, url.span));
}

const wget = tool({
  traits: ['network', 'fetches'],
  hides: 'exec',
  options: {
    '-O --output-document -o --output-file -a --append-output --save-cookies --rejected-log --warc-file': {
      takes: 'value',
      traits: [],
    },
    '-P --directory-prefix': { takes: 'value', effect: 'write-tree', traits: ['writes'] },
    '-i --input-file': { takes: 'value', effect: 'read', hides: 'connect' },
    '--config': { takes: 'value', effect: 'read', hides: 'exec' },
    '-e --execute --use-askpass': { takes: 'value', hides: 'exec' },
    '--post-data --body-data': valueAdds('publishes'),
    '--post-file --body-file': { takes: 'value', effect: 'read', traits: ['publishes'] },
    '--method': keep,
    '--load-cookies --ca-certificate --certificate --private-key --ca-directory --crl-file': {
      takes: 'value',
      effect: 'read',
    },
    '-t --tries -T --timeout -w --wait --waitretry -Q --quota --limit-rate -l --level -A --accept -R --reject -D --domains --exclude-domains -I --include-directories -X --exclude-directories -U --user-agent --header --referer --user --password --http-user --http-password --dns-timeout --connect-timeout --read-timeout --max-redirect --cut-dirs --default-page --bind-address --progress --restrict-file-names --secure-protocol -B --base --accept-regex --reject-regex --local-encoding --remote-encoding --prefer-family --dns-servers --start-pos --ciphers':
      value,
    '-q -v -c -N -S -b -r -k -K -m -p -H -L -np -nc -nd -nH -nv -x -E -4 -6 -d -F --quiet --verbose --no-verbose --continue --timestamping --server-response --background --recursive --convert-links --mirror --page-requisites --span-hosts --relative --no-parent --no-clobber --no-directories --no-host-directories --no-check-certificate --content-disposition --trust-server-names --spider --show-progress --https-only --inet4-only --inet6-only --no-cookies --no-cache --no-proxy --no-dns-cache --adjust-extension --backup-converted --delete-after --version --help --no-config --no-hsts --compression':
      flag,
  },
  apply: (call, parsed) => {
    const method = optionValue(parsed, '--method');
    if (method !== null && !/^(GET|HEAD)$/i.test(method.text)) call.trait('publishes');
    for (const url of parsed.operands) connectUrl(call, url, 'http');
    if (parsed.operands.some((url) => !url.known)) call.trait('publishes');
    const outputs = optionValues(parsed, '-O');
    for (const file of outputs) {
      if (file.text === '-') continue;
      call.trait('writes');
      call.write(file);
    }
    const aside = hasOption(parsed, '-P', '--spider');
    if (outputs.length === 0 && !aside) {
      call.trait('writes');
      if (
        call.words.some((word) =>
          /^-\w*[rmx]|^--(recursive|mirror|content-disposition|trust-server-names)/.test(word.text),
        )
      )
        call.writeAnywhereBelow(literal('.', call.span));
      else for (const url of parsed.operands) saveUnderName(call, url);
    }
  },
});

// ---- copies between machines --------------------------------------------------------------------------------------------------

function copyBetween(call: Call, operands: readonly Field[], tree: boolean): void {
  operands.forEach((operand, index) => {
    const last = index === operands.length - 1 && operands.length > 1;
    const text = operand.known ? operand.text : operand.prefix;
    const daemon = /^([^/:]+)::/.exec(text);
    const url = parseUrl(text, operand.known);
    const scp = daemon === null ? parseScpLike(text) : null;
    if (daemon !== null)
      call.connectToField(literal((daemon[1] ?? '').replace(/^.*@/, ''), operand.span), 873);
    else if (url !== null) call.connect(url);
    else if (scp !== null && (operand.known || /:/.test(text))) call.connect({ host: scp.host, port: 22 });
    else if (!operand.known && text === '') {
      call.opaque('connect', operand.text, 'it may be on another host');
      call.opaque(last ? 'write' : 'read', operand.text, 'the file cannot be told');
    } else if (last) {
      call.trait('writes');
      if (tree) call.writeAnywhereBelow(operand);
      else call.write(operand, true);
    } else call.read(operand, tree);
    const remote = daemon !== null || url !== null || scp !== null;
    if (remote) call.trait('network', last ? 'publishes' : 'fetches');
  });
}

const scp = tool({
  hides: 'exec',
  options: {
    '-o': keep,
    '-S -D': program,
    '-F': { takes: 'value', effect: 'read', hides: 'exec' },
    '-i': reads,
    '-J': { takes: 'value', effect: 'connect' },
    '-P -c -l -X': value,
    '-r -p -q -v -C -B -3 -4 -6 -A -O -R -s -T': flag,
  },
  apply: (call, parsed) => {
    call.trait('network');
    for (const option of optionValues(parsed, '-o')) sshOption(call, option);
    copyBetween(call, parsed.operands, hasOption(parsed, '-r'));
  },
});

const rsync = tool({
  hides: 'exec',
  options: {
    '-e --rsh': shell,
    '--rsync-path': shell,
    '--daemon': { takes: 'nothing', hides: 'exec' },
    '--config --server --sender': { takes: 'nothing', hides: 'exec' },
    '--delete --del --delete-before --delete-after --delete-during --delete-excluded --delete-delay --remove-source-files --force':
      adds('destroys'),
    '-M --remote-option': { takes: 'value', hides: 'exec' },
    '--files-from --include-from --exclude-from --password-file --read-batch': {
      takes: 'value',
      effect: 'read',
    },
    '--log-file --write-batch --only-write-batch': { takes: 'value', effect: 'write', traits: ['writes'] },
    '--backup-dir -T --temp-dir --partial-dir --compare-dest --copy-dest --link-dest': {
      takes: 'value',
      effect: 'write-tree',
      traits: ['writes'],
    },
    '-f --filter --include --exclude --chmod --chown --bwlimit --timeout --contimeout --port --max-size --min-size -B --block-size --out-format --info --debug --log-file-format --suffix --usermap --groupmap --compress-level --compress-choice --checksum-choice --iconv --max-delete --modify-window --address --sockopts --stop-after --outbuf':
      value,
    '-a -v -q -r -R -u -l -L -k -K -H -p -E -A -X -o -g -D -t -O -J -S -n -W -x -z -h -P -c -b -d -i -C -y -I -m -0 -4 -6 -F -s --archive --verbose --quiet --recursive --relative --update --links --copy-links --hard-links --perms --executability --acls --xattrs --owner --group --devices --specials --times --omit-dir-times --super --fake-super --sparse --dry-run --whole-file --one-file-system --compress --human-readable --progress --partial --checksum --backup --dirs --itemize-changes --cvs-exclude --fuzzy --existing --ignore-existing --size-only --prune-empty-dirs --inplace --append --append-verify --stats --numeric-ids --ignore-errors --no-perms --no-owner --no-group --no-times --delay-updates --safe-links --munge-links --keep-dirlinks --version --help --mkpath --no-implied-dirs --ignore-times --from0 --secluded-args --list-only --blocking-io --no-motd':
      flag,
  },
  apply: (call, parsed) => copyBetween(call, parsed.operands, true),
});

// ---- forges ---------------------------------------------------------------------------------------------------------------------

const ghLooks = /^(view|list|status|diff|checks|browse|watch|download|verify|get|ls|token-status)$/;

function forge(call: Call): void {
  const words = call.words.filter((word) => !word.known || !word.text.startsWith('-'));
  const [topic, verb] = words;
  const host = call.name === 'glab' ? 'gitlab.com' : 'github.com';
  call.connect({ host: call.name === 'glab' ? host : 'api.github.com', port: 443 });
  call.trait('network');
  if (topic?.known !== true || (verb !== undefined && !verb.known && topic.text !== 'api')) {
    call.trait('publishes', 'unknown');
    call.opaque('exec', call.exec.argv.join(' '), `the subcommand of ${call.name} cannot be told`);
    return;
  }
  call.subcommand(verb === undefined || topic.text === 'api' ? topic.text : `${topic.text} ${verb.text}`);
  const option = (pattern: RegExp): boolean =>
    call.words.some((word) => pattern.test(word.known ? word.text : word.prefix));
  for (const [index, word] of call.words.entries()) {
    const next = call.words[index + 1];
    if (
      /^(-F|--body-file|--notes-file|--input)$/.test(word.text) &&
      next !== undefined &&
      topic.text !== 'api'
    )
      call.read(next);
    if (/^(--body-file|--notes-file|--input)=/.test(word.text))
      call.read(dropFirst(word, word.text.indexOf('=') + 1));
    if (topic.text === 'api' && /^--input$/.test(word.text) && next !== undefined) call.read(next);
    if (topic.text === 'api' && /=@/.test(word.text)) call.read(dropFirst(word, word.text.indexOf('=@') + 2));
    if (!word.known && word.many) call.opaque('exec', word.text, 'the word may be an option');
    if (word.stream) call.trait('publishes');
  }
  const text = verb?.text ?? '';
  switch (topic.text) {
    case 'api':
      call.trait(
        option(/^(-X|--method)/) &&
          !option(/^(-XGET|--method=GET)$/) &&
          !call.words.some(
            (word, index) => word.text === 'GET' && /^(-X|--method)$/.test(call.words[index - 1]?.text ?? ''),
          )
          ? 'publishes'
          : 'fetches',
      );
      if (option(/^(-f|-F|--field|--raw-field|--input)/)) call.trait('publishes');
      return;
    case 'auth':
      call.credential(call.name === 'glab' ? 'gitlab' : 'github');
      call.trait('credentials', 'configures');
      return;
    case 'secret':
    case 'variable':
    case 'ssh-key':
    case 'gpg-key':
      call.trait(ghLooks.test(text) ? 'fetches' : 'publishes', 'credentials');
      return;
    case 'alias':
    case 'config':
      call.trait(...(ghLooks.test(text) ? (['reads'] as const) : (['configures', 'writes'] as const)));
      return;
    case 'extension':
    case 'extensions':
      call.trait('runs-code', 'dependencies');
      return;
    case 'search':
    case 'browse':
    case 'status':
      call.trait('fetches');
      return;
    case 'run':
    case 'workflow':
    case 'cache':
      call.trait(...(ghLooks.test(text) ? (['fetches'] as const) : (['publishes'] as const)));
      if (text === 'delete') call.trait('destroys');
      if (text === 'download') downloads(call);
      return;
    case 'help':
    case 'version':
    case 'completion':
      return;
    case 'pr':
    case 'mr':
      if (text === 'checkout') call.trait('fetches', 'writes');
      else call.trait(ghLooks.test(text) ? 'fetches' : 'publishes');
      return;
    case 'repo':
      if (text === 'clone') {
        call.trait('fetches', 'writes');
        call.connect({ host, port: 443 });
        const name =
          words[3] ??
          (words[2]?.known === true
            ? literal(words[2].text.split('/').at(-1) ?? '', words[2].span)
            : undefined);
        if (name !== undefined) call.write(name, true);
      } else call.trait(ghLooks.test(text) ? 'fetches' : 'publishes');
      if (text === 'delete') call.trait('destroys');
      if (text === 'sync') call.trait('writes');
      return;
    case 'release':
      call.trait(ghLooks.test(text) ? 'fetches' : 'publishes');
      if (text === 'download') downloads(call);
      if (text === 'delete') call.trait('destroys');
      if (text === 'create' || text === 'upload') for (const file of words.slice(3)) call.read(file);
      return;
    case 'issue':
    case 'gist':
    case 'label':
    case 'project':
    case 'org':
    case 'ruleset':
    case 'attestation':
      call.trait(ghLooks.test(text) ? 'fetches' : 'publishes');
      if (topic.text === 'gist' && text === 'create') for (const file of words.slice(2)) call.read(file);
      return;
    default:
      // An extension or an alias.
      call.trait('publishes', 'runs-code', 'unknown');
  }
}

function downloads(call: Call): void {
  call.trait('writes');
  const at = call.words.findIndex((word) => /^(-D|--dir|-O|--output)$/.test(word.text));
  call.writeAnywhereBelow(
    call.words[at + 1] !== undefined && at >= 0
      ? (call.words[at + 1] ?? literal('.', call.span))
      : literal('.', call.span),
  );
}

// ---- looking around ---------------------------------------------------------------------------------------------------------------

/** A name that is looked up leaves the machine: with something in it that is not static, so does that. */
const lookup = tool({
  traits: ['network'],
  hides: 'connect',
  lenient: true,
  options: {
    '-f -k': reads,
    '-t -c -i -s -W -w -l -I -p -q -x -b -y -m -T -Q -O -n': maybe,
    '-c -i -s -W -w -I -p -t': value,
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
    '-e -c --exec --sh-exec --lua-exec': { takes: 'value', effect: 'shell' },
    '-p -s -w -i -q -x -X -P -o -g -G -I -O -T -V': value,
    '-l --listen': { takes: 'nothing', traits: [] },
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
  'curl curlie': curl,
  'wget wget2': wget,
  'http https xh httpie': tool({
    traits: ['network', 'fetches'],
    hides: 'exec',
    lenient: true,
    options: {
      '-o --output': writes,
      '-a --auth -A --auth-type --timeout --proxy --verify --cert --style': value,
      '-d --download': adds('writes'),
    },
    apply: (call, parsed) => {
      const words = parsed.operands.filter((word) => !/^(GET|HEAD|OPTIONS)$/.test(word.text));
      if (words.some((word) => /^[A-Z]+$/.test(word.text))) call.trait('publishes');
      const [url, ...items] = words.filter((word) => !/^[A-Z]+$/.test(word.text));
      if (url !== undefined) connectUrl(call, url, call.name === 'https' ? 'https' : 'http');
      for (const item of items) {
        if (!/^[\w-]+:[^=]|==/.test(item.text)) call.trait('publishes');
        const file = /[:=]?@(.+)$/.exec(item.text)?.[1];
        if (file !== undefined) call.read(literal(file, item.span));
      }
    },
  }),
  'aria2c axel': tool({
    traits: ['network', 'fetches', 'writes'],
    hides: 'exec',
    lenient: true,
    options: {
      '-d --dir': { takes: 'value', effect: 'write-tree' },
      '-o --out': writes,
      '-i --input-file': { takes: 'value', effect: 'read', hides: 'connect' },
      '--on-download-complete --on-download-start --on-download-stop --on-download-error': program,
    },
    apply: (call, parsed) => {
      for (const url of parsed.operands) connectUrl(call, url, 'http');
      call.write(literal('.', call.span), true);
    },
  }),
  scp,
  sftp: scp,
  rsync,
  'ping ping6 traceroute tracepath mtr dig host nslookup whois nmap': lookup,
  'nc ncat netcat socat telnet ftp lftp tftp': socket,
  'gh glab': tool({ hides: 'exec', raw: forge }),
  'ssh-keygen ssh-add ssh-copy-id ssh-agent ssh-keyscan': tool({
    traits: ['credentials'],
    hides: 'exec',
    lenient: true,
    options: {
      '-f': { takes: 'value', effect: 'write', traits: ['writes'] },
      '-D -s -w -P': { takes: 'value', hides: 'exec' },
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
      '-in -inkey -key -CAfile -cert -config -extfile -CA -CAkey -sign -verify -signature': reads,
      '-out -keyout -outform-file': writes,
      '-engine -provider -provider-path': { takes: 'value', hides: 'exec' },
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
  'aws gcloud az gsutil bq doctl linode-cli hcloud flyctl fly heroku railway ibmcloud oci aliyun s3cmd rclone b2 mc':
    tool({
      traits: ['network', 'publishes', 'credentials'],
      hides: 'exec',
      raw: (call) => {
        const verb = call.words.filter((word) => !word.text.startsWith('-')).map((word) => word.text);
        call.subcommand(verb.slice(0, 2).join(' '));
        call.credential(
          call.name === 'gcloud' || call.name === 'gsutil' || call.name === 'bq'
            ? 'gcloud'
            : call.name === 'az'
              ? 'azure'
              : call.name,
        );
        call.opaque('connect', call.exec.argv.join(' '), 'its settings say where it connects');
        call.opaque('read', call.exec.argv.join(' '), 'which files it sends cannot be told');
        if (
          verb.some((word) => /^(delete|rm|rb|destroy|terminate|remove|purge|sync|mv|wipe|reset)/.test(word))
        )
          call.trait('destroys');
      },
    }),
  'terraform tofu pulumi ansible ansible-playbook packer vagrant cdk serverless sls sam chef knife puppet salt nomad consul vault':
    tool({
      traits: ['network', 'publishes', 'runs-code', 'credentials'],
      hides: 'exec',
      raw: (call) => {
        const verb = call.words.find((word) => !word.text.startsWith('-'));
        if (verb !== undefined) call.subcommand(verb.text);
        if (/^(fmt|validate|version|show|output|graph|providers|console|--version)$/.test(verb?.text ?? ''))
          call.exec.traits.splice(
            0,
            call.exec.traits.length,
            'reads',
            'runs-code',
            ...(verb?.text === 'fmt' ? (['writes'] as const) : []),
          );
        if (verb?.text === 'plan')
          call.exec.traits.splice(
            0,
            call.exec.traits.length,
            'reads',
            'network',
            'fetches',
            'runs-code',
            'credentials',
          );
        if (
          /^(destroy|taint|state|force-unlock|delete)$/.test(verb?.text ?? '') ||
          call.words.some((word) => word.text === '-destroy')
        )
          call.trait('destroys');
        if (/^ansible/.test(call.name))
          call.opaque('exec', call.exec.argv.join(' '), 'the playbook says what runs, and where');
      },
    }),
  'psql mysql mariadb sqlite3 mongosh mongo redis-cli pg_dump pg_restore mysqldump createdb dropdb clickhouse-client cqlsh duckdb usql':
    tool({
      traits: ['runs-code'],
      hides: 'exec',
      lenient: true,
      raw: (call) => {
        if (!/^(sqlite3|duckdb)$/.test(call.name)) {
          call.trait('network', 'publishes');
          const at = call.words.findIndex((word) => /^(-h|--host)$/.test(word.text));
          const url = call.words.find((word) => /^\w+:\/\//.test(word.prefix));
          const host = url ?? (at >= 0 ? call.words[at + 1] : undefined);
          if (host !== undefined) call.connectToField(host);
          else call.opaque('connect', call.exec.argv.join(' '), 'its settings say where it connects');
        } else {
          const file = call.words.find((word) => !word.text.startsWith('-'));
          call.trait('writes');
          if (file !== undefined && file.text !== ':memory:') call.write(file);
        }
        // Their languages and dot-commands reach files and shells.
        call.opaque('exec', call.exec.argv.join(' '), 'its statements can read files and run commands');
        if (call.name === 'dropdb') call.trait('destroys');
      },
    }),
});
