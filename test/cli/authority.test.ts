import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from './world.ts';

const world = new World();
let bob = '';
beforeAll(() => {
  world.must('init', '--yes');
  bob = world.addApprover('bob');
  world.must('policy', 'check');
});
afterAll(() => world.dispose());

interface WritView {
  readonly claims: { readonly id: string; readonly repository: { readonly remote: string } };
  readonly state: string;
}
interface EntryView {
  readonly index: number;
  readonly entry: {
    readonly type: string;
    readonly decision: string | null;
    readonly data: Record<string, unknown>;
  };
}

describe('a writ', () => {
  it('is issued for the repository by its canonical remote, and ends when it is revoked', () => {
    const { claims } = world.json('issue', '--job', 'SHOP-1') as WritView;
    expect(claims.repository.remote).toBe('git.example/acme/shop');
    expect(world.writ(['exec', '--writ', claims.id, '--', 'true']).status).toBe(0);
    expect(world.writ(['revoke', claims.id, '--reason', 'test']).status).toBe(0);
    expect((world.json('show', claims.id) as WritView).state).toBe('revoked');
    const after = world.writ(['exec', '--writ', claims.id, '--', 'true']);
    expect(after.status).toBe(1);
    expect(after.stderr).toContain('revoked');
  });

  it('that is revoked ends the command that runs under it', async () => {
    const { claims } = world.json('issue') as WritView;
    const child = world.start(['exec', '--writ', claims.id, '--', 'sh', '-c', 'echo ready; sleep 60']);
    await once(child.stdout, 'data');
    const begun = Date.now();
    expect(world.writ(['revoke', claims.id, '--reason', 'stop it']).status).toBe(0);
    const [status] = (await once(child, 'exit')) as [number | null];
    expect(status).toBe(137);
    expect(Date.now() - begun).toBeLessThan(5000);
  });

  it('serves the work that builds on its commit, and no other history', () => {
    const { claims } = world.json('issue') as WritView;
    world.must('exec', '--writ', claims.id, '--', 'git', 'commit', '--allow-empty', '-m', 'More');
    world.must('exec', '--writ', claims.id, '--', 'git', 'status');
    world.git('checkout', '--quiet', '--orphan', 'other');
    world.git(
      '-c',
      'user.name=A',
      '-c',
      'user.email=a@b',
      'commit',
      '--quiet',
      '--allow-empty',
      '-m',
      'Other',
    );
    const elsewhere = world.writ(['exec', '--writ', claims.id, '--', 'true']);
    expect(elsewhere).toMatchObject({ status: 1, stderr: expect.stringContaining('writ_elsewhere') });
    world.git('checkout', '--quiet', '--force', 'main');
  });

  it('is not given for a repository that nobody registered', () => {
    const other = new World();
    const result = world.writ(['exec', '--', 'true'], { cwd: other.repository });
    expect(result.status).toBe(0);
    other.git('remote', 'set-url', 'origin', 'https://git.example/acme/evil.git');
    const refused = world.writ(['exec', '--', 'true'], { cwd: other.repository });
    expect(refused.status).toBe(3);
    expect(refused.stderr).toMatch(/^writ: no writ/m);
    other.dispose();
  });

  it('is given for a repository without a remote too, once init has registered it by its folder', () => {
    const other = new World();
    other.git('remote', 'remove', 'origin');
    other.must('init', '--yes');
    expect(other.writ(['exec', '--', 'git', 'status']).status).toBe(0);
    expect((other.json('list', '--all') as WritView[])[0]?.claims.repository.remote).toMatch(
      /^localhost\/shop-[0-9a-f]{16}$/,
    );
    other.dispose();
  });

  it('expires, and what runs under it ends', async () => {
    world.organisation((document) => document.setIn(['limits', 'writTtl'], '2s'));
    world.organisation((document) => document.setIn(['limits', 'renewals'], 0));
    await policyInForce();
    const begun = Date.now();
    const result = world.writ(['exec', '--', 'sleep', '30']);
    expect(result.status).toBe(137);
    expect(Date.now() - begun).toBeLessThan(15_000);
    world.organisation((document) => document.deleteIn(['limits']));
    await policyInForce();
  });
});

describe('execution mode', () => {
  it('is off for a registered assistant until somebody entitled enables it', async () => {
    world.organisation((document) =>
      document.setIn(
        ['assistants', 'helper'],
        document.createNode({ owner: ownerOf(document.toJS()), purpose: 'test', profiles: ['develop'] }),
      ),
    );
    await policyInForce();
    const before = world.writ(['exec', '--assistant', 'helper', '--', 'true']);
    expect(before.status).toBe(3);
    expect(before.stderr).toMatch(/not enabled|enable/);
    expect(world.writ(['assistant', 'enable', 'helper', '--reason', 'pilot']).status).toBe(0);
    expect(world.writ(['exec', '--assistant', 'helper', '--', 'true']).status).toBe(0);
    expect(world.writ(['assistant', 'suspend', 'helper', '--reason', 'done']).status).toBe(0);
    expect(world.writ(['exec', '--assistant', 'helper', '--', 'true']).status).toBe(3);
    const [entry] = world.json(
      'log',
      'search',
      '--type',
      'assistant.enabled',
      '--assistant',
      'helper',
    ) as EntryView[];
    expect(entry?.entry.data).toMatchObject({ reason: 'pilot' });
  });

  it('cannot be switched without a reason', () => {
    expect(world.writ(['assistant', 'enable', 'helper']).status).not.toBe(0);
  });
});

describe('an approval', () => {
  it('by another person lets exactly that act pass, once', () => {
    const act = ['exec', '--', 'git', 'push', 'origin', 'main'];
    const first = world.writ(act);
    expect(first.status).toBe(4);
    const id = /apr_\w+/.exec(first.stderr)?.[0] ?? '';
    expect(world.writ(['approvals']).stdout).toContain(id);
    expect(world.writ(['approve', id, '--key', bob])).toMatchObject({ status: 0 });
    expect(world.writ([...act, '--force']).status).toBe(4);
    expect(world.writ(act).status).toBe(128); // git's own: there is no network inside
    expect(world.writ(act).status).toBe(4);
  });

  it('cannot be given by whoever asked', () => {
    const { stderr } = world.writ(['exec', '--', 'git', 'push', 'origin', 'dev']);
    const id = /apr_\w+/.exec(stderr)?.[0] ?? '';
    const own = world.writ(['approve', id, '--key', join(world.home, '.ssh', 'id_ed25519')]);
    expect(own.status).not.toBe(0);
    expect(world.writ(['exec', '--', 'git', 'push', 'origin', 'dev']).status).toBe(4);
  });

  it('cannot be given with a key that nobody registered', () => {
    const stranger = world.makeKey('mallory');
    const { stderr } = world.writ(['exec', '--', 'git', 'push', 'origin', 'dev']);
    const id = /apr_\w+/.exec(stderr)?.[0] ?? '';
    expect(world.writ(['approve', id, '--key', stranger]).status).not.toBe(0);
  });

  it('that is denied keeps the act from passing, with the reason', () => {
    const act = ['exec', '--', 'git', 'push', 'origin', 'topic'];
    const id = /apr_\w+/.exec(world.writ(act).stderr)?.[0] ?? '';
    expect(world.writ(['deny', id, '--key', bob, '--reason', 'not today'])).toMatchObject({ status: 0 });
    expect(world.writ(['approvals', '--all']).stdout).toContain('not today');
  });

  it('is waited for with --wait', async () => {
    const child = world.start(['exec', '--wait', '--', 'git', 'push', '--tags', 'origin', 'main']);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    while (!/apr_\w+/.test(said)) await once(child.stderr, 'data');
    const id = /apr_\w+/.exec(said)?.[0] ?? '';
    expect(world.writ(['approve', id, '--key', bob])).toMatchObject({ status: 0 });
    const [status] = (await once(child, 'exit')) as [number];
    expect(status).toBe(128);
  });
});

describe('governance', () => {
  it('that is broken is never loaded: the last good one stays in force', async () => {
    const file = join(world.repository, 'governance', 'organisation.yaml');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace('version: 1', 'version: 1\nvresion: 2'));
    const check = world.writ(['policy', 'check']);
    expect(check.status).toBe(1);
    expect(check.stdout).toMatch(/organisation\.yaml:\d+:\d+: error: .*vresion/);
    await sleep(500);
    expect(world.writ(['exec', '--', 'true']).status).toBe(0);
    writeFileSync(file, good);
  });
});

describe('the log', () => {
  it('holds what happened, verifies, proves an entry, and is searched', () => {
    expect(world.writ(['exec', '--', 'echo', 'needle-7'])).toMatchObject({ status: 0 });
    const found = world.json('log', 'search', '--command', 'needle-7') as EntryView[];
    expect(found.map(({ entry }) => entry.type).sort()).toEqual([
      'decision',
      'execution.ended',
      'execution.process',
      'execution.started',
    ]);
    expect(found.find(({ entry }) => entry.type === 'execution.ended')?.entry.data).toMatchObject({
      exitCode: 0,
    });
    expect(world.writ(['log', 'verify']).status).toBe(0);
    const proof = world.writ(['log', 'prove', String(found[0]?.index)]);
    expect(proof.stdout).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
  });

  it('that was tampered with does not verify', () => {
    const exported = join(world.root, 'export');
    expect(world.writ(['log', 'export', exported])).toMatchObject({ status: 0 });
    expect(world.writ(['log', 'verify', exported]).status).toBe(0);
    const tile = join(exported, 'tile', 'entries', '000.p');
    const [name = ''] = readdirSync(tile);
    const bytes = readFileSync(join(tile, name));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(join(tile, name), bytes);
    expect(world.writ(['log', 'verify', exported]).status).toBe(5);
  });
});

function ownerOf(organisation: { people: Record<string, unknown> }): string {
  return Object.keys(organisation.people)[0] ?? '';
}

/** The folder is watched; wait until the version that it holds is the one in force. */
async function policyInForce(): Promise<void> {
  const { version } = world.json('policy', 'check') as { version: string };
  for (let i = 0; i < 100; i += 1) {
    const status = world.json('status') as { running: boolean; policyVersion?: string };
    if (!status.running || status.policyVersion === version) return;
    await sleep(50);
  }
  throw new Error('the policy did not come into force');
}
