/** Git inside a task against a real server: fetch and push work, the token is nowhere, and no other repository opens. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { World } from '../cli/world.ts';
import { startGitServer, type GitServer } from './git-server.ts';

const token = 'ghs-not-to-be-seen-4711';
const world = new World();
let server: GitServer;
let bare: string;

beforeAll(async () => {
  server = await startGitServer();
  server.logins.add(`writ:${token}`);
  bare = server.create('acme/Shop.git');
  server.create('acme/other.git');
  // As its web page spells it: names fold, servers may not.
  world.git('remote', 'set-url', 'origin', 'https://git.example/acme/Shop.git');
  world.git('push', '--quiet', bare, 'main');
  world.must('init', '--yes');
  writeFileSync(join(world.root, 'token'), token, { mode: 0o600 });
  world.organisation((document) => {
    const credential = (access: string) => ({
      broker: 'git-https',
      description: 'The deploy token',
      host: 'git.example',
      url: server.url,
      username: 'writ',
      password: { file: join(world.root, 'token') },
      access,
    });
    document.set(
      'credentials',
      document.createNode({ 'shop-fetch': credential('read'), 'shop-push': credential('write') }),
    );
    document.set(
      'profiles',
      document.createNode({
        develop: { credentials: ['shop-fetch'] },
        maintain: { credentials: ['shop-push'] },
      }),
    );
  });
  // As an organisation would that lets maintainers' tasks push.
  const policies = join(world.repository, 'governance', 'policies', 'develop.cedar');
  const published = 'when { context.traits.contains("publishes") }';
  const text = readFileSync(policies, 'utf8');
  const freed = published.replace(' }', ' && !(principal in Writ::Profile::"maintain") }');
  if (!text.includes(published)) throw new Error('the stock policy on publishing reads otherwise');
  writeFileSync(policies, text.replace(published, freed));
  world.must('policy', 'check');
});
afterAll(async () => {
  world.dispose();
  await server.stop();
});
beforeEach(() => {
  server.requests.length = 0;
});

/** While this process goes on serving. */
async function writ(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = world.start(args);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}

/** A script, so that the sandbox decides and not the command's text. */
function inside(script: string, ...options: string[]) {
  world.write('sync.sh', script);
  return writ('exec', ...options, '--', 'sh', './sync.sh');
}

const headOfServer = () => execFileSync('git', ['-C', bare, 'rev-parse', 'main'], { encoding: 'utf8' });

test('git fetch just works, and nobody is asked for a password', async () => {
  const other = join(world.root, 'elsewhere');
  execFileSync('git', ['clone', '--quiet', bare, other]);
  const author = ['-c', 'user.name=B', '-c', 'user.email=b@b'];
  execFileSync('git', ['-C', other, ...author, 'commit', '--quiet', '--allow-empty', '-m', 'more']);
  execFileSync('git', ['-C', other, 'push', '--quiet']);
  const fetched = await writ('exec', '--', 'git', 'fetch', 'origin', 'main');
  expect(fetched).toMatchObject({ status: 0 });
  expect(world.git('rev-parse', 'FETCH_HEAD')).toBe(headOfServer());
  expect(server.requests).toEqual([
    expect.stringMatching(/^GET \/acme\/Shop\.git\/info\/refs\?service=git-upload-pack 200$/),
    expect.stringMatching(/^POST \/acme\/Shop\.git\/git-upload-pack 200$/),
    expect.stringMatching(/^POST \/acme\/Shop\.git\/git-upload-pack 200$/),
  ]);
});

describe('pushing', () => {
  test('is refused to a credential for reading, before the server hears of it', async () => {
    const asked = await inside(
      `curl -s --noproxy '*' 'http://127.0.0.1:3129/repository/info/refs?service=git-receive-pack'`,
    );
    expect(asked.stdout).toBe('writ: the credential of this session is for reading\n');
    expect(server.requests).toEqual([]);
  });

  test('works with one for writing, large packs too', async () => {
    const script = `set -e
head -c 3000000 /dev/urandom > large.bin
git add large.bin; git commit --quiet -m large
git push --quiet origin HEAD:refs/heads/task`;
    expect(await inside(script, '--profile', 'maintain')).toMatchObject({ status: 0 });
    expect(execFileSync('git', ['-C', bare, 'cat-file', '-s', 'task:large.bin'], { encoding: 'utf8' })).toBe(
      '3000000\n',
    );
  });
});

test('no other repository of the server opens, however it is asked for', async () => {
  const answers = await inside(`
git ls-remote https://git.example/acme/other.git 2>&1
for path in other.git/info/refs?service=git-upload-pack repository/../other.git/info/refs?service=git-upload-pack \\
  repository/objects/info/packs repository/info/refs repository/HEAD ''; do
  curl --noproxy '*' --path-as-is -s -o /dev/null -w '%{http_code}\\n' "http://127.0.0.1:3129/$path"
done`);
  expect(answers.stdout.trim().split('\n').slice(-6)).toEqual(Array(6).fill('403'));
  expect(server.requests).toEqual([]);
});

test('the token is in no variable, file or memory in view, and on no log', async () => {
  const found = await inside(`
git fetch --quiet origin
env; git config --list; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'
grep -rs "$1" /run /tmp /home . 2>/dev/null
curl -v --noproxy '*' 'http://127.0.0.1:3129/repository/info/refs?service=git-upload-pack' --output - 2>&1`);
  expect(found.stdout).toContain('GIT_CONFIG_COUNT');
  expect(found.stdout).toContain('refs/heads/main');
  const log = JSON.stringify(world.json('log', 'search', '--limit', '1000'));
  const daemon = readFileSync(join(world.writHome, 'writ.log'), 'utf8');
  const database = readFileSync(join(world.writHome, 'writ.db'), 'latin1');
  for (const seen of [found.stdout, found.stderr, log, daemon, database]) {
    expect(seen).not.toContain(token);
    expect(seen).not.toContain(Buffer.from(`writ:${token}`).toString('base64'));
  }
  expect(log).toContain('to read git.example/acme/shop');
});

test('a login that the server does not take is said so, and git is not asked for another', async () => {
  server.logins.delete(`writ:${token}`);
  const fetched = await writ('exec', '--', 'git', 'fetch', 'origin');
  server.logins.add(`writ:${token}`);
  expect(fetched.status).not.toBe(0);
  expect(fetched.stderr).toContain('the Git server answers 401 to the credential of this session');
});
