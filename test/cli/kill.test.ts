/** Authority that ends takes what runs under it along: at once, the whole tree, and nothing else. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endingTime, isAlive, quantile, startMany } from './endings.ts';
import { until } from '../sandbox/workshop.ts';
import { World } from './world.ts';

const world = new World();
beforeAll(() => {
  world.must('init', '--yes');
  world.must('exec', '--', 'true');
});
afterAll(() => world.dispose());

interface Found {
  readonly entry: { readonly type: string; readonly person: string; readonly data: Record<string, unknown> };
}
const newest = (type: string) =>
  (world.json('log', 'search', '--type', type, '--limit', '1') as Found[])[0]?.entry.data;
const entriesOf = (session: string) =>
  (world.json('log', 'search', '--session', session) as Found[]).map(({ entry }) => entry);

describe('among fifty commands at once', () => {
  it('a revocation ends its own tree within a moment, and no other', async () => {
    const running = await startMany(world, 50);
    const spared = running.slice(0, 40);
    const doomed = running.slice(40);
    const times: number[] = [];
    for (const one of doomed) times.push(await endingTime(world, `/v1/writs/${one.writ}/revoke`, one));
    const figures = { median: Math.round(quantile(times, 0.5)), worst: Math.round(Math.max(...times)) };
    process.stdout.write(`a revocation among ${running.length} commands, ms: ${JSON.stringify(figures)}\n`);
    // Ten times what is promised of a quiet machine.
    expect(figures.median).toBeLessThan(1000);
    expect(figures.worst).toBeLessThan(10_000);
    expect(spared.filter(isAlive)).toHaveLength(40);
    expect(doomed.map(({ launcher }) => launcher.exitCode)).toEqual(doomed.map(() => 137));

    world.must('kill', '--all', '--reason', 'incident 7');
    for (const { launcher } of spared) if (launcher.exitCode === null) await once(launcher, 'exit');
    expect(running.filter(isAlive)).toEqual([]);
    expect(world.json('list')).toEqual([]);
  });
});

describe('writ kill', () => {
  it('ends one session, says who and why, and leaves the writ that it shares', async () => {
    const { claims } = world.json('issue') as { claims: { id: string } };
    const start = () => world.start(['exec', '--writ', claims.id, '--', 'sh', '-c', 'echo ready; sleep 600']);
    const children = [start(), start()];
    await Promise.all(children.map((child) => once(child.stdout, 'data')));
    const started = world.json('log', 'search', '--type', 'execution.started', '--writ', claims.id) as {
      entry: { session: string };
    }[];
    const session = started[0]?.entry.session ?? '';
    expect(world.writ(['kill', session, '--reason', 'runs away'])).toMatchObject({
      status: 0,
      stdout: `${session} is ended, with everything that it started.\n`,
    });
    await Promise.race(children.map((child) => once(child, 'exit')));
    await sleep(100);
    expect(children.filter(({ exitCode }) => exitCode === 137)).toHaveLength(1);
    const entries = entriesOf(session);
    expect(entries.map(({ type }) => type).slice(0, 2)).toEqual(['execution.ended', 'execution.killed']);
    expect(entries[1]).toMatchObject({ data: { reason: 'runs away', by: entries[1]?.person } });
    expect(world.json('list')).toHaveLength(1);
    expect(world.writ(['kill', session, '--reason', 'again']).stderr).toContain('[execution_ended]');

    world.must('kill', claims.id, '--reason', 'enough');
    for (const child of children) if (child.exitCode === null) await once(child, 'exit');
    expect(children.map(({ exitCode }) => exitCode)).toEqual([137, 137]);
  });

  it('ends what a stopped launcher holds', async () => {
    const child = world.start(['exec', '--', 'sh', '-c', 'echo ready; sleep 600']);
    await once(child.stdout, 'data');
    child.kill('SIGSTOP');
    world.must('kill', '--assistant', 'local', '--reason', 'stopped');
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    expect(spawnSync('pgrep', ['-f', 'echo ready; sleep 600$'], { encoding: 'utf8' }).stdout).toBe('');
  });

  it.each([
    [['kill', '--reason', 'x'], 2, /what should end/],
    [['kill', 'ses_1', '--all', '--reason', 'x'], 2, /what should end/],
    [['kill', 'nonsense', '--reason', 'x'], 1, /\[id_unknown\]/],
    [['kill', `ses_${'0'.repeat(25)}`, '--reason', 'x'], 1, /\[session_unknown\]/],
    [['kill', '--all'], 2, /--reason/],
    [['kill', '--all', '--reason', ' '], 1, /\[reason_missing\]/],
  ])('says what is wrong: %j', (args, status, complaint) => {
    expect(world.writ(args)).toMatchObject({ status, stderr: expect.stringMatching(complaint) });
  });
});

describe('a launcher that is killed', () => {
  it('leaves nothing behind that git outside would obey', async () => {
    world.write(
      'plant.py',
      "import time; open('.git/commondir', 'w').write('/evil'); print('ready', flush=True); time.sleep(600)",
    );
    const child = world.start(['exec', '--', 'python3', 'plant.py']);
    await once(child.stdout, 'data');
    const planted = join(world.repository, '.git', 'commondir');
    expect(existsSync(planted)).toBe(true);
    child.kill('SIGKILL');
    await until(() => !existsSync(planted), 'its removal');
    await until(() => newest('alert') !== undefined, 'the alert');
    expect(newest('alert')).toMatchObject({ kind: 'planted', files: [planted] });
    expect(newest('execution.ended')).toMatchObject({ outcome: 'lost', planted: [planted] });
  });
});

describe('a writ that expires', () => {
  it('takes its command along, and the command says why', async () => {
    world.organisation((document) => {
      document.setIn(['profiles', 'develop', 'ttl'], '2s');
      document.setIn(['limits', 'renewals'], 0);
    });
    world.must('policy', 'check');
    world.must('down');
    const child = world.start(['exec', '--', 'sleep', '600']);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(child, 'close');
    expect({ status: child.exitCode, said }).toEqual({
      status: 137,
      said: expect.stringMatching(/the writ writ_\w+ is expired/),
    });
  });
});
