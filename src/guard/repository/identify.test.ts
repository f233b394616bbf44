import {
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { codeOf, scratch, type Scratch } from '../../../test/repository/scratch.ts';
import { WritError } from '../../core/model/errors.ts';
import { identifyRepository, type RegisteredRepositories } from './identify.ts';
import { assertSameWorktree, findWorktree } from './worktree.ts';

const url = 'https://user:secret@GitHub.com/Acme/Shop.git';
const shop = 'github.com/acme/shop';
const uid = process.getuid?.() ?? 0;

let at: Scratch;
beforeEach(() => {
  at = scratch();
});
afterEach(() => {
  at[Symbol.dispose]();
});

function registered(
  signers: readonly string[] = [],
  refs: readonly string[] = ['**'],
): RegisteredRepositories {
  return { [shop]: { refs, signers } };
}

/** What git itself says of a directory: the oracle for where worktree and git directories are. */
function gitsView(directory: string) {
  const [worktree = '', gitDirectory = '', commonDirectory = ''] = at
    .git(directory, 'rev-parse', '--path-format=absolute', '--show-toplevel', '--git-dir', '--git-common-dir')
    .split('\n')
    .map((path) => realpathSync(path));
  return { worktree, gitDirectory, commonDirectory };
}

describe('where', () => {
  test('a clone, from its root and from a folder in it', async () => {
    const clone = at.repository('shop', url);
    mkdirSync(join(clone, 'src/deep'), { recursive: true });
    const { dev, ino } = statSync(clone, { bigint: true });
    const identity = await identifyRepository(join(clone, 'src/deep'), registered());
    expect(identity).toMatchObject({
      remote: shop,
      branch: 'main',
      commit: at.git(clone, 'rev-parse', 'HEAD'),
      worktreeId: `${dev}:${ino}`,
      subdirectory: 'src/deep',
      superproject: null,
      ...gitsView(join(clone, 'src/deep')),
    });
    expect(JSON.stringify(identity)).not.toContain('secret');
    expect((await identifyRepository(clone, {})).subdirectory).toBe('');
  });

  test('a symbolic link is the folder that it leads to', async () => {
    const clone = at.repository('real', url);
    mkdirSync(join(clone, 'src'));
    symlinkSync(join(clone, 'src'), at.path('shop'));
    expect(await identifyRepository(at.path('shop'), {})).toMatchObject({
      worktree: clone,
      subdirectory: 'src',
    });
  });

  test("a linked worktree has its own HEAD and the repository's remote", async () => {
    const clone = at.repository('shop', url);
    at.git(clone, 'worktree', 'add', '--quiet', '-b', 'feature/x', at.path('linked'));
    const identity = await identifyRepository(at.path('linked'), {});
    expect(identity).toMatchObject({ remote: shop, branch: 'feature/x', ...gitsView(at.path('linked')) });
    expect(identity.commonDirectory).toBe(join(clone, '.git'));
  });

  test('a worktree of a bare clone', async () => {
    const clone = at.repository('shop', url);
    at.git(at.directory, 'clone', '--quiet', '--bare', clone, 'bare.git');
    at.git(at.path('bare.git'), 'remote', 'set-url', 'origin', url);
    at.git(at.path('bare.git'), 'worktree', 'add', '--quiet', at.path('linked'), 'main');
    expect(await identifyRepository(at.path('linked'), {})).toMatchObject({
      remote: shop,
      ...gitsView(at.path('linked')),
    });
  });

  test('a submodule is its own repository, and its superproject is told', async () => {
    const library = at.repository('library-origin');
    const clone = at.repository('shop', url);
    at.git(clone, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
    at.git(join(clone, 'lib'), 'remote', 'set-url', 'origin', 'git@github.com:acme/library.git');
    const identity = await identifyRepository(join(clone, 'lib'), {});
    expect(identity).toMatchObject({
      remote: 'github.com/acme/library',
      superproject: clone,
      ...gitsView(join(clone, 'lib')),
    });
    expect(identity.proven).toContain(`a submodule in ${clone}`);
    expect((await identifyRepository(clone, {})).remote).toBe(shop);
  });

  test('before the first commit, detached, and in SHA-256', async () => {
    at.git(at.directory, 'init', '--quiet', '--initial-branch=main', '--object-format=sha256', 'shop');
    const clone = at.path('shop');
    at.git(clone, 'remote', 'add', 'origin', url);
    expect(await identifyRepository(clone, registered())).toMatchObject({
      commit: null,
      branch: 'main',
      proof: 'claimed',
    });
    at.git(clone, 'commit', '--quiet', '--allow-empty', '--message=x');
    at.git(clone, 'checkout', '--quiet', '--detach');
    const identity = await identifyRepository(clone, {});
    expect(identity).toMatchObject({ commit: at.git(clone, 'rev-parse', 'HEAD'), branch: null });
    expect(identity.commit).toHaveLength(64);
  });

  test('packed refs', async () => {
    const clone = at.repository('shop', url);
    at.git(clone, 'pack-refs', '--all');
    at.git(clone, 'gc', '--quiet');
    expect((await identifyRepository(clone, {})).commit).toBe(at.git(clone, 'rev-parse', 'HEAD'));
  });

  test('GIT_DIR and its kin of the environment count for nothing', async () => {
    const clone = at.repository('shop', url);
    const other = at.repository('other', 'https://github.com/acme/other');
    vi.stubEnv('GIT_DIR', join(other, '.git'));
    vi.stubEnv('GIT_WORK_TREE', other);
    vi.stubEnv('GIT_CONFIG_COUNT', '1');
    vi.stubEnv('GIT_CONFIG_KEY_0', 'remote.origin.url');
    vi.stubEnv('GIT_CONFIG_VALUE_0', 'https://github.com/acme/other');
    try {
      expect(await identifyRepository(clone, {})).toMatchObject({ worktree: clone, remote: shop });
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('refused', () => {
  const cases: Record<string, readonly [code: string, arrange: () => string]> = {
    'a folder that has only the name': [
      'repository_missing',
      () => (mkdirSync(at.path('shop')), at.path('shop')),
    ],
    'no such folder': ['directory_unusable', () => at.path('nowhere')],
    'a file': ['directory_unusable', () => (writeFileSync(at.path('file'), ''), at.path('file'))],
    'a bare repository': [
      'repository_bare',
      () => (at.git(at.directory, 'init', '--quiet', '--bare', 'bare.git'), at.path('bare.git')),
    ],
    'inside a git directory': ['repository_bare', () => join(at.repository('shop', url), '.git/refs')],
    'a bare repository hidden in a clone': [
      'repository_bare',
      () => (at.git(at.repository('shop', url), 'init', '--quiet', '--bare', 'docs'), at.path('shop/docs')),
    ],
    'an empty .git inside a clone': [
      'repository_format',
      () => (
        mkdirSync(join(at.repository('shop', url), 'sub/.git'), { recursive: true }),
        at.path('shop/sub')
      ),
    ],
    'a .git file that leads to another clone': [
      'git_directory_foreign',
      () => borrow(`gitdir: ${at.repository('shop', url)}/.git\n`),
    ],
    "a .git file that leads to another clone's linked worktree": [
      'git_directory_foreign',
      () => {
        at.git(at.repository('shop', url), 'worktree', 'add', '--quiet', '-b', 'x', at.path('linked'));
        return borrow(`gitdir: ${at.path('shop/.git/worktrees/linked')}\n`);
      },
    ],
    "a .git file that leads to another clone's submodule": [
      'worktree_elsewhere',
      () => {
        at.git(
          at.repository('shop', url),
          '-c',
          'protocol.file.allow=always',
          'submodule',
          '--quiet',
          'add',
          at.repository('lib'),
          'lib',
        );
        return borrow(`gitdir: ${at.path('shop/.git/modules/lib')}\n`);
      },
    ],
    'a forged worktree directory that borrows a history': [
      'git_directory_foreign',
      () => {
        const own = at.path('own/worktrees/x');
        mkdirSync(own, { recursive: true });
        writeFileSync(join(own, 'commondir'), `${at.repository('shop', url)}/.git\n`);
        writeFileSync(join(own, 'gitdir'), `${at.path('evil/.git')}\n`);
        writeFileSync(join(own, 'HEAD'), 'ref: refs/heads/main\n');
        return borrow(`gitdir: ${own}\n`);
      },
    ],
    'a .git file that leads nowhere': ['repository_format', () => borrow('gitdir: /nonexistent/x\n')],
    'a .git file that is none': ['repository_format', () => borrow('hello\n')],
    'a .git file without end': ['configuration_too_large', () => borrow(`gitdir: ${'/x'.repeat(10_000)}`)],
    'a .git that is a symbolic link': [
      'git_directory_foreign',
      () => {
        mkdirSync(at.path('evil'));
        symlinkSync(join(at.repository('shop', url), '.git'), at.path('evil/.git'));
        return at.path('evil');
      },
    ],
    'a commondir file in a main git directory': [
      'git_directory_foreign',
      () => {
        writeFileSync(
          join(at.repository('evil', url), '.git/commondir'),
          `${at.repository('shop', url)}/.git\n`,
        );
        return at.path('evil');
      },
    ],
    ...Object.fromEntries(
      ['objects', 'refs', 'packed-refs'].map((name) => [
        `${name} borrowed through a link`,
        [
          'git_directory_foreign',
          () => {
            const victim = at.repository('shop', url);
            at.git(victim, 'pack-refs', '--all');
            const path = join(at.repository('evil', url), '.git', name);
            rmSync(path, { recursive: true, force: true });
            symlinkSync(join(victim, '.git', name), path);
            return at.path('evil');
          },
        ] as const,
      ]),
    ),
    ...Object.fromEntries(
      ['config', 'HEAD', 'shallow'].map((name) => [
        `${name} borrowed through a link`,
        [
          'repository_format',
          () => {
            const path = join(at.repository('evil', url), '.git', name);
            rmSync(path, { force: true });
            writeFileSync(at.path('target'), 'ref: refs/heads/main\n');
            symlinkSync(at.path('target'), path);
            return at.path('evil');
          },
        ] as const,
      ]),
    ),
    'core.worktree somewhere else': [
      'worktree_elsewhere',
      () => configured(`[core]\n\tworktree = ${at.repository('victim')}\n`),
    ],
    'core.worktree in the worktree configuration': [
      'worktree_elsewhere',
      () => {
        const clone = configured(
          '[core]\n\trepositoryformatversion = 1\n[extensions]\n\tworktreeConfig = true\n',
        );
        writeFileSync(join(clone, '.git/config.worktree'), '[core]\n\tworktree = /\n');
        return clone;
      },
    ],
    'core.bare beside files': ['repository_bare', () => configured('[core]\n\tbare = true\n')],
    'an extension nobody knows': ['repository_format', () => configured('[extensions]\n\tfuture = 1\n')],
    'refs in a format that is not files': [
      'repository_format',
      () => configured('[extensions]\n\trefStorage = reftable\n'),
    ],
    'HEAD that names nothing': [
      'repository_format',
      () => (writeFileSync(join(at.repository('shop', url), '.git/HEAD'), 'hello\n'), at.path('shop')),
    ],
    'a branch whose commit is missing': [
      'repository_format',
      () => {
        writeFileSync(join(at.repository('shop', url), '.git/refs/heads/main'), `${'1'.repeat(40)}\n`);
        return at.path('shop');
      },
    ],
  };

  test.each(Object.entries(cases))('%s', async (_name, [code, arrange]) => {
    expect(await codeOf(identifyRepository(arrange(), registered()))).toBe(code);
  });

  test("another user's repository", async () => {
    const clone = at.repository('shop', url);
    expect(await codeOf(identifyRepository(clone, {}, { owner: uid + 1 }))).toBe('repository_owner');
    expect((await identifyRepository(clone, {}, { owner: uid })).remote).toBe(shop);
  });

  test('a folder that is replaced meanwhile', async () => {
    const clone = at.repository('shop', url);
    const worktree = await findWorktree(clone, uid);
    assertSameWorktree(worktree);
    renameSync(clone, at.path('away'));
    at.repository('shop', url);
    expect(await codeOf((async () => assertSameWorktree(worktree))())).toBe('worktree_replaced');
  });

  test('an object that is not what its name says', async () => {
    const clone = at.repository('shop', url);
    const id = at.git(clone, 'rev-parse', 'HEAD');
    at.git(clone, 'commit', '--quiet', '--allow-empty', '--message=forged');
    const forged = at.git(clone, 'rev-parse', 'HEAD');
    const file = (commit: string) => join(clone, '.git/objects', commit.slice(0, 2), commit.slice(2));
    rmSync(file(id));
    renameSync(file(forged), file(id));
    writeFileSync(join(clone, '.git/HEAD'), `${id}\n`);
    // git itself does not notice: it prints the forged commit under the genuine name.
    expect(at.git(clone, 'cat-file', 'commit', id)).toContain('forged');
    expect(await codeOf(identifyRepository(clone, {}))).toBe('repository_format');
  });

  function borrow(dotGit: string): string {
    mkdirSync(at.path('evil'));
    writeFileSync(at.path('evil/.git'), dotGit);
    return at.path('evil');
  }

  function configured(text: string): string {
    const clone = at.repository('shop', url);
    writeFileSync(join(clone, '.git/config'), `${text}[remote "origin"]\n\turl = ${url}\n`);
    return clone;
  }
});

test('leaves nothing behind, whether it ends well or not', async () => {
  const clone = at.repository('shop', url);
  mkdirSync(at.path('tmp'));
  vi.stubEnv('TMPDIR', at.path('tmp'));
  try {
    await identifyRepository(clone, registered());
    writeFileSync(join(clone, '.git/refs/heads/main'), `${'1'.repeat(40)}\n`);
    expect(await codeOf(identifyRepository(clone, registered()))).toBe('repository_format');
  } finally {
    vi.unstubAllEnvs();
  }
  expect(readdirSync(at.path('tmp'))).toEqual([]);
});

test('errors carry their place', async () => {
  const clone = at.repository('shop', url);
  at.git(clone, 'config', 'core.worktree', '/');
  const error = await identifyRepository(clone, {}).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WritError);
  const { place } = error as WritError;
  expect(place?.file).toBe(join(clone, '.git/config'));
  const lines = at.git(clone, 'config', '--file', '.git/config', '--list').split('\n');
  expect(lines).toContain('core.worktree=/');
  expect(place?.line).toBeGreaterThan(1);
});
