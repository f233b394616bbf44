/** What must hold when something breaks: nothing runs unrecorded, nothing outlives its guard, nothing is lost. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
  world.must('init', '--yes');
});
afterEach(() => world.dispose());

interface Status {
  readonly pid: number;
}

describe('a full disk', () => {
  it('refuses execution with a clear error, and the command does not run', () => {
    // A real file system without space: root mounts one, anybody else does within a user namespace.
    const script = `
      mount -t tmpfs -o size=1500k,mode=0700 tmpfs "$WRIT_HOME" || exit 90
      writ() { "$WRIT" "$@"; }
      writ init --yes >&2 || exit 91
      for i in $(seq 60); do
        rm -f ran
        writ exec -- touch ran || { status=$?; writ log verify >&2; verified=$?; break; }
      done
      writ down >&2
      [ -e ran ] && exit 92
      echo "$status $verified"`;
    world.must('down');
    const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
    const { status, stdout, stderr } = spawnSync('unshare', [...namespaces, 'sh', '-c', script], {
      cwd: world.repository,
      env: { ...world.environment, WRIT: resolve('bin/writ') },
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toMatchObject({ status: 0, stdout: '1 0\n' });
    expect(stderr).toMatch(/^writ: .*\[store_full\]/m);
  });
});

describe('kill -9 of the running Writ', () => {
  it('ends the command, and the log verifies afterwards with all that was acknowledged', async () => {
    world.must('exec', '--', 'true');
    const { pid } = world.json('status') as Status;
    const child = world.start(['exec', '--', 'sh', '-c', 'echo ready; sleep 60']);
    await once(child.stdout, 'data');
    process.kill(pid, 'SIGKILL');
    const begun = Date.now();
    const [status] = (await once(child, 'exit')) as [number];
    expect(status).toBe(137);
    expect(Date.now() - begun).toBeLessThan(5000);
    world.must('log', 'verify');
    const found = world.json('log', 'search', '--type', 'execution.started') as unknown[];
    expect(found).toHaveLength(2);

    // The next start says what became of the command, and closes the writ that was its own.
    const ends = world.json('log', 'search', '--type', 'execution.ended') as { entry: { data: object } }[];
    expect(ends.map(({ entry }) => entry.data)).toContainEqual(expect.objectContaining({ outcome: 'lost' }));
    expect(ends).toHaveLength(2);
    const writs = world.json('list', '--all') as { state: string }[];
    expect(writs.map(({ state }) => state)).toEqual(['closed', 'closed']);
    world.must('down');
    world.must('up');
    expect(world.json('log', 'search', '--type', 'execution.ended')).toHaveLength(2);
  });
});

describe('writ down while a command runs', () => {
  it('kills it, and its end is on record as its launcher saw it', async () => {
    const child = world.start(['exec', '--', 'sh', '-c', 'echo ready; sleep 60']);
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    await once(child.stdout, 'data');
    world.must('down');
    if (child.exitCode === null) await once(child, 'close');
    expect(child.exitCode).toBe(137);
    expect(complaint).toContain('Writ is going down');
    expect(complaint).not.toContain('could not be recorded');
    const [end] = world.json('log', 'search', '--type', 'execution.ended') as { entry: { data: object } }[];
    expect(end?.entry.data).toMatchObject({ outcome: 'killed', exitCode: 137 });
  });
});

describe('kill -9 of the launcher', () => {
  it('ends the whole tree, and the log says that the end was lost', async () => {
    // A daemon as daemons are made: its own session, its parent gone.
    world.write(
      'daemon.py',
      [
        'import os, time',
        'if os.fork() == 0:',
        '  os.setsid()',
        '  if os.fork() == 0:',
        '    print("ready", flush=True); time.sleep(3); open("survived", "w").close()',
        '  os._exit(0)',
        'time.sleep(30)',
      ].join('\n'),
    );
    const child = world.start(['exec', '--', 'python3', 'daemon.py']);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await sleep(4000);
    expect(existsSync(join(world.repository, 'survived'))).toBe(false);
    const ended = world.json('log', 'search', '--type', 'execution.ended') as {
      entry: { data: { outcome: string } };
    }[];
    expect(ended[0]?.entry.data.outcome).toBe('lost');
  });
});

describe('a WRIT_HOME inside the repository', () => {
  it('is refused: its keys and sockets would be in view', () => {
    const env = { WRIT_HOME: join(world.repository, 'state') };
    const result = world.writ(['exec', '--', 'true'], { env });
    expect(result.status).toBe(1);
    world.writ(['init', '--yes'], { env });
    expect(world.writ(['exec', '--', 'true'], { env }).stderr).toContain('[state_in_repository]');
    world.writ(['down'], { env });
  });
});

describe('output into a pipe that nobody reads', () => {
  it.each([['log', 'search'], ['check', '--explain', 'git push'], ['--help']])(
    'ends quietly: writ %s',
    (...args) => {
      const script = '{ sleep 0.3; "$0" "$@"; echo "status $?" >&2; } | true';
      const { stderr } = spawnSync('sh', ['-c', script, resolve('bin/writ'), ...args], {
        cwd: world.repository,
        env: world.environment,
        encoding: 'utf8',
      });
      expect(stderr).toMatch(/^status (0|141)\n$/);
    },
  );
});

describe('ten callers at once, with no Writ running', () => {
  it('start one, and all of them are served', async () => {
    world.must('down');
    const children = Array.from({ length: 10 }, () => world.start(['exec', '--', 'true']));
    const ends = await Promise.all(children.map((child) => once(child, 'exit')));
    expect(ends.map(([status]) => status as number)).toEqual(Array.from({ length: 10 }, () => 0));
  });
});
