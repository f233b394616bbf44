/** Programs that fetch from and send to addresses. */
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { adds, hasOption, optionValue, optionValues, valueAdds } from '../options.ts';
import { named, tool } from '../tool.ts';

const curl = tool({
  traits: ['network'],
  hides: 'exec',
  options: {
    '-o --output': 'write',
    '--output-dir': 'write-tree',
    '-O --remote-name --remote-name-all': { takes: 'nothing', traits: ['writes'] },
    '-D --dump-header -c --cookie-jar --trace --trace-ascii --stderr --etag-save --hsts --alt-svc --libcurl':
      'write',
    '-K --config': { takes: 'value', effect: 'read', hides: 'exec' },
    '--engine': 'hides-exec',
    '-d --data --data-ascii --data-binary --data-urlencode --json': { takes: 'value', traits: ['publishes'] },
    '--data-raw': { takes: 'value', traits: ['publishes'] },
    '-F --form': { takes: 'value', traits: ['publishes'] },
    '--form-string --url-query': { takes: 'value', traits: ['publishes'] },
    '-T --upload-file': { takes: 'value', effect: 'read', traits: ['publishes'] },
    '-X --request': 'keep',
    '--url': 'keep',
    '-x --proxy --preproxy --socks4 --socks4a --socks5 --socks5-hostname --doh-url --proxy1.0': {
      takes: 'value',
      effect: 'connect',
    },
    '--connect-to --resolve --unix-socket --abstract-unix-socket --interface --dns-servers --haproxy-clientip':
      { takes: 'value', hides: 'connect' },
    '-b --cookie': 'keep',
    '-H --header --proxy-header': 'keep',
    '-n --netrc --netrc-optional': { takes: 'nothing', traits: ['credentials'] },
    '--netrc-file -E --cert --key --cacert --capath --proxy-cert --proxy-key --pubkey --crlfile --etag-compare':
      'read',
    '-u --user --oauth2-bearer --proxy-user --aws-sigv4 --pass': 'keep',
    '-Q --quote': { takes: 'value', traits: ['publishes'] },
    '-A --user-agent -e --referer -m --max-time --connect-timeout --retry --retry-delay --retry-max-time -r --range -w --write-out -y --speed-time -Y --speed-limit --limit-rate --max-redirs --max-filesize -z --time-cond --tls-max --ciphers --tls13-ciphers --keepalive-time -C --continue-at --local-port --noproxy --variable --expand-url --proto --proto-default --proto-redir --expect100-timeout --parallel-max --rate --create-file-mode -t --telnet-option --curves --login-options --mail-from --mail-rcpt --happy-eyeballs-timeout-ms --retry-connrefused-time -P --ftp-port --request-target':
      'value',
    '-s -S -f -L -k -i -I -v -g -G -J -R -l -N -a -B -j -q -Z -# -0 -1 -2 -3 -4 -6 -p -M -h -V --silent --show-error --fail --fail-with-body --location --location-trusted --insecure --include --head --verbose --globoff --get --remote-header-name --remote-time --compressed --http1.0 --http1.1 --http2 --http2-prior-knowledge --http3 --ipv4 --ipv6 --no-buffer --progress-bar --no-progress-meter --retry-connrefused --retry-all-errors --create-dirs --ssl --ssl-reqd --tlsv1.2 --tlsv1.3 --tcp-nodelay --path-as-is --raw --no-keepalive --parallel --append --anyauth --basic --digest --ntlm --negotiate --post301 --post302 --post303 --disable --version --help --manual --next --styled-output --no-sessionid --ca-native --tr-encoding --crlf --list-only --show-headers --skip-existing --no-clobber --remove-on-error':
      'flag',
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
    call.keepsToLoopback();
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
  if (!url.known && /^(https?:\/\/)?(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):$/.test(text)) {
    call.connect({ host: 'localhost', port: null });
    call.findings.opaque('connect', url.text, 'the port cannot be told', url.span);
  } else if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || (url.many && text === '')) call.connectToField(url);
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
    '-P --directory-prefix': 'write-tree',
    '-i --input-file': { takes: 'value', effect: 'read', hides: 'connect' },
    '--config': { takes: 'value', effect: 'read', hides: 'exec' },
    '-e --execute --use-askpass': 'hides-exec',
    '--post-data --body-data': valueAdds('publishes'),
    '--post-file --body-file': { takes: 'value', effect: 'read', traits: ['publishes'] },
    '--method': 'keep',
    '--load-cookies --ca-certificate --certificate --private-key --ca-directory --crl-file': 'read',
    '-t --tries -T --timeout -w --wait --waitretry -Q --quota --limit-rate -l --level -A --accept -R --reject -D --domains --exclude-domains -I --include-directories -X --exclude-directories -U --user-agent --header --referer --user --password --http-user --http-password --dns-timeout --connect-timeout --read-timeout --max-redirect --cut-dirs --default-page --bind-address --progress --restrict-file-names --secure-protocol -B --base --accept-regex --reject-regex --local-encoding --remote-encoding --prefer-family --dns-servers --start-pos --ciphers':
      'value',
    '-q -v -c -N -S -b -r -k -K -m -p -H -L -np -nc -nd -nH -nv -x -E -4 -6 -d -F --quiet --verbose --no-verbose --continue --timestamping --server-response --background --recursive --convert-links --mirror --page-requisites --span-hosts --relative --no-parent --no-clobber --no-directories --no-host-directories --no-check-certificate --content-disposition --trust-server-names --spider --show-progress --https-only --inet4-only --inet6-only --no-cookies --no-cache --no-proxy --no-dns-cache --adjust-extension --backup-converted --delete-after --version --help --no-config --no-hsts --compression':
      'flag',
  },
  apply: (call, parsed) => {
    const method = optionValue(parsed, '--method');
    if (method !== null && !/^(GET|HEAD)$/i.test(method.text)) call.trait('publishes');
    for (const url of parsed.operands) connectUrl(call, url, 'http');
    if (parsed.operands.some((url) => !url.known)) call.trait('publishes');
    call.keepsToLoopback();
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

export const transfers = named({
  'curl curlie': curl,
  'wget wget2': wget,
  'http https xh httpie': tool({
    traits: ['network', 'fetches'],
    hides: 'exec',
    lenient: true,
    options: {
      '-o --output': 'write',
      '-a --auth -A --auth-type --timeout --proxy --verify --cert --style': 'value',
      '-d --download': adds('writes'),
    },
    apply: (call, parsed) => {
      const words = parsed.operands.filter((word) => !/^(GET|HEAD|OPTIONS)$/.test(word.text));
      if (words.some((word) => /^[A-Z]+$/.test(word.text))) call.trait('publishes');
      const [url, ...items] = words.filter((word) => !/^[A-Z]+$/.test(word.text));
      if (url !== undefined)
        connectUrl(
          call,
          url.text.startsWith(':') ? literal(`localhost${url.text}`, url.span) : url,
          call.name === 'https' ? 'https' : 'http',
        );
      for (const item of items) {
        if (!/^[\w-]+:[^=]|==/.test(item.text)) call.trait('publishes');
        const file = /[:=]?@(.+)$/.exec(item.text)?.[1];
        if (file !== undefined) call.read(literal(file, item.span));
      }
      call.keepsToLoopback();
    },
  }),
  'aria2c axel': tool({
    traits: ['network', 'fetches', 'writes'],
    hides: 'exec',
    lenient: true,
    options: {
      '-d --dir': { takes: 'value', effect: 'write-tree' },
      '-o --out': 'write',
      '-i --input-file': { takes: 'value', effect: 'read', hides: 'connect' },
      '--on-download-complete --on-download-start --on-download-stop --on-download-error': 'program',
    },
    apply: (call, parsed) => {
      for (const url of parsed.operands) connectUrl(call, url, 'http');
      call.write(literal('.', call.span), true);
    },
  }),
});
