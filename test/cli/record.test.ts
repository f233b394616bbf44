/** A recorded terminal is a terminal like any other; what it showed is kept, without secrets, and cannot be changed unseen. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from './world.ts';

const world = new World();
const secret = 'tok-ünï-"12"-34567890';
beforeAll(() => {
  world.must('init', '--yes');
  world.organisation((document) => {
    const profile = { extends: 'develop', record: true, environment: ['SHOP_TOKEN'] };
    document.setIn(['profiles', 'recorded'], document.createNode(profile));
    document.addIn(['assistants', 'local', 'profiles'], 'recorded');
  });
  world.must('policy', 'check');
});
afterAll(() => world.dispose());

type Script = readonly (readonly [wait: string, type: string | number[]])[];

/** Plays a script to a terminal with the command in it. */
function onTerminal(command: readonly string[], script: Script = []) {
  const program = resolve('test/sandbox/terminal.py');
  const { stdout, stderr } = spawnSync('python3', [program, '30', JSON.stringify(script), '--', ...command], {
    cwd: world.repository,
    env: { ...world.environment, SHOP_TOKEN: secret, TERM: 'xterm' },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as { shown: string; status: number | null; left: unknown[] };
}

const writ = resolve('bin/writ');
const recorded = (...command: readonly string[]) => [writ, 'exec', '--profile', 'recorded', '--', ...command];

const folder = join(world.writHome, 'recordings');
interface Ended {
  readonly entry: { readonly session: string; readonly data: { readonly recording: unknown } };
}
function newest() {
  const [end] = world.json('log', 'search', '--type', 'execution.ended', '--limit', '1') as Ended[];
  const session = end?.entry.session ?? '';
  return { session, file: join(folder, `${session}.cast`), recording: end?.entry.data.recording };
}
const replayed = (session: string) => world.writ(['replay', session, '--speed', '1000']);

describe('a recorded terminal', () => {
  it('is one inside, with its size, and what it shows is kept and played again', () => {
    const { shown, status } = onTerminal(
      recorded('bash', '-c', 'echo ready; read x; tput cols; stty size; test -t 2 && echo "<$x>"; exit 7'),
      [['ready', 'typed ☃\n']],
    );
    expect(status).toBe(7);
    expect(shown).toContain('41 123');
    expect(shown).toContain('<typed ☃>');
    const { session, file, recording } = newest();
    expect(recording).toMatchObject({
      format: 'asciicast-v2',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(replayed(session)).toMatchObject({ status: 0, stdout: shown });
    expect(world.json('replay', session)).toMatchObject({
      session,
      header: { version: 2 },
      events: expect.arrayContaining([[expect.any(Number), 'o', expect.stringContaining('ready')]]),
    });
  });

  it('keeps no secret that Writ knows of, however it comes', () => {
    world.write(
      'leak.py',
      [
        'import os, sys, time',
        'secret = os.environ["SHOP_TOKEN"].encode()',
        'out = sys.stdout.buffer',
        'for at in range(len(secret)):',
        '  out.write(secret[at:at + 1]); out.flush(); time.sleep(0.003)',
        'out.write(b"\\nbefore " + secret + secret + b" after " + secret[:-1] + b"\\n"); out.flush()',
        'out.write(secret[:9]); out.flush(); time.sleep(0.2); out.write(secret[9:] + b" end\\n")',
      ].join('\n'),
    );
    const { shown } = onTerminal(recorded('python3', 'leak.py'));
    expect(shown.split(secret)).toHaveLength(5);
    const { session, file } = newest();
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('34567890');
    expect(replayed(session).stdout).toBe(shown.replaceAll(secret, '********'));
  });

  it('stops, continues and is interrupted as any other', () => {
    const quoted = recorded('bash', '-c', 'echo rea""dy; read line; echo "read <$line>"; sleep 30')
      .map((word) => `'${word}'`)
      .join(' ');
    const { shown, left } = onTerminal(
      ['env', 'PS1=prompt% ', 'bash', '--norc', '-i'],
      [
        ['prompt%', `${quoted}\n`],
        ['ready', '\u001a'],
        ['Stopped', 'fg >/dev/null; echo status $?\n'],
        ['prompt%', ''],
        ['fg', 'hello\n'],
        ['read <hello>', '\u0003'],
        ['status 130', 'stty -a; exit\n'],
        [' icanon', ''],
      ],
    );
    expect({ left, shown }).toEqual({ left: [], shown: expect.stringContaining('read <hello>') });
  });

  it('that was changed afterwards is not played', () => {
    onTerminal(recorded('echo', 'as it was'));
    const { session, file } = newest();
    appendFileSync(file, '[9,"o","as it was not"]\n');
    expect(replayed(session)).toMatchObject({
      status: 5,
      stdout: '',
      stderr: expect.stringContaining('not the one that was sealed'),
    });
  });
});

describe('what is no terminal, or under a profile that does not say so', () => {
  it.each([
    ['piped', () => world.writ(recorded('echo', 'x').slice(1))],
    ['under develop', () => onTerminal([writ, 'exec', '--', 'echo', 'x'])],
  ])('%s: is not recorded', (_, run) => {
    const before = existsSync(folder) ? readdirSync(folder).length : 0;
    expect(run().status).toBe(0);
    const { session, recording } = newest();
    expect(recording).toBe(null);
    expect(existsSync(folder) ? readdirSync(folder).length : 0).toBe(before);
    expect(world.writ(['replay', session]).stderr).toContain('[recording_missing]');
  });
});
