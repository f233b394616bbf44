/**
 * Commits and refs of a repository, read through a private git directory of Writ's own making: its refs and
 * objects are the repository's, its configuration is not. So nothing in the clone's configuration (aliases,
 * hooks, fsmonitor, filters, helpers, includes) is ever seen by the git that looks. Grafts, replacement
 * objects and the commit graph, which could tell another history, are left out.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { last, type Setting } from './configuration.ts';
import { fault } from './faults.ts';
import { runProgram, type Outcome } from './run-program.ts';
import { readSmallFile } from './small-file.ts';
import type { Worktree } from './worktree.ts';

export interface Commit {
  readonly id: string;
  /** The commit object, verified to hash to its id. */
  readonly content: Buffer;
}

export interface History extends AsyncDisposable {
  readonly branch: string | null;
  readonly shallow: boolean;
  /** Object directories that the repository borrows from. */
  readonly alternates: readonly string[];
  /** Null before the first commit. */
  head(): Promise<Commit | null>;
  /** Refs below a prefix and the commits that they name. */
  refs(prefix: string): Promise<readonly { readonly name: string; readonly id: string }[]>;
  isContained(commit: string, tips: readonly string[]): Promise<boolean>;
}

const maxCommitBytes = 1024 * 1024;
const knownExtensions =
  /^(noop|preciousobjects|partialclone|worktreeconfig|objectformat|compatobjectformat|refstorage|relativeworktrees)$/;

/** @throws WritError<RepositoryErrorCode> */
export async function openHistory(
  git: string,
  worktree: Worktree,
  settings: readonly Setting[],
): Promise<History> {
  const hash = objectFormat(settings);
  const headText = (await readSmallFile(join(worktree.gitDirectory, 'HEAD'), 8192))?.toString('utf8') ?? '';
  const reference = /^ref:\s*(refs\/[^\s\p{Cc}]+)\s*$/u.exec(headText)?.[1];
  const detached = /^[0-9a-f]{40}([0-9a-f]{24})?\n?$/.test(headText);
  if (reference === undefined && !detached) {
    throw fault('repository_format', `${worktree.gitDirectory}/HEAD names neither a branch nor a commit`);
  }
  const objects = join(worktree.commonDirectory, 'objects');
  const alternates = await readSmallFile(join(objects, 'info', 'alternates'), 65_536);
  const shallow = await readSmallFile(join(worktree.commonDirectory, 'shallow'), 16 * 1024 * 1024);

  const directory = await mkdtemp(join(tmpdir(), 'writ-identify-'));
  const dispose = () => rm(directory, { recursive: true, force: true });
  try {
    await writeFile(join(directory, 'config'), privateConfiguration(hash));
    await writeFile(join(directory, 'HEAD'), reference === undefined ? headText : `ref: ${reference}\n`);
    if (shallow !== null) await writeFile(join(directory, 'shallow'), shallow);
    for (const name of ['refs', 'packed-refs']) {
      await symlink(join(worktree.commonDirectory, name), join(directory, name));
    }
  } catch (error) {
    await dispose();
    throw error;
  }

  const run = (args: readonly string[], input = ''): Promise<Outcome> =>
    runProgram(git, args, {
      cwd: directory,
      environment: { ...guarded, GIT_DIR: directory, GIT_OBJECT_DIRECTORY: objects },
      input: Buffer.from(input),
    });

  const head = async (): Promise<Commit | null> => {
    const about = await expectSuccess(run(['cat-file', '--batch-check'], 'HEAD\n'));
    const [id = '', kind, size] = about.toString('utf8').trim().split(' ');
    if (kind === 'missing' && reference !== undefined && id === 'HEAD') {
      if (await namesNothing(run, reference)) return null;
      throw fault('repository_format', 'the commit that HEAD names is not in the repository');
    }
    if (kind !== 'commit' || Number(size) > maxCommitBytes) {
      throw fault('repository_format', 'HEAD names no commit that can be read');
    }
    const content = await expectSuccess(run(['cat-file', 'commit', id]));
    const digest = createHash(hash).update(`commit ${content.length}\0`).update(content).digest('hex');
    if (digest !== id) {
      throw fault('repository_format', `the object stored as commit ${id} is another one`, {
        hint: 'The repository is damaged or forged; make a fresh clone',
      });
    }
    return { id, content };
  };

  return {
    branch: /^refs\/heads\/(.+)$/.exec(reference ?? '')?.[1] ?? null,
    shallow: shallow !== null && shallow.length > 0,
    alternates:
      alternates
        ?.toString('utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')) ?? [],
    head,
    async refs(prefix) {
      const listed = await expectSuccess(run(['for-each-ref', '--format=%(objectname) %(refname)', prefix]));
      return listed
        .toString('utf8')
        .split('\n')
        .flatMap((line) => {
          const [, id, name] = /^([0-9a-f]+) (.+)$/.exec(line) ?? [];
          return id === undefined || name === undefined ? [] : [{ id, name }];
        });
    },
    async isContained(commit, tips) {
      if (tips.includes(commit)) return true;
      const asked = `${commit}\n${tips.map((tip) => `^${tip}\n`).join('')}`;
      const { code, stdout } = await run(['rev-list', '--max-count=1', '--stdin'], asked);
      return code === 0 && stdout.length === 0;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

const guarded = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: '',
};

function privateConfiguration(hash: 'sha1' | 'sha256'): string {
  const extension = hash === 'sha256' ? '[extensions]\n\tobjectFormat = sha256\n' : '';
  return `[core]
\trepositoryFormatVersion = ${hash === 'sha256' ? 1 : 0}
\tbare = true
\tcommitGraph = false
\tmultiPackIndex = false
\thooksPath = /dev/null
[protocol]
\tallow = never
${extension}`;
}

function objectFormat(settings: readonly Setting[]): 'sha1' | 'sha256' {
  for (const { key, value, place } of settings) {
    const extension = /^extensions\.(.*)$/s.exec(key)?.[1];
    const known = extension === undefined || knownExtensions.test(extension);
    if (!known || (extension === 'refstorage' && value !== 'files')) {
      throw fault(
        'repository_format',
        `${place.file}:${place.line} asks for a format that Writ cannot read`,
        { place },
      );
    }
  }
  const format = last(settings, 'extensions.objectformat')?.value ?? 'sha1';
  if (format === 'sha1' || format === 'sha256') return format;
  throw fault('repository_format', 'the repository uses an object format that Writ cannot read');
}

async function namesNothing(
  run: (args: readonly string[]) => Promise<Outcome>,
  ref: string,
): Promise<boolean> {
  return (await run(['rev-parse', '--verify', '--quiet', ref])).code !== 0;
}

async function expectSuccess(running: Promise<Outcome>): Promise<Buffer> {
  const { code, stdout } = await running;
  // git's own words may quote hostile text, so they are not repeated.
  if (code !== 0)
    throw fault('git_failed', 'git cannot read the repository', { hint: 'See why with: git fsck' });
  return stdout;
}
