/** A task uses an API with a placeholder: programs as they are, one API's named requests, and only while it lives. */
import { copyFileSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { until } from '../egress/desk.ts';
import { echo } from './api.ts';
import { apiHost, codeHost, otherHost, Shop } from './shop.ts';

const secret = 'sk-acme-never-to-be-seen-4711';
const password = 'glpat-never-to-be-seen-0815';
const shop = new Shop();
const { world } = shop.site;

beforeAll(async () => {
  await shop.open(() => ({
    model: {
      broker: 'inject',
      description: "The assistant's model",
      secret: { file: shop.secretFile('model-key', secret) },
      place: { header: 'authorization', prefix: 'Bearer ' },
      requests: [
        { methods: ['POST'], paths: ['/v1/chat/completions'] },
        { methods: ['GET'], paths: ['/v1/models'] },
      ],
      variables: ['OPENAI_API_KEY'],
    },
    code: {
      broker: 'inject',
      description: 'The code of others, reading',
      secret: { file: shop.secretFile('code-token', password) },
      hosts: [`${codeHost}:${shop.port}`],
      place: { basic: 'oauth2' },
      requests: [{ methods: ['GET'], paths: ['/lib.git/**'] }],
      variables: ['CODE_TOKEN'],
    },
  }));
});
// The system's may be older than those that heed the proxy's variables in fetch.
beforeAll(() => copyFileSync(process.execPath, join(world.repository, 'node24')));
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => {
  shop.api.heard.length = 0;
  shop.api.serve = echo;
});

const heardOf = (host: string): string[] =>
  shop.api.heard
    .filter(({ headers }) => headers.host?.startsWith(host))
    .map(({ headers }) => headers.authorization ?? 'none');

describe('programs find the API as they are, and trust the proxy', () => {
  const header = 'Authorization: Bearer $OPENAI_API_KEY';
  it.each([
    ['curl', (url: string) => `curl -sS -H "${header}" ${url}`],
    ['wget', (url: string) => `wget -q -O - --header "${header}" ${url}`],
    [
      'node',
      (url: string) =>
        `./node24 -e 'fetch("${url}", { headers: { authorization: "Bearer " + process.env.OPENAI_API_KEY } })
          .then((answer) => answer.text()).then(console.log)'`,
    ],
    [
      'python',
      (url: string) =>
        `python3 -c 'import os, urllib.request as r
print(r.urlopen(r.Request("${url}", headers={"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]})).read().decode())'`,
    ],
  ])('%s', async (_name, command) => {
    const ran = await shop.site.script(command(shop.url('/v1/models')));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(heardOf(apiHost)).toEqual([`Bearer ${secret}`]);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      what: 'GET /v1/models',
      headers: { authorization: `Bearer ${'*'.repeat(secret.length)}` },
    });
  });
});

/** gitprotocol-common(5): four hex digits, which count themselves. */
const packetLength = (line: string): string => (line.length + 4).toString(16).padStart(4, '0');

test('git over HTTPS logs in with the placeholder', async () => {
  const commit = '4'.repeat(40);
  shop.api.serve = ({ headers }, response) => {
    const login = `Basic ${Buffer.from(`oauth2:${password}`).toString('base64')}`;
    if (headers.authorization !== login) {
      return response.writeHead(401, { 'www-authenticate': 'Basic realm="code"' }).end();
    }
    const line = `${commit} refs/heads/main\0agent=test\n`;
    return response
      .writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' })
      .end(`001e# service=git-upload-pack\n0000${packetLength(line)}${line}0000`);
  };
  const url = shop.url('/lib.git', `any:$CODE_TOKEN@${codeHost}`);
  const ran = await shop.site.script(`git ls-remote "${url}"`);
  expect(ran.stdout).toBe(`${commit}\trefs/heads/main\n`);
});

const asking = `
import http.client, os, ssl, sys
host, port = sys.argv[1], int(sys.argv[2])
for method, path in [('GET', '/v1/files'), ('DELETE', '/v1/models'), ('GET', '/v1/models/../files'), ('GET', '/v1/models?x')]:
    proxied = http.client.HTTPSConnection('127.0.0.1', 3128, context=ssl.create_default_context())
    proxied.set_tunnel(host, port)
    proxied.request(method, path, headers={'Authorization': 'Bearer ' + os.environ['OPENAI_API_KEY']})
    answer = proxied.getresponse()
    print(answer.status, answer.read().decode())
`;

describe('the placeholder is good for nothing else', () => {
  it('than the named requests', async () => {
    world.write('ask.py', asking);
    const ran = await shop.site.exec('python3', 'ask.py', apiHost, String(shop.port));
    expect(ran.stdout.match(/^\d+ /gm)).toEqual(['403 ', '403 ', '403 ', '200 ']);
    expect(ran.stdout).toContain('the credential model is not for this method and path');
    expect(shop.api.heard.map(({ what }) => what)).toEqual(['GET /v1/models?x']);
    const refused = await shop.site.entries('egress.refused');
    expect(refused.map(({ data }) => data['target'])).toContain(
      `GET https://${apiHost}:${shop.port}/v1/files`,
    );
  });

  it('at another host, where it stays what it is', async () => {
    await shop.site.script(
      `curl -sSk -H "Authorization: Bearer $OPENAI_API_KEY" ${shop.url('/v1/models', otherHost)}`,
    );
    expect(heardOf(otherHost)).toEqual([expect.stringMatching(/^Bearer writ-placeholder-/)]);
  });

  it('after a redirect to another host, where curl is made to repeat it', async () => {
    shop.api.serve = ({ headers }, response) =>
      headers.host?.startsWith(apiHost)
        ? response.writeHead(302, { location: shop.url('/v1/models', otherHost) }).end()
        : response.end('elsewhere');
    const ran = await shop.site.script(
      `curl -sSk -L --location-trusted -H "Authorization: Bearer $OPENAI_API_KEY" ${shop.url('/v1/models')}`,
    );
    expect(ran.stdout).toBe('elsewhere');
    expect(heardOf(apiHost)).toEqual([`Bearer ${secret}`]);
    expect(heardOf(otherHost).join()).not.toContain(secret);
  });

  it('in another session', async () => {
    const { stdout } = await shop.site.script('echo $OPENAI_API_KEY');
    const ran = await shop.site.script(
      `curl -sS -H "Authorization: Bearer ${stdout.trim()}" ${shop.url('/v1/models')}`,
    );
    expect(ran.stdout).toContain('is for the placeholder of a credential alone');
    expect(shop.api.heard).toEqual([]);
  });

  it('under a profile that does not name the credential', async () => {
    const ran = await shop.site.writ('exec', '--profile', 'observe', '--', 'env');
    expect(ran.stdout).not.toMatch(/OPENAI_API_KEY|SSL_CERT_FILE/);
  });
});

/** Uses the secret, and then looks for it in the memory of every process and in every file in view, itself included. */
const search = `
import os, re, sys, urllib.request
headers = {'Authorization': 'Bearer ' + os.environ['OPENAI_API_KEY']}
answer = urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers=headers)).read()
wanted = re.compile(b'never-to-b[e]-seen')
known = re.compile(b'writ-placeholde[r]-')
found = {'secret': 0, 'placeholder': 0}
def look(file, first, length):
    try:
        file.seek(first)
        text = file.read(length)
    except (OSError, ValueError, OverflowError):
        return
    found['secret'] += len(wanted.findall(text))
    found['placeholder'] += len(known.findall(text))
for process in filter(str.isdigit, os.listdir('/proc')):
    try:
        with open(f'/proc/{process}/mem', 'rb', 0) as memory:
            for line in open(f'/proc/{process}/maps').readlines():
                first, last = (int(part, 16) for part in line.split()[0].split('-'))
                look(memory, first, min(last - first, 64 << 20))
    except OSError:
        pass
in_memory = found['placeholder']
for top in ['/run', '/tmp', '/home', '/etc', '/var', '.']:
    for folder, _, files in os.walk(top):
        for name in files:
            try:
                with open(os.path.join(folder, name), 'rb') as file: look(file, 0, 64 << 20)
            except OSError:
                pass
print('the placeholder stands in memory:', in_memory > 0)
print('the secret was found:', found['secret'])
`;

test('the secret is in nothing that the task can read, and in nothing that Writ writes', async () => {
  world.write('search.py', search);
  const ran = await shop.site.script(`python3 search.py ${shop.url('/v1/models')}; env`);
  expect(heardOf(apiHost)).toEqual([`Bearer ${secret}`]);
  expect(ran.stdout).toContain('the placeholder stands in memory: True\nthe secret was found: 0\n');
  const log = JSON.stringify(await shop.site.entries());
  expect(log).toContain('"path":"/v1/models"');
  const written = globSync(`${world.writHome}/**`, { withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'));
  for (const text of [ran.stdout, ran.stderr, log, ...written])
    expect(text).not.toContain('never-to-be-seen');
});

describe('when the task ends', () => {
  /** A task that asks again and again, also in the face of refusals. */
  async function asking(): Promise<{ readonly ended: Promise<unknown>; readonly kill: () => void }> {
    world.write(
      'loop.sh',
      `while :; do curl -sS -H "Authorization: Bearer $OPENAI_API_KEY" ${shop.url('/v1/models')}; sleep 0.1; done`,
    );
    const child = world.start(['exec', '--', 'sh', 'loop.sh']);
    child.stdout.resume();
    child.stderr.resume();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await until(() => shop.api.heard.length > 1, 'the task to ask');
    return { ended, kill: () => void child.kill('SIGKILL') };
  }

  const live = async (): Promise<unknown[]> => {
    const { stdout } = await shop.site.writ('lease', 'list', '--json');
    return JSON.parse(stdout) as unknown[];
  };

  /** Nothing is heard later than five seconds after, and nothing is lent any more. */
  async function overInTime(): Promise<void> {
    await setTimeout(5000);
    const before = shop.api.heard.length;
    expect(await live()).toEqual([]);
    await setTimeout(500);
    expect(shop.api.heard).toHaveLength(before);
  }

  test('by revocation of its writ', async () => {
    const { ended } = await asking();
    const { stdout } = await shop.site.writ('list', '--json');
    const [writ] = JSON.parse(stdout) as { claims: { id: string } }[];
    await shop.site.writ('revoke', writ?.claims.id ?? '', '--reason', 'odd requests');
    await overInTime();
    await ended;
  });

  test('by kill -9 of every process of Writ, also after a new start', async () => {
    const { ended, kill } = await asking();
    const { pid } = JSON.parse((await shop.site.writ('status', '--json')).stdout) as { pid: number };
    process.kill(pid, 'SIGKILL');
    kill();
    await setTimeout(100);
    const atDeath = shop.api.heard.length;
    expect((await shop.site.writ('up')).status).toBe(0);
    await overInTime();
    await ended;
    expect(shop.api.heard.length - atDeath).toBeLessThanOrEqual(1);
    expect((await shop.site.writ('log', 'verify')).status).toBe(0);
  });
});

test('revoking the lease alone is on record, and the next use asks policy again', async () => {
  world.write(
    'twice.sh',
    `curl -sS -H "Authorization: Bearer $OPENAI_API_KEY" ${shop.url('/v1/models')} >/dev/null
     while [ ! -e go ]; do sleep 0.1; done
     curl -sS -H "Authorization: Bearer $OPENAI_API_KEY" ${shop.url('/v1/models')}`,
  );
  const ran = shop.site.exec('sh', 'twice.sh');
  await until(() => shop.api.heard.length === 1, 'the first use');
  const [lease] = JSON.parse((await shop.site.writ('lease', 'list', '--json')).stdout) as { id: string }[];
  await shop.site.writ('lease', 'revoke', lease?.id ?? '', '--reason', 'a test');
  world.write('go', '');
  expect((await ran).stdout).toContain('GET /v1/models');
  const leases = new Set(
    (await shop.site.entries('egress.request')).slice(-2).map(({ data }) => String(data['leases'])),
  );
  expect(leases.size).toBe(2);
});

test('what was lent is not on record where a task names it in arguments', async () => {
  world.write(
    'show.sh',
    `curl -sS -o own -H "Authorization: Bearer $OPENAI_API_KEY" ${shop.url('/v1/models')}
/bin/echo 'key=${secret}' ${Buffer.from(secret).toString('base64')}
/usr/bin/printf '%s' after ${secret}\n`,
  );
  const shown = await shop.site.writ('exec', '--', 'sh', './show.sh');
  expect(shown).toMatchObject({ status: 0, stdout: expect.stringContaining(`key=${secret}`) });
  const recorded = JSON.stringify(await shop.site.entries('execution.process'));
  expect(recorded).toContain(`"key=${'*'.repeat(secret.length)}"`);
  expect(recorded).toContain('"after"');
  for (const text of [recorded, JSON.stringify(world.json('log', 'search', '--limit', '1000'))])
    for (const form of [secret, Buffer.from(secret).toString('base64').slice(0, 30)])
      expect(text).not.toContain(form);
});
