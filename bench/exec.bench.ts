/** What it costs to start `true`: bare, confined in several ways, and governed, with all that is on record before it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEnvironment } from '../src/guard/sandbox/environment.ts';
import { launchSpec } from '../src/guard/sandbox/launch-spec.ts';
import { detectMachine } from '../src/guard/sandbox/machine.ts';
import { World } from '../test/cli/world.ts';
import { launch } from '../test/sandbox/launching.ts';
import { Peers } from './peers.ts';
import { report, sideBySide } from './side-by-side.ts';

const rounds = Number(process.argv[2] ?? 60);

const machine = detectMachine();
const worktree = realpathSync(mkdtempSync(join(tmpdir(), 'writ-bench-')));
spawnSync('git', ['init', '--quiet', worktree]);
const world = new World();
world.must('init', '--yes');
const peers = new Peers();

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

async function launchTrue(): Promise<void> {
  const { exitCode } = await launch(plan());
  if (exitCode !== 0) throw new Error(`the sandbox ended with ${exitCode}`);
}

const running =
  ([program = '', ...args]: readonly string[], env = world.environment) =>
  () => {
    const { status } = spawnSync(program, args, { cwd: world.repository, env, stdio: 'ignore' });
    if (status !== 0) throw new Error(`${program} ended with ${status}`);
  };

const others = peers.working({
  'srt true': ['srt', 'true'],
  'codex sandbox true': ['codex', 'sandbox', 'true'],
});

try {
  const measured = await sideBySide(
    {
      'bare true': running(['true']),
      'bare bwrap': running([machine.bubblewrap.path, '--unshare-all', '--ro-bind', '/', '/', 'true']),
      'planning only': () => void plan(),
      'sandbox, unsupervised': launchTrue,
      'writ exec': running([join(import.meta.dirname, '../bin/writ'), 'exec', '--', 'true']),
      'node -e 0': running([process.execPath, '-e', '0']),
      ...Object.fromEntries(
        Object.entries(others).map(([name, argv]) => [name, running(argv, peers.environment)]),
      ),
    },
    rounds,
    5,
  );
  report('exec', rounds, measured, ['bare bwrap', 'writ exec']);
} finally {
  world.dispose();
  peers.dispose();
  rmSync(worktree, { recursive: true, force: true });
}
