/** The repository belongs to others, who may change it between planning and mounting: then nothing must run. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildEnvironment } from '../../src/guard/sandbox/environment.ts';
import { launchSpec } from '../../src/guard/sandbox/launch-spec.ts';
import { detectMachine } from '../../src/guard/sandbox/machine.ts';
import { launch, smallLimits } from './launching.ts';
import { buildNative } from './workshop.ts';

let folder: string;
let worktree: string;
beforeAll(() => buildNative('all'));
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'writ-race-')));
  worktree = join(folder, 'repository');
  for (const path of [
    'repository/.git/hooks',
    'repository/.git/modules/lib',
    'repository/governance',
    'other/lib',
  ]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  for (const path of ['.git/config', '.git/modules/lib/config', '.git/modules/lib/HEAD', 'secret.txt']) {
    writeFileSync(join(worktree, path), '');
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function plan() {
  return launchSpec(
    {
      command: { argv: ['touch', 'ran'] },
      cwd: worktree,
      worktree,
      repository: 'read-write',
      gitDirectories: [],
      hide: [join(worktree, 'secret.txt')],
      environment: buildEnvironment({ searchPath: [], caller: {}, extra: {}, session: 's', terminal: false }),
      limits: smallLimits,
      identity: { name: 'Writ', email: 'writ@localhost' },
      terminal: false,
    },
    detectMachine(),
  );
}

function replaceByLink(path: string, target: string): void {
  renameSync(join(worktree, path), join(folder, 'away'));
  symlinkSync(target, join(worktree, path));
}

describe('between planning and mounting', () => {
  it('nothing happens: the command runs', async () => {
    expect(await launch(plan())).toMatchObject({ exitCode: 0 });
    expect(existsSync(join(worktree, 'ran'))).toBe(true);
  });

  it.each<[string, () => void]>([
    [
      'the worktree becomes another folder',
      () => renameSync(join(folder, 'other'), (renameSync(worktree, join(folder, 'old')), worktree)),
    ],
    [
      'a folder becomes a link to the folder of temporary files, which the sandbox has too',
      () => replaceByLink('.git/modules', '../../..'),
    ],
    [
      'a folder becomes a link to one beside the repository',
      () => replaceByLink('.git/modules', '../../other'),
    ],
    ['a folder becomes a link to the system', () => replaceByLink('.git/modules', '../../../../usr/local')],
    ['a folder becomes an absolute link', () => replaceByLink('.git/modules', join(folder, 'other'))],
    ['the hooks become a link', () => replaceByLink('.git/hooks', '../governance')],
    ['the configuration becomes a link', () => replaceByLink('.git/config', 'modules/lib/config')],
    ['the git directory becomes a link', () => replaceByLink('.git', '../away')],
    ['the governance becomes a link', () => replaceByLink('governance', '../other')],
    ['what is hidden becomes a link', () => replaceByLink('secret.txt', '.git/config')],
    [
      'a protected file is replaced',
      () => (
        writeFileSync(join(folder, 'new'), ''),
        renameSync(join(folder, 'new'), join(worktree, '.git/config'))
      ),
    ],
  ])('%s: nothing runs', async (_, change) => {
    const spec = plan();
    change();
    await expect(launch(spec)).rejects.toMatchObject({ code: 'sandbox_failed' });
    for (const place of ['repository', 'other', 'old', 'away'])
      expect(existsSync(join(folder, place, 'ran'))).toBe(false);
  });

  it('a mount that was not planned ends it as well', async () => {
    const spec = plan();
    const args = ['--bind', folder, '/tmp/more', ...spec.bubblewrapArguments.slice(-2)];
    await expect(
      launch({ ...spec, bubblewrapArguments: [...spec.bubblewrapArguments.slice(0, -2), ...args] }),
    ).rejects.toMatchObject({
      code: 'sandbox_failed',
      message: expect.stringContaining('/tmp/more is mounted though it was not planned'),
    });
  });
});

describe('a git directory', () => {
  it.each<[string, () => void]>([
    [
      'with a link to an endless device for its configuration',
      () => (rmSync(join(worktree, '.git/config')), symlinkSync('/dev/zero', join(worktree, '.git/config'))),
    ],
    [
      'with a folder for its configuration',
      () => (rmSync(join(worktree, '.git/config')), mkdirSync(join(worktree, '.git/config'))),
    ],
    ['with a link for its submodules', () => replaceByLink('.git/modules', '/')],
    ['with a link for its worktrees', () => symlinkSync('/', join(worktree, '.git/worktrees'))],
    [
      'with a huge configuration',
      () => writeFileSync(join(worktree, '.git/config'), Buffer.alloc(2 * 1024 * 1024)),
    ],
    [
      'with submodules without end',
      () => mkdirSync(join(worktree, '.git/modules', 'x/'.repeat(50)), { recursive: true }),
    ],
  ])('%s is refused', (_, change) => {
    change();
    expect(plan).toThrow(expect.objectContaining({ code: 'worktree_unsafe' }));
  });
});
