import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { array, constantFrom, oneof, sample, string } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCgroup } from '../../src/guard/sandbox/cgroup.ts';
import { detectMachine } from '../../src/guard/sandbox/machine.ts';
import { until, users, Workshop } from './workshop.ts';

/** What a command gives and gets is its own: the sandbox must not be noticed by whoever called it. */
describe.each(users)('a command launched by $name', (user) => {
  let shop: Workshop;
  beforeAll(() => {
    shop = new Workshop(user);
  });
  afterAll(() => shop?.[Symbol.dispose]());

  describe('exit status', () => {
    it.each([0, 1, 2, 42, 125, 126, 127, 128, 130, 143, 255])('%i passes through', (code) => {
      const { status, result, stderr } = shop.inside(['sh', '-c', `exit ${code}`]);
      expect({ status, stderr }).toEqual({ status: code, stderr: '' });
      expect(result).toMatchObject({ reason: 'exited', exitCode: code, signal: null });
    });

    it.each(['SIGTERM', 'SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGPIPE', 'SIGUSR1'] as const)(
      'of a command that died of %s',
      (name) => {
        const { result } = shop.inside(['sh', '-c', `kill -${name.slice(3)} $$`]);
        expect(result).toMatchObject({
          reason: 'exited',
          exitCode: 128 + constants.signals[name],
          signal: name,
        });
      },
    );

    it.each([
      [['no-such-program'], 127, 'writ: no-such-program: command not found\n'],
      [['./missing'], 127, 'writ: ./missing: No such file or directory\n'],
      [[''], 127, 'writ: : command not found\n'],
      [['./plain.txt'], 126, 'writ: ./plain.txt: Permission denied\n'],
      [['/usr'], 126, 'writ: /usr: Permission denied\n'],
    ])('of %j, as a shell would have it', (argv, code, message) => {
      shop.write('plain.txt', 'no program');
      const { result, stderr } = shop.inside(argv);
      expect(result).toMatchObject({ exitCode: code });
      expect(stderr).toBe(message);
    });
  });

  it('hands over any arguments', () => {
    const word = string({
      unit: oneof(
        constantFrom('\n', '\t', ' ', '"', "'", '\\', '$', '*', '\x01', '\x7f', 'é', '🜂'),
        string({ minLength: 1, maxLength: 1 }),
      ),
      maxLength: 20,
    });
    const words = sample(
      array(
        word.map((text) => text.replaceAll('\0', '')),
        { maxLength: 50 },
      ),
      { numRuns: 8, seed: 1 },
    );
    for (const argv of [
      ['', ''],
      ['-n', '--', '-'],
      ['x'.repeat(100_000)],
      Array.from({ length: 12_000 }, (_, i) => String(i)),
      ...words,
    ]) {
      shop.write('args.sh', 'for a in "$@"; do printf "%s\\0" "$a"; done');
      const { stdout } = shop.inside(['sh', 'args.sh', ...argv]);
      expect(stdout).toBe(argv.map((text) => `${text}\0`).join(''));
    }
  });

  it('says so when the arguments are more than the kernel takes', () => {
    const { result, stderr } = shop.inside(['true', 'x'.repeat(200_000)]);
    expect(result).toMatchObject({ exitCode: 126 });
    expect(stderr).toBe('writ: true: Argument list too long\n');
  });

  describe('standard streams', () => {
    const digest = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

    it('carry binary input of any size', () => {
      for (const size of [0, 1, 65_536, 30_000_001]) {
        const input = randomBytes(size);
        const { stdout } = shop.inside(['sha256sum'], {}, { input });
        expect(stdout).toBe(`${digest(input)}  -\n`);
      }
    });

    it('carry 200 MB of output unchanged', () => {
      const megabyte = 'yes "0123456789abcdef 0123456789abcdef 0123456789abcdef" | head -c 209715200';
      const { argv } = shop.command(['sh', '-c', megabyte]);
      const through = shop.outside(['bash', '-c', 'set -o pipefail; "$@" | sha256sum', 'bash', ...argv]);
      expect(through.stdout).toBe(shop.outside(['bash', '-c', `${megabyte} | sha256sum`]).stdout);
      expect(through.status).toBe(0);
    });

    it('are the very files of the caller', () => {
      const log = shop.write(shop.path('log/both.txt'), 'before\n');
      const { argv } = shop.command(['sh', '-c', 'echo out; echo err >&2; echo out']);
      shop.outside(['bash', '-c', '"$@" >>"$0" 2>&1', log, ...argv]);
      expect(readFileSync(log, 'utf8')).toBe('before\nout\nerr\nout\n');
    });

    it('may be closed', () => {
      const { argv, result } = shop.command(['sh', '-c', 'cat; echo still here >&2']);
      const { stderr } = shop.outside(['bash', '-c', '"$@" <&- >&-', 'bash', ...argv]);
      expect(stderr).toContain('still here');
      expect(readFileSync(result, 'utf8')).toContain('"exitCode":0');
    });

    it('end a writer whose reader has gone', () => {
      const { argv, result } = shop.command(['yes']);
      const { stdout } = shop.outside(['bash', '-c', '"$@" | head -n 1', 'bash', ...argv]);
      expect(stdout).toBe('y\n');
      expect(JSON.parse(readFileSync(result, 'utf8'))).toMatchObject({ signal: 'SIGPIPE', exitCode: 141 });
    });

    it('carry what a shell left running for a moment', () => {
      const { stdout } = shop.inside(['bash', '-c', 'echo all of it > >(sleep 0.02; cat)']);
      expect(stdout).toBe('all of it\n');
    });
  });

  describe('signals', () => {
    it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const)(
      '%s reaches the command once',
      async (name) => {
        const script = `n=0; trap 'n=$((n+1)); echo got $n; [ -e again ] && exit 9' ${name.slice(3)}; echo ready; while :; do sleep 0.02; done`;
        const { child } = shop.start(['bash', '-c', script]);
        let text = '';
        child.stdout?.on('data', (data: Buffer) => (text += data.toString()));
        await until(() => text.includes('ready'), 'the command');
        child.kill(name);
        await until(() => text.includes('got 1'), `${name} inside`);
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(text).not.toContain('got 2');
        child.kill('SIGTERM');
        if (name === 'SIGTERM') {
          await until(() => text.includes('got 2'), 'the second');
          child.kill('SIGKILL');
        }
        await once(child, 'exit');
      },
    );

    it('end it with the status of a shell when it does not catch them', async () => {
      const { child, started, result } = shop.start(['sleep', '60']);
      await until(() => existsSync(started), 'the start');
      await new Promise((resolve) => setTimeout(resolve, 50));
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([143, null]);
      expect(JSON.parse(readFileSync(result, 'utf8'))).toMatchObject({ reason: 'exited', signal: 'SIGTERM' });
    });

    it('stop and continue it', async () => {
      const { child } = shop.start(['bash', '-c', 'while :; do echo tick; sleep 0.02; done']);
      let ticks = 0;
      child.stdout?.on('data', () => (ticks += 1));
      await until(() => ticks > 2, 'ticks');
      child.kill('SIGTSTP');
      await until(
        () => / T /.test(readFileSync(`/proc/${child.pid}/stat`, 'latin1')),
        'the launcher to stop',
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      const stopped = ticks;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(ticks).toBe(stopped);
      child.kill('SIGCONT');
      await until(() => ticks > stopped + 2, 'ticks after the stop');
      child.kill('SIGTERM');
      await once(child, 'exit');
    });
  });

  describe('a terminal', () => {
    const play = (
      argv: readonly string[],
      script: readonly (readonly [string, string | number[]])[],
      seconds = 20,
    ) => {
      const { argv: command, result } = shop.command(argv, { terminal: true });
      return { ...playOutside(command, script, seconds), result };
    };
    const playOutside = (
      command: readonly string[],
      script: readonly (readonly [string, string | number[]])[],
      seconds = 20,
    ) => {
      const { stdout, stderr } = shop.outside([
        'python3',
        shop.path('terminal.py'),
        String(seconds),
        JSON.stringify(script),
        '--',
        ...command,
      ]);
      expect(stderr).toBe('');
      return JSON.parse(stdout) as { shown: string; status: number | null; left: unknown[] };
    };
    beforeAll(() => {
      writeFileSync(shop.path('terminal.py'), readFileSync(join(import.meta.dirname, 'terminal.py')));
    });

    it('is one inside, with its size', () => {
      const { shown, status } = play(
        ['sh', '-c', 'sleep 0.2; test -t 0 && test -t 1 && test -t 2 && stty size'],
        [],
      );
      expect({ shown, status }).toEqual({ shown: '41 123\r\n', status: 0 });
    });

    it('tells the command of a new size', () => {
      const { shown } = play(
        ['bash', '-c', 'trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.02; done'],
        [['ready', [50, 60]]],
      );
      expect(shown).toContain('50 60');
    });

    it('delivers Ctrl-C once, to everything in the foreground', () => {
      const { shown, status } = play(
        [
          'bash',
          '-c',
          'n=0; trap "n=\\$((n+1)); echo int \\$n" INT; echo ready; sleep 1; sleep 0.3; echo done; exit 7',
        ],
        [['ready', '\x03']],
      );
      expect(shown).toContain('int 1');
      expect(shown).toContain('done');
      expect(shown).not.toContain('int 2');
      expect(status).toBe(7);
    });

    it('ends a command that does not catch Ctrl-C', () => {
      const { status, result } = play(['sh', '-c', 'echo ready; exec sleep 30'], [['ready', '\x03']]);
      expect(status).toBe(130);
      expect(JSON.parse(readFileSync(result, 'utf8'))).toMatchObject({ signal: 'SIGINT' });
    });

    it("takes part in the shell's job control: Ctrl-Z, fg", () => {
      const { argv } = shop.command(['bash', '-c', 'echo ready; read line; echo "read <$line>"'], {
        terminal: true,
      });
      const quoted = argv.map((word) => `'${word}'`).join(' ');
      const { shown, left } = playOutside(
        ['env', 'PS1=prompt% ', 'bash', '--norc', '-i'],
        [
          ['prompt%', `${quoted}\n`],
          ['ready', '\x1a'],
          ['Stopped', 'fg >/dev/null; echo status $?\n'],
          ['prompt%', ''],
          ['fg', 'hello\n'],
          ['read <hello>', ''],
          ['status 0', 'exit\n'],
        ],
      );
      expect({ left, shown }).toEqual({ left: [], shown: expect.stringContaining('read <hello>') });
    });

    it('lets a shell inside do job control of its own', () => {
      const { shown, left } = play(
        ['env', 'PS1=inner% ', 'bash', '--norc', '-i'],
        [
          ['inner%', `sh -c "echo u''p; exec sleep 30"\n`],
          ['up', '\x1a'],
          ['Stopped', 'kill %1; jobs; echo over $((40 + 2))\n'],
          ['over 42', 'exit\n'],
        ],
      );
      expect({ left, shown }).toEqual({ left: [], shown: expect.not.stringContaining('no job control') });
    });

    it('is given back to a script that goes on', () => {
      const { argv } = shop.command(['bash', '-c', 'true'], { terminal: true });
      const quoted = argv.map((word) => `'${word}'`).join(' ');
      const { shown, status } = playOutside(
        ['bash', '-c', `${quoted}; echo next; read line; echo "read <$line>"`],
        [['next', 'hello\n']],
      );
      expect({ shown, status }).toEqual({ shown: expect.stringContaining('read <hello>'), status: 0 });
    });
  });

  describe('the end', () => {
    const alive = (marker: string) =>
      readdirSync('/proc').some((name) => {
        try {
          return (
            /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0').includes(marker)
          );
        } catch {
          return false;
        }
      });
    /** Grandchildren of every persistent kind: background, without terminal and session, twice forked. */
    const persistent = (marker: string) =>
      `sleep ${marker} & nohup setsid sleep ${marker} >/dev/null 2>&1 & (setsid sh -c 'trap "" TERM HUP INT; sleep ${marker}; sleep ${marker}' &) ; echo ready`;
    let unique = 40_000_000 + process.pid * 100 + (user.uid === 0 ? 0 : 50);

    it('takes background processes along', () => {
      const marker = String((unique += 1));
      const { stdout, result } = shop.inside(['sh', '-c', persistent(marker)]);
      expect(stdout).toBe('ready\n');
      expect(result).toMatchObject({ reason: 'exited', exitCode: 0 });
      expect(alive(marker)).toBe(false);
    });

    it.each([
      ['the launcher is killed', {}, 'SIGKILL'],
      ['it is told to', { killAfterMs: 200 }, null],
      [
        'time is up',
        {
          limits: {
            cpuSeconds: 600,
            processes: 256,
            fileSizeMiB: 100,
            openFiles: 1024,
            memoryMiB: 8192,
            wallSeconds: 1,
          },
        },
        null,
      ],
    ] as const)('takes everything along when %s', async (_, changes, signal) => {
      const marker = String((unique += 1));
      const { child, result } = shop.start(
        ['sh', '-c', `${persistent(marker)}; trap "" TERM; sleep ${marker}; sleep ${marker}`],
        changes,
      );
      let text = '';
      child.stdout?.on('data', (data: Buffer) => (text += data.toString()));
      await until(() => text.includes('ready') && alive(marker), 'the processes');
      if (signal !== null) child.kill(signal);
      await once(child, 'exit');
      await until(() => !alive(marker), 'their end', 5000);
      if (signal !== null) return;
      const reason = 'killAfterMs' in changes ? 'killed' : 'timed-out';
      expect(JSON.parse(readFileSync(result, 'utf8'))).toMatchObject({
        reason,
        signal: 'SIGKILL',
        exitCode: 137,
      });
      expect(alive(marker)).toBe(false);
    });

    it('comes with what was used', () => {
      const { result } = shop.inside([
        'sh',
        '-c',
        'head -c 300000000 /dev/zero | sha256sum >/dev/null; sleep 0.2',
      ]);
      if (result.error !== undefined) throw new Error(result.error.message);
      expect(result.durationMs).toBeGreaterThan(200);
      expect(result.resources.userMs + result.resources.systemMs).toBeGreaterThan(50);
      expect(result.resources.maxRssKiB).toBeGreaterThan(500);
    });
  });

  describe('limits', () => {
    const limits = {
      cpuSeconds: 600,
      processes: 64,
      fileSizeMiB: 100,
      openFiles: 256,
      memoryMiB: 8192,
      wallSeconds: 60,
    };

    it('hold the number of processes, whoever launched it', () => {
      const many = [
        'sh',
        '-c',
        '(for i in $(seq 300); do sleep 20 & done) 2>/dev/null; set -- /proc/[0-9]*; echo $#',
      ];
      const processes = (outcome: { stdout: string }) => Number(outcome.stdout);
      const count = processes(shop.inside(many, { limits }));
      // Root in a container without a cgroup of its own: the machine's facts tell that nothing holds it.
      const held = user.uid !== 0 || detectMachine().processLimit === 'cgroup';
      expect(count).toBeGreaterThan(50);
      expect(count).toBeLessThanOrEqual(held ? 66 : 310);
      expect(processes(shop.inside(many, { limits: { ...limits, processes: 1000 } }))).toBeGreaterThan(300);
    });

    it('hold memory as a whole, by a control group or by watching', () => {
      const processes = [
        'python3',
        '-c',
        'import os, time; [os.fork() for _ in range(2)]; x = bytearray(150 << 20); time.sleep(4)',
      ];
      const { result, status } = shop.inside(processes, { limits: { ...limits, memoryMiB: 300 } });
      // A control group of version 1 ends one process, which need not be the first; the watch ends the whole tree.
      const reasons =
        findCgroup('memory') === null || user.uid !== 0 ? ['out-of-memory'] : ['exited', 'killed'];
      expect(result).toMatchObject({ reason: expect.toBeOneOf(reasons) });
      expect(reasons.includes('exited') || status === 137).toBe(true);
      expect(shop.inside(processes, { limits }).result).toMatchObject({ reason: 'exited', exitCode: 0 });
    });

    it('hold what lies in the private folders too, which is memory', () => {
      const files = 'for i in 1 2 3 4; do head -c 60M /dev/zero > /tmp/$i; done; sleep 4';
      const small = shop.inside(['sh', '-c', files], { limits: { ...limits, memoryMiB: 150 } });
      // A control group ends whoever asks for more, which may be the shell; the watch ends the whole tree.
      const watched = findCgroup('memory') === null || user.uid !== 0;
      const reason = 'reason' in small.result ? small.result.reason : '';
      const ended = small.status === 137 ? 'Killed' : small.stderr;
      expect(watched ? reason : ended).toMatch(watched ? /^out-of-memory$/ : /Killed/);
      expect(shop.inside(['sh', '-c', files], { limits }).result).toMatchObject({
        reason: 'exited',
        exitCode: 0,
      });
    });

    it('hold files, descriptors and processor time', () => {
      const { stdout } = shop.inside(
        [
          'bash',
          '-c',
          'head -c 3000000 /dev/zero > big 2>/dev/null; stat -c %s big; ulimit -Hn; ulimit -Hc; ulimit -Ht',
        ],
        { limits: { ...limits, fileSizeMiB: 1 } },
      );
      expect(stdout).toBe('1048576\n256\n0\n600\n');
      const { result } = shop.inside(['sh', '-c', 'while :; do :; done'], {
        limits: { ...limits, cpuSeconds: 1 },
      });
      expect(result).toMatchObject({ reason: 'exited', exitCode: 137 });
    });
  });
});
