/** The launcher's half of its conversation with the guard, as built for use and with the sanitizers, against any answer. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { integer, sample, tuple } from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BlockReader, encodeBlock } from '../../src/guard/launcher/blocks.ts';
import { decodeEnd, decodeRequest } from '../../src/guard/launcher/messages.ts';
import { buildEnvironment } from '../../src/guard/sandbox/environment.ts';
import { launchSpec } from '../../src/guard/sandbox/launch-spec.ts';
import { detectMachine } from '../../src/guard/sandbox/machine.ts';
import { launch, smallLimits } from './launching.ts';
import { buildNative } from './workshop.ts';

const build = resolve(import.meta.dirname, '../../native/build');
const builds = [
  ['writ-exec', 'all'],
  ['writ-exec-sanitized', 'sanitized'],
] as const;

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What the launcher said, block by block. */
  readonly blocks: readonly (readonly Buffer[])[];
}

describe.each(builds)('%s', (name, target) => {
  const program = join(build, name);
  let home: string;
  let server: Server | null = null;
  beforeAll(() => {
    buildNative('all');
    buildNative(target);
  });
  afterEach(() => {
    server?.close();
    server = null;
    rmSync(home, { recursive: true, force: true });
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  /** Runs the launcher against a guard that answers a whole request in this way. */
  async function run(
    answer: (socket: Socket) => void,
    args: readonly string[] = ['--', 'true'],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Outcome> {
    home = mkdtempSync(join(tmpdir(), 'writ-guard-'));
    mkdirSync(join(home, 'run'));
    const blocks: Buffer[][] = [];
    server = createServer((socket) => {
      const reader = new BlockReader();
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        const asked = blocks.length >= 2;
        blocks.push(...reader.read(chunk));
        if (!asked && blocks.length >= 2) answer(socket);
        if (blocks.at(-1)?.[0]?.toString() === 'ended') socket.end(encodeBlock(['recorded']));
      });
    });
    server.listen(join(home, 'run/launch.sock'));
    await once(server, 'listening');
    const child = spawn(program, ['exec', '--started', ...args], {
      env: { WRIT_HOME: home, ...environment },
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.stdin.end();
    const [status] = (await once(child, 'close')) as [number | null];
    server.close();
    return { status, ...output, blocks };
  }

  const answering =
    (...bytes: readonly Buffer[]) =>
    (socket: Socket) =>
      void socket.end(Buffer.concat(bytes));
  /** Stays until the launcher has reported an end; for so long only, where it may wait for more. */
  const launching =
    (bytes: Buffer, patienceMs = 30_000) =>
    (socket: Socket) => {
      socket.write(bytes);
      setTimeout(() => socket.end(), patienceMs).unref();
    };
  const end = (status: string, json: string, ...lines: readonly string[]) =>
    encodeBlock(['end', status, json, ...lines]);

  it('asks for exactly what it was given', async () => {
    const args = [
      '--profile',
      'observe',
      '--job=SHOP 1',
      '--wait',
      '--',
      'printf',
      '%s',
      '',
      'ünï\n☃',
      '--json',
    ];
    const { blocks } = await run(answering(end('0', '')), args, {
      TERM: 'xterm',
      LANG: 'x'.repeat(201),
      SECRET: 'canary',
    });
    const [fields = [], argv = []] = blocks;
    expect(decodeRequest(fields, argv)).toEqual({
      kind: 'exec',
      argv: ['printf', '%s', '', 'ünï\n☃', '--json'],
      directory: process.cwd(),
      process: expect.any(Number),
      terminal: false,
      environment: { TERM: 'xterm' },
      assistant: null,
      profile: 'observe',
      job: 'SHOP 1',
      writ: null,
      wait: true,
    });
    expect(Buffer.concat(fields).toString()).not.toContain('canary');
  });

  it('says what the guard says, and nothing that drives a terminal', async () => {
    const said = encodeBlock(['say', 'one\ntwo \u{1b}[31m\u{202e}\u{85}é', '']);
    const { stdout, stderr, status } = await run(answering(said, end('4', '{"a":1}', 'missing')), [
      '--json',
      '--',
      'true',
    ]);
    expect({ stdout, status }).toEqual({ stdout: '{"a":1}\n', status: 4 });
    expect(stderr).toBe('writ: one\nwrit:   two \\u{1b}[31m\\u{202e}\\u{85}é\nwrit: \nwrit: missing\n');
  });

  it('keeps JSON to itself where none was asked for', async () => {
    const { stdout, stderr, status } = await run(answering(end('3', '{"a":1}', 'denied: so it is')));
    expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: 'writ: denied: so it is\n', status: 3 });
  });

  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const plain = encodeBlock([]);
  const launchParts = [
    'launch',
    'ses_1',
    '',
    encodeBlock([]),
    encodeBlock(['/bin/true', 'a\0']),
    encodeBlock(['wall-ms', '1000']),
    encodeBlock(['A=b']),
    encodeBlock(['true']),
    encodeBlock(['HOME', 'X'.repeat(300)]),
    encodeBlock(['/nonexistent/commondir', 'x'.repeat(5000)]),
    '',
    encodeBlock(['secret']),
    '1000000',
  ];
  const replaced = (at: number, part: string | Buffer) =>
    encodeBlock(launchParts.map((old, index) => (index === at ? part : old)));

  it.each<[string, readonly Buffer[], RegExp]>([
    ['nothing', [], /connection_lost/],
    ['half a number', [Buffer.of(1, 0)], /connection_lost/],
    ['a block that never ends', [number(3), number(4), Buffer.from('say')], /connection_lost/],
    ['more items than there can be', [number(0xffff_ffff)], /connection_lost/],
    ['an item larger than all memory', [number(1), number(0xffff_fff0)], /connection_lost/],
    ['an empty block', [plain], /connection_lost/],
    ['words that nobody knows', [encodeBlock(['nonsense', 'x'])], /connection_lost/],
    ['an end without a status', [encodeBlock(['end'])], /^$/],
    ['an end with a status of any size', [end('99999', '')], /^$/],
    ['a launch of too few parts', [encodeBlock(launchParts.slice(0, 7))], /connection_lost/],
    ['a launch of too many', [encodeBlock([...launchParts, 'x'])], /connection_lost/],
    ['no block for bubblewrap', [replaced(4, 'x')], /sandbox_failed/],
    ['more than a block for the settings', [replaced(5, Buffer.concat([plain, plain]))], /sandbox_failed/],
    ['nonsense for the environment', [replaced(6, number(77))], /sandbox_failed/],
    ['no names to inherit', [replaced(8, Buffer.of(1))], /sandbox_failed/],
    [
      'more cgroups than there can be',
      [replaced(3, encodeBlock(['a', 'b', 'c', 'd', 'e']))],
      /sandbox_failed/,
    ],
    [
      'a cgroup with a path longer than any',
      [replaced(3, encodeBlock(['x'.repeat(9000)]))],
      /sandbox_failed/,
    ],
    ['a cgroup that is none', [replaced(3, encodeBlock(['/nonexistent']))], /cannot join.*sandbox_failed/],
    ['no files that are forbidden', [replaced(9, 'x')], /sandbox_failed/],
    ['no number of bytes', [replaced(12, 'many')], /sandbox_failed/],
    ['a number of any length', [replaced(12, '9'.repeat(40))], /sandbox_failed/],
    ['a sandbox that starts nothing', [replaced(-1, '')], /no reason given \[sandbox_failed\]/],
  ])('starts nothing for %s', async (_, answer, complaint) => {
    const [whole = plain] = answer;
    const starts = complaint.source.includes('sandbox_failed');
    const { status, stderr } = await run(starts ? launching(whole) : answering(...answer));
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(complaint) });
  });

  it('ends in order whatever is changed in an answer', async () => {
    const whole = replaced(-1, '');
    const edits = tuple(
      integer({ min: 0, max: whole.length - 1 }),
      integer({ min: 0, max: 255 }),
      integer({ min: 0, max: 3 }),
    );
    for (const [at, value, kind] of sample(edits, { numRuns: 40, seed: 3 })) {
      const edited =
        kind === 0
          ? Buffer.concat([whole.subarray(0, at), Buffer.of(value), whole.subarray(at)])
          : kind === 1
            ? Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)])
            : Buffer.concat([whole.subarray(0, at), Buffer.of(value), whole.subarray(at + 1)]);
      const { status, stderr } = await run(launching(edited, 250));
      // Where the launcher waits for the rest, the guard goes away.
      expect({ at, value, kind, status }).toMatchObject({ status: expect.toBeOneOf([1, 137]) });
      expect(stderr).toMatch(/^writ: /);
      expect(stderr).not.toMatch(/Sanitizer|runtime error/);
    }
  });

  it('runs a sandbox, reports its end, and waits until that is on record', async () => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'writ-launched-')));
    spawnSync('git', ['init', '--quiet', home]);
    const spec = launchSpec(
      {
        command: { argv: ['sh', '-c', 'exit 9'] },
        cwd: home,
        worktree: home,
        repository: 'read-write',
        gitDirectories: [],
        hide: [],
        environment: buildEnvironment({
          searchPath: [],
          caller: {},
          extra: {},
          session: 's',
          terminal: false,
        }),
        limits: smallLimits,
        identity: { name: 'Writ', email: 'writ@localhost' },
        terminal: false,
      },
      detectMachine(),
    );
    expect(await launch(spec, program)).toMatchObject({ reason: 'exited', exitCode: 9, planted: [] });
  });

  it('reports that nothing was started, and why', async () => {
    const { blocks } = await run(launching(replaced(4, encodeBlock(['/nonexistent/bwrap', 'a\0']))));
    expect(decodeEnd(blocks[2] ?? [])).toMatchObject({
      outcome: 'not-started',
      complaint: expect.stringContaining('cannot start /nonexistent/bwrap'),
    });
  });

  it.each([
    ['a guard that goes away', (socket: Socket) => socket.destroy()],
    ['being told to', (socket: Socket) => void socket.write(encodeBlock(['kill', 'the writ is revoked']))],
  ])('ends what never started, for %s', async (_, then) => {
    const { status, stderr } = await run(then);
    expect(status).toBeOneOf([1, 137]);
    expect(stderr).toMatch(/connection_lost|the writ is revoked/);
  });
});
