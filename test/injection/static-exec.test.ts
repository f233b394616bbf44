/** A secret that lasts: lent to a task only where another person approved it, whatever the policies permit. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { apiHost, Shop } from './shop.ts';

const secret = 'fixed-never-to-be-seen-2305';
const shop = new Shop();
const { site } = shop;
const key = `writ-test-${process.pid}`;

/** keyctl(2), which no program that is installed everywhere calls. */
function keyring(script: string): void {
  const number = { x64: [248, 250], arm64: [217, 219] }[process.arch as 'x64' | 'arm64'];
  const library = `import ctypes; call = ctypes.CDLL(None).syscall; add, keyctl = ${JSON.stringify(number)}`;
  execFileSync('python3', ['-c', `${library}\n${script}`]);
}

beforeAll(async () => {
  keyring(`assert call(add, b'user', b'${key}', b'${secret}', ${secret.length}, -4) > 0`);
  await shop.open(() => ({
    legacy: {
      broker: 'static',
      description: 'The old ledger',
      secret: { keyring: key },
      approvers: 'security',
      place: { header: 'x-api-key' },
      requests: [{ methods: ['GET'], paths: ['/ledger'] }],
      variables: ['LEDGER_KEY'],
    },
    nowhere: {
      broker: 'static',
      description: 'What is not there',
      secret: { keyring: `${key}-of-nobody` },
      approvers: 'security',
      place: { header: 'x-other-key' },
      requests: [{ methods: ['GET'], paths: ['/ledger'] }],
      variables: ['NOWHERE_KEY'],
    },
  }));
});
afterAll(async () => {
  keyring(`call(keyctl, 9, call(keyctl, 10, -4, b'user', b'${key}', 0), -4)`);
  await shop[Symbol.asyncDispose]();
});
beforeEach(() => {
  shop.api.heard.length = 0;
});

const ask = (header: string) => site.script(`curl -sS -H "${header}" ${shop.url('/ledger')}`);
const ledger = 'x-api-key: $LEDGER_KEY';

/** Bob approves what the refusal names. */
async function approve(said: string): Promise<void> {
  const [, id = 'none was named'] = /writ approve (apr_\w+)/.exec(said) ?? [];
  const approved = await site.writ('approve', id, '--key', site.approver, '--reason', 'the quarter ends');
  expect(approved).toMatchObject({ status: 0 });
}

test('it is lent once it is approved, for one lease, out of the kernel’s keyring', async () => {
  const asked = await ask(ledger);
  expect(asked.stdout).toContain('it is a secret that outlives the task');
  expect(shop.api.heard).toEqual([]);
  await approve(asked.stdout);
  expect((await ask(ledger)).stdout).toContain('"GET /ledger"');
  expect(shop.api.heard.map(({ headers }) => headers['x-api-key'])).toEqual([secret]);
  expect((await ask(ledger)).stdout).toContain('writ approve apr_');
  expect(shop.api.heard).toHaveLength(1);
  const issued = await site.entries('lease.issued');
  expect(JSON.stringify(issued)).toContain(`The old ledger: in requests to ${apiHost}`);
  const written = ['writ.db', 'writ.db-wal', 'writ.log'].map((name) =>
    readFileSync(join(site.world.writHome, name), 'latin1'),
  );
  for (const text of [JSON.stringify(issued), ...written]) expect(text).not.toContain('never-to-be-seen');
});

test('no policy lends it without', async () => {
  const file = join(site.world.repository, 'governance', 'policies', 'generous.cedar');
  writeFileSync(
    file,
    '@id("own.generous")\npermit (principal, action == Writ::Action::"useCredential", resource);\n',
  );
  site.world.must('policy', 'check');
  site.world.must('down');
  expect((await ask(ledger)).stdout).toContain('writ approve apr_');
  expect(shop.api.heard).toEqual([]);
});

test('a key that is not there is said so, and nothing goes out', async () => {
  const asked = await ask('x-other-key: $NOWHERE_KEY');
  await approve(asked.stdout);
  expect((await ask('x-other-key: $NOWHERE_KEY')).stdout).toContain(
    `the upstream's secret cannot be read from the key ${key}-of-nobody of the user's keyring`,
  );
  expect(shop.api.heard).toEqual([]);
});

describe('an organisation that', () => {
  const edited = async (path: readonly string[], value: unknown): Promise<string> => {
    const kept = site.world.read('governance/organisation.yaml');
    site.world.organisation((document) => document.setIn(path, document.createNode(value)));
    const { stdout, stderr } = await site.writ('policy', 'check');
    site.world.write('governance/organisation.yaml', kept);
    return stdout + stderr;
  };
  it.each([
    ['names no such group', ['approvers'], 'nobody', 'unknown group "nobody"'],
    ['puts a secret into an address', ['place'], { query: 'key' }, 'an address is no place for a secret'],
    ['names hosts by a pattern', ['hosts'], ['*.acme.example'], 'must be the name of one host'],
    ['names a path with dots', ['requests', 0, 'paths', 0], '/a/../b', 'must hold no empty or dot segments'],
    [
      'takes a header of the framing',
      ['place'],
      { header: 'transfer-encoding' },
      'must not be a header that says how',
    ],
    ['writes the secret down', ['secret'], secret, 'never the secret itself'],
    ['has programs load what a variable names', ['variables'], ['LD_PRELOAD'], 'must end in KEY'],
  ])('%s is told so', async (_name, path, value, said) => {
    expect(await edited(['credentials', 'legacy', ...(path as string[])], value)).toContain(said);
  });
});
