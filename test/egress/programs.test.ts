/** Programs that developers use, unchanged, in a real sandbox: what policy names is reached, and nothing else. */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { Services } from './services.ts';
import { Site, type Ran } from './site.ts';

const hosts = ['files', 'code', 'other'].map((name) => `${name}.acme.example`);
const registries = ['npm', 'pypi', 'go'].map((name) => `${name}.mirror.example`);
const services = new Services([...hosts, ...registries]);
const site = new Site((name) => (name === 'public.acme.example' ? ['10.9.8.7'] : ['127.0.0.1']));
let port = 0;
const at = (host: string, path = ''): string => `https://${host}:${port}${path}`;

/** Trust in the test's own certificates, as each program takes it. */
const trust = `
export SSL_CERT_FILE=$PWD/ca.pem CURL_CA_BUNDLE=$PWD/ca.pem GIT_SSL_CAINFO=$PWD/ca.pem PIP_CERT=$PWD/ca.pem
export NODE_EXTRA_CA_CERTS=$PWD/ca.pem REQUESTS_CA_BUNDLE=$PWD/ca.pem # which for pip outdoes PIP_CERT
`;
const script = (text: string): Promise<Ran> => site.script(`set -e\n${trust}\n${text}\n`);

beforeAll(async () => {
  port = await services.listen();
  await site.open(
    {
      registries: {
        npm: [at('npm.mirror.example', '/')],
        pypi: [at('pypi.mirror.example', '/simple/')],
        go: [at('go.mirror.example')],
      },
      private: { '*.mirror.example': ['127.0.0.1'], '*.acme.example': ['127.0.0.1'] },
    },
    ['files.acme.example', 'code.acme.example', 'public.acme.example'],
  );
  site.world.write('ca.pem', services.authority);
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await services[Symbol.asyncDispose]();
});

test('npm ci installs from the registry that the organisation names, native build step included', async () => {
  const dependency = { version: '1.0.0', resolved: at('npm.mirror.example', '/answer/-/answer-1.0.0.tgz') };
  const root = { name: 'shop', version: '1.0.0', dependencies: { answer: '1.0.0' } };
  const lock = {
    ...root,
    lockfileVersion: 3,
    packages: {
      '': root,
      'node_modules/answer': { ...dependency, integrity: services.integrity, hasInstallScript: true },
    },
  };
  site.world.write('package.json', JSON.stringify(root));
  site.world.write('package-lock.json', JSON.stringify(lock));
  site.world.write('.npmrc', 'cafile=ca.pem\naudit=false\n');
  const installed = await site.exec('npm', 'ci');
  expect(installed).toMatchObject({ status: 0 });
  expect(await site.exec('node_modules/answer/answer')).toMatchObject({ status: 0, stdout: 'forty-two\n' });
  const opened = await site.entries('egress.opened');
  expect(opened[0]).toMatchObject({
    decision: 'allow',
    command: 'npm ci',
    data: { host: 'npm.mirror.example', port, protocol: 'connect', policies: ['base.connect'] },
  });
});

test("npm's registry is the organisation's unless the repository names another", async () => {
  const registry = async () => (await site.exec('npm', 'config', 'get', 'registry')).stdout;
  expect(await registry()).toBe(`${at('npm.mirror.example', '/')}\n`);
  const own = site.world.read('.npmrc');
  site.world.write('.npmrc', `${own}registry=${at('other.acme.example', '/')}\n`);
  expect(await registry()).toBe(`${at('other.acme.example', '/')}\n`);
  site.world.write('.npmrc', own);
});

test('pip installs a wheel', async () => {
  site.world.write('requirements.txt', 'answer==1.0\n');
  const ran = await script(`python3 -m pip install --quiet --target lib -r requirements.txt
    PYTHONPATH=lib python3 -m answer`);
  expect(ran).toMatchObject({ status: 0, stdout: 'forty-two\n' });
});

test('go downloads a module', async () => {
  site.world.write('go.mod', 'module shop\n\nrequire acme.example/answer v1.0.0\n');
  const ran = await script(
    'GOFLAGS=-mod=mod GONOSUMDB=* GOSUMDB=off go mod download -json acme.example/answer',
  );
  expect(ran.stderr).toBe('');
  expect(JSON.parse(ran.stdout)).toMatchObject({ Version: 'v1.0.0' });
});

test('git clones over https', async () => {
  const url = at('code.acme.example', '/lib.git');
  expect(await script(`git clone --quiet ${url} lib-clone && cat lib-clone/lib.txt`)).toMatchObject({
    status: 0,
    stdout: 'forty-two\n',
  });
});

describe('a file goes both ways as it was', () => {
  const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  test.each([
    ['curl', (url: string) => `curl -sS ${url}`],
    ['wget', (url: string) => `echo ca_certificate=$PWD/ca.pem > ~/.wgetrc; wget -q -O - ${url}`],
    ['curl over SOCKS', (url: string) => `curl -sS --proxy socks5h://127.0.0.1:3128 ${url}`],
    [
      'python',
      (url: string) =>
        `python3 -c 'import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen("${url}").read())'`,
    ],
  ])('down with %s', async (_program, command) => {
    const ran = await script(`${command(at('files.acme.example', '/download'))} | sha256sum`);
    expect(ran.stdout).toBe(`${sha(services.download)}  -\n`);
  });

  it('up', async () => {
    const bytes = randomBytes(3 << 20);
    writeFileSync(join(site.world.repository, 'upload.bin'), bytes);
    site.world.write(
      'upload.py',
      `import urllib.request as r
request = r.Request('${at('files.acme.example', '/upload')}', open('upload.bin', 'rb').read(), method='PUT')
print(r.urlopen(request).read().decode(), end='')`,
    );
    const ran = await script('python3 upload.py');
    expect(ran).toMatchObject({ status: 0, stdout: 'stored\n' });
    expect(sha(services.uploads.get('/upload') ?? Buffer.alloc(0))).toBe(sha(bytes));
  });
});

test("Node's own fetch and WebSocket", async () => {
  copyFileSync(process.execPath, join(site.world.repository, 'node24'));
  site.world.write(
    'talk.mjs',
    `console.log(await (await fetch('${at('files.acme.example', '/hello')}')).text());
const socket = new WebSocket('${at('files.acme.example', '/').replace('https', 'wss')}');
socket.onopen = () => socket.send('hello');
socket.onmessage = ({ data }) => { console.log(data); process.exit(); };
socket.onerror = ({ message }) => { console.log(message); process.exit(1); };`,
  );
  const ran = await script('./node24 talk.mjs');
  expect(ran.stdout).toBe('hello from outside\n\nheard: hello\n');
});

describe('what policy does not name is refused, and says how it could be had', () => {
  const said = [
    `writ: refused: connecting to other.acme.example:`,
    "the host is in none of the profile's host sets",
    'writ: missing: approval:maintainers',
    'writ: Add it to a host set in organisation.yaml',
  ];

  // The command line of each is allowed: where it really goes stands in a file or a variable.
  test.each([
    ['curl', (url: string) => `echo 'url = "${url}"' > config; curl -sS -K config`],
    ['wget', (url: string) => `echo ${url} > list; wget -O - -i list`],
    [
      'git',
      (url: string) =>
        `printf '[url "%s"]\\ninsteadOf = https://git.example/' ${url} > ~/.gitconfig; git ls-remote origin`,
    ],
    ['npm', (url: string) => `export npm_config_registry=${url}; npm view answer`],
    [
      'pip',
      (url: string) =>
        `export PIP_INDEX_URL=${url}; python3 -m pip install --retries 0 -t x -r requirements.txt`,
    ],
    ['go', (url: string) => `export GOPROXY=${url} GOMODCACHE=/tmp/go GOSUMDB=off; go mod download`],
    [
      'SOCKS',
      (url: string) => `echo 'url = "${url}"' > config; curl -sS --proxy socks5h://127.0.0.1:3128 -K config`,
    ],
  ])('by %s', async (_program, command) => {
    const ran = await script(command(at('other.acme.example', '/')));
    expect(ran.status).not.toBe(0);
    for (const part of said) expect(ran.stderr).toContain(part);
  });

  it('to the program itself, in the answer', async () => {
    const ran = await script('echo url = http://other.acme.example/ > config; curl -sS -K config');
    expect(ran.stdout).toContain("the host is in none of the profile's host sets");
  });

  it('around the proxy there is nothing', async () => {
    const ran = await script(
      `curl -sS --noproxy '*' --connect-timeout 5 --resolve files.acme.example:${port}:127.0.0.1 ${at('files.acme.example', '/hello')}`,
    );
    expect(ran.status).toBe(7);
    expect((await script('getent hosts files.acme.example')).status).not.toBe(0);
  });

  it('a private address behind an allowed name', async () => {
    const ran = await script('curl -sS http://public.acme.example/');
    expect(ran.stdout).toContain('the name leads to 10.9.8.7, a private address');
    expect(ran.stdout).toContain(
      "name it in organisation.yaml, under network.private: public.acme.example: ['10.9.8.7']",
    );
  });

  it("the host of the repository's own remote is named by that, on its port alone", async () => {
    const ran = await script(`for port in 443 8443; do
        echo url = https://git.example:$port/ > config; curl -sS -K config || true
      done`);
    // Policy lets the first through; that the test's name for it leads to loopback is another matter.
    expect(ran.stderr).toContain(
      'connecting to git.example:443: the name leads to 127.0.0.1, a loopback address',
    );
    expect(ran.stderr).toContain(
      "connecting to git.example:8443: the host is in none of the profile's host sets",
    );
  });

  it('and is on the log', async () => {
    const refused = await site.entries('egress.refused');
    const shown = await site.writ('log', 'search', '--type', 'egress.refused');
    expect(shown.stdout).toContain(`other.acme.example:${port}  sh task.sh`);
    expect(refused.map(({ decision, data }) => [decision, data['target'], data['kind']])).toContainEqual([
      'step-up',
      `other.acme.example:${port}`,
      'policy',
    ]);
    expect(refused.map(({ decision, data }) => [decision, data['target'], data['kind']])).toContainEqual([
      'deny',
      'public.acme.example:80',
      'address',
    ]);
  });
});

test('a command that somebody approved reaches the host that it names', async () => {
  const command = ['curl', '-sS', '--cacert', 'ca.pem', at('other.acme.example', '/hello')];
  const asked = await site.exec(...command);
  const approval = /writ approve (apr_\w+)/.exec(asked.stderr)?.[1] ?? '';
  expect((await site.writ('approve', approval, '--key', site.approver, '--reason', 'once')).status).toBe(0);
  expect((await site.exec(...command)).stderr).toBe('');
  const opened = await site.entries('egress.opened');
  expect(opened[0]?.data).toMatchObject({ host: 'other.acme.example', policies: ['develop.other-hosts'] });
});

test("the relay inside is no way to harm others: its loss is at most the command's own", async () => {
  const hello = `curl -sS ${at('files.acme.example', '/hello')}`;
  const ran = await script(`${hello}
    for process in /proc/[0-9]*; do
      if grep -q writ-exec $process/comm; then kill -9 \${process#/proc/} 2>/dev/null || true; fi
    done
    sleep 0.2; ${hello} || echo cut off`);
  expect(ran.stdout).toMatch(/^hello from outside\n(hello from outside|cut off)\n$/);
  expect((await script(hello)).stdout).toBe('hello from outside\n');
});

test('a revoked writ closes every connection at once', async () => {
  const running = script(`curl -sS -N --limit-rate 20k ${at('files.acme.example', '/slow')} > /dev/null`);
  while (!services.asked.includes('/slow')) await new Promise((resolve) => setTimeout(resolve, 20));
  const { stdout } = await site.writ('list', '--json');
  const writs = JSON.parse(stdout) as { state: string; claims: { id: string } }[];
  const writ = writs.find(({ state }) => state === 'active');
  expect(await site.writ('revoke', writ?.claims.id ?? '', '--reason', 'enough')).toMatchObject({ status: 0 });
  expect((await running).status).not.toBe(0);
  expect((await site.entries('egress.closed'))[0]?.data).toMatchObject({
    outcome: 'stopped',
    host: 'files.acme.example',
  });
});

test('under a profile that names no host there is no proxy', async () => {
  const { stdout } = await site.writ('exec', '--profile', 'observe', '--', 'env');
  expect(stdout).not.toMatch(/proxy/i);
});
