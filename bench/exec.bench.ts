/**
 * What confinement adds to starting a command. Every round runs each way once, in turn, so that the machine's
 * moods meet all of them; medians are compared, and ratios are what counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEnvironment } from '../src/guard/sandbox/environment.ts';
import { launchSpec } from '../src/guard/sandbox/launch-spec.ts';
import { detectMachine } from '../src/guard/sandbox/machine.ts';
import { launch } from '../test/sandbox/launching.ts';

const rounds = Number(process.argv[2] ?? 150);
const warmUp = 10;

const machine = detectMachine();
const worktree = realpathSync(mkdtempSync(join(tmpdir(), 'writ-bench-')));
spawnSync('git', ['init', '--quiet', worktree]);

const plan = () =>
  launchSpec(
    {
      command: { argv: ['true'] },
      cwd: worktree,
      worktree,
      repository: 'read-write',
      gitDirectories: [],
      hide: [],
      environment: buildEnvironment({
        searchPath: [],
        caller: {},
        extra: {},
        session: 'bench',
        terminal: false,
      }),
      limits: {
        cpuSeconds: 60,
        processes: 256,
        fileSizeMiB: 100,
        openFiles: 1024,
        memoryMiB: 8192,
        wallSeconds: 60,
      },
      identity: { name: 'Writ', email: 'writ@localhost' },
      terminal: false,
    },
    machine,
  );

function run(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
}

async function launchTrue(): Promise<void> {
  const { exitCode } = await launch(plan());
  if (exitCode !== 0) throw new Error(`the sandbox ended with ${exitCode}`);
}

const ways: Readonly<Record<string, () => void | Promise<void>>> = {
  'bare true': () => run('true', []),
  'bare bwrap': () => run(machine.bubblewrap.path, ['--unshare-all', '--ro-bind', '/', '/', 'true']),
  'planning only': () => void plan(),
  'sandbox, planned and launched': launchTrue,
  'node -e 0': () => run(process.execPath, ['-e', '0']),
};

const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
try {
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [name, way] of Object.entries(ways)) {
      const started = performance.now();
      await way();
      if (round >= 0) times.get(name)?.push(performance.now() - started);
    }
  }
} finally {
  rmSync(worktree, { recursive: true, force: true });
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;
const base = quantile(times.get('bare bwrap') ?? [], 0.5);
const results = [...times].map(([name, values]) => ({
  name,
  medianMs: round(quantile(values, 0.5)),
  p95Ms: round(quantile(values, 0.95)),
  toBareBwrap: round(quantile(values, 0.5) / base),
}));
console.table(results);
console.log(JSON.stringify({ bench: 'exec', rounds, results }));

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
