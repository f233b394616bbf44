/**
 * A session with every broker that can run here, searched: nothing that lasts is anywhere an assistant can read, nor in
 * what Writ writes about it.
 */
import { createPrivateKey, randomUUID } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sceneNames, setScenes, type Scene } from '../brokers/scenes.ts';
import { Shop } from '../injection/shop.ts';
import { found, needle, type Needle } from './needles.ts';

const shop = new Shop();
const { site } = shop;
const { world } = site;
/** Lasting secrets by name; each is random, so that finding one is no chance. */
const injected = `sk-${randomUUID()}`;
const modelKey = `sk-model-${randomUUID()}`;
const planted = randomUUID();
let scenes: Record<(typeof sceneNames)[number], Scene>;

/** What Writ is told and cannot use: each is a secret all the same. */
const broken = {
  'wrong-password': randomUUID(),
  'malformed-app-key': `-----BEGIN RSA PRIVATE KEY-----\n${randomUUID()}\n-----END RSA PRIVATE KEY-----`,
  'malformed-ssh-key': `-----BEGIN OPENSSH PRIVATE KEY-----\n${randomUUID()}\n-----END OPENSSH PRIVATE KEY-----`,
  unreachable: randomUUID(),
} as const;
type Broken = keyof typeof broken;
const brokenNames = Object.keys(broken) as Broken[];

function brokenCredentials(): Record<Broken, object> {
  const file = (name: Broken) => ({ file: shop.secretFile(name, broken[name]) });
  const { postgres, kubernetes, ssh, 'github-app': app } = scenes;
  return {
    'wrong-password': {
      ...postgres.credential,
      admin: { user: 'writ_admin', password: file('wrong-password') },
    },
    'malformed-app-key': { ...app.credential, key: file('malformed-app-key') },
    'malformed-ssh-key': { ...ssh.credential, ca: file('malformed-ssh-key') },
    unreachable: { ...kubernetes.credential, address: 'http://127.0.0.1:1', token: file('unreachable') },
  };
}

/** Which script asks for it. */
const askedBy: Record<Broken, string> = {
  'wrong-password': 'wrong-password',
  'malformed-app-key': 'github-app',
  'malformed-ssh-key': 'ssh',
  unreachable: 'kubernetes',
};

beforeAll(async () => {
  scenes = await setScenes(world);
  world.environment['WRIT_MODEL_KEY_FILE'] = shop.secretFile('model', modelKey);
  await shop.open((opened) => ({
    ledger: {
      broker: 'inject',
      description: 'The ledger',
      secret: { file: opened.secretFile('ledger', injected) },
      place: { header: 'x-api-key' },
      requests: [{ methods: ['GET'], paths: ['/ledger'] }],
      variables: ['LEDGER_KEY'],
    },
  }));
  world.organisation((document) => {
    const add = (name: string, credential: object, profile: string, names: readonly string[]) => {
      document.setIn(['credentials', name], document.createNode(credential));
      const own = { description: profile, extends: 'develop', credentials: names, record: true };
      document.setIn(['profiles', profile], document.createNode(own));
      if (!document.toString().includes(`- ${profile}\n`))
        document.addIn(['assistants', 'local', 'profiles'], profile);
    };
    for (const name of sceneNames) add(name, scenes[name].credential, 'all', [...together, 'ledger']);
    add('github-app', scenes['github-app'].credential, 'hub', ['github-app', 'ledger']);
    for (const [name, one] of Object.entries(brokenCredentials())) add(name, one, `with-${name}`, [name]);
  });
  world.must('policy', 'check');
  world.must('down'); // STS finds the keys where it listens
  world.must('up', '--listen', '127.0.0.1:0');
  const tried = (names: readonly (typeof sceneNames)[number][]) =>
    names.map((name) => `(\n${scenes[name].script})\n`).join('');
  const ledger = `curl -sS -o /dev/null -H "x-api-key: $LEDGER_KEY" ${shop.url('/ledger')} && echo used\n`;
  for (const name of sceneNames) world.write(`${name}.sh`, `(${scenes[name].script})\nexit 0\n`);
  const { script } = scenes.postgres;
  world.write(
    'wrong-password.sh',
    `(${script.replace('postgres/postgres', 'postgres/wrong-password')})\nexit 0\n`,
  );
  world.write('dump.py', readFileSync(resolve('test/secrets/dump.py'), 'utf8'));
  const dump = `export PLANTED_BY_TEST=environment-${planted}
printf 'file-%s' ${planted} | base64 -w0 > planted.txt
sleep 300 & python3 dump.py haystack.bin ${planted.split('').reverse().join('')}
kill %1\n`;
  world.write('all.sh', tried(together) + ledger + dump);
  world.write('hub.sh', tried(['github-app']) + ledger + dump);
});
afterAll(async () => {
  // While the upstreams of this process still answer.
  await site.writ('down');
  await shop[Symbol.asyncDispose]();
  await Promise.all(Object.values(scenes).map((scene) => scene.stop()));
});

/** Every scene but the one that would serve the same host as another. */
const together = sceneNames.filter((name) => name !== 'github-app');

/** After the sessions, since some are made by them. */
function secrets(): readonly Needle[] {
  const keys = globSync(join(world.writHome, 'keys', '**', '*'), { withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));
  const ofWrit = keys.map((file) => needle(basename(file), ownKey(file)));
  expect(ofWrit.length).toBeGreaterThan(3);
  return [
    ...ofWrit,
    ...sceneNames.flatMap((name) => scenes[name].secrets().map((one) => needle(name, one))),
    needle('injected', injected),
    needle('model', modelKey),
    needle('TLS key of the API', shop.api.certified.key),
  ];
}

function ownKey(file: string): Buffer {
  const bytes = readFileSync(file);
  if (!file.endsWith('.pk8')) return bytes;
  const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  return Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
}

const outputs: Buffer[] = [];
async function ran(profile: string, script: string): Promise<string> {
  const { stdout, stderr } = await site.writ('exec', '--profile', profile, '--', 'sh', `./${script}.sh`);
  outputs.push(Buffer.from(stdout), Buffer.from(stderr));
  return stdout + stderr;
}

/** All that Writ keeps, but for its own keys. */
function keptByWrit(): Buffer {
  const exported = join(world.root, 'exported');
  mkdirSync(exported, { recursive: true });
  world.must('log', 'export', exported);
  const files = [world.writHome, exported]
    .flatMap((folder) => globSync(`${folder}/**/*`, { withFileTypes: true }))
    .filter((one) => one.isFile() && !one.parentPath.startsWith(join(world.writHome, 'keys')))
    .map((one) => readFileSync(join(one.parentPath, one.name)));
  expect(files.length).toBeGreaterThan(5);
  return Buffer.concat(files);
}

describe.each([
  ['all', [...together, 'ledger']],
  ['hub', ['github-app', 'ledger']],
] as const)('inside, with profile %s', (profile, { length: uses }) => {
  test('no environment, argument, memory, file or socket tells a secret; what the test planted is found', async () => {
    const said = await ran(profile, profile);
    expect(said.match(/^used$/gm)).toHaveLength(uses);
    const [memories = 0, files = 0, sockets = 0] =
      /^counts (\d+) (\d+) (\d+)$/m.exec(said)?.slice(1).map(Number) ?? [];
    expect([memories >= 2, files > 20, sockets > 3]).toEqual([true, true, true]);
    const haystack = readFileSync(join(world.repository, 'haystack.bin'));
    const controls = ['environment-', 'file-', 'memory'].map((where) => needle(where, where + planted));
    expect(found(controls, haystack)).toEqual(['environment-', 'file-', 'memory']);
    expect(found(secrets(), haystack)).toEqual([]);
  });
});

test('the core dump of a Writ that crashes holds none', async () => {
  await site.writ('down');
  const up = spawnSync('sh', ['-c', `ulimit -c unlimited; exec "$0" up`, resolve('bin/writ')], {
    cwd: world.repository,
    env: world.environment,
    encoding: 'utf8',
  });
  expect(up).toMatchObject({ status: 0 });
  expect(await ran('hub', 'hub')).toMatch(/^used$/m);
  const { pid } = world.json('status') as { pid: number };
  // Memory of none of the kinds that core(5) lists.
  expect(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim()).toBe('00000000');
  process.kill(pid, 'SIGABRT');
  await expect.poll(() => statSync(`/proc/${pid}/exe`, { throwIfNoEntry: false })).toBeUndefined();
  const cores = globSync(join(world.writHome, '**', 'core*')).map((file) => readFileSync(file));
  expect(found(secrets(), Buffer.concat(cores))).toEqual([]);
});

test.each(brokenNames)('an error says nothing of the secret behind it: %s', async (name) => {
  const said = await ran(`with-${name}`, askedBy[name]);
  expect(said).not.toMatch(/^used$/m);
  const secret = needle(name, /^[\w-]{36}$/m.exec(broken[name])?.[0] ?? '');
  expect(found([secret], Buffer.concat([...outputs, keptByWrit()]))).toEqual([]);
  expect(JSON.stringify(world.json('lease', 'list', '--all'))).toContain(`"credential":"${name}"`);
});

test('a recording, the log, the database and all that Writ said hold none', async () => {
  const terminal = [resolve('test/sandbox/terminal.py'), '20', '[]', '--', resolve('bin/writ')];
  const command = [
    'exec',
    '--profile',
    'all',
    '--',
    'sh',
    '-c',
    `echo recorded-${planted}; env; git ls-remote`,
  ];
  const child = spawn('python3', [...terminal, ...command], {
    cwd: world.repository,
    env: world.environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stdout = await text(child.stdout);
  expect(stdout).toContain('PGHOST');
  const recordings = globSync(join(world.writHome, 'recordings', '*'));
  expect(recordings.length).toBeGreaterThan(0);
  const haystack = Buffer.concat([...outputs, Buffer.from(stdout), keptByWrit()]);
  expect(found([needle('recorded', `recorded-${planted}`)], haystack)).toEqual(['recorded']);
  expect(found(secrets(), haystack)).toEqual([]);
});
