/**
 * Commits and refs of a repository, read through a private git directory of Writ's own making: its refs and
 * objects are the repository's, its configuration is not. So nothing in the clone's configuration (aliases,
 * hooks, fsmonitor, filters, helpers, includes) is ever seen by the git that looks. Grafts, replacement
 * objects and the commit graph, which could tell another history, are left out.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { last, type Setting } from './configuration.ts';
import { fault } from './faults.ts';
import { readLooseCommit } from './loose-object.ts';
import { Memory } from './memory.ts';
import { readRef, readRefs, type Ref } from './refs.ts';
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
  refs(prefix: string): Promise<readonly Ref[]>;
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

  let directory: Promise<string> | null = null;
  const run = async (args: readonly string[], input = ''): Promise<Outcome> => {
    directory ??= privateDirectory(
      worktree,
      hash,
      reference === undefined ? headText : `ref: ${reference}\n`,
      shallow,
    );
    const cwd = await directory;
    return runProgram(git, args, {
      cwd,
      environment: { ...guarded, GIT_DIR: cwd, GIT_OBJECT_DIRECTORY: objects },
      input: Buffer.from(input),
    });
  };
  const repository = [
    worktree.commonDirectory,
    identityOf(worktree.commonDirectory),
    String(alternates),
    digestOf(shallow),
  ];

  const head = async (): Promise<Commit | null> => {
    const named =
      reference === undefined ? headText.trim() : await readRef(worktree.commonDirectory, reference);
    if (named === 'none') return null;
    const known = named === null ? null : await knownCommit(named);
    return known ?? askForHead();
  };

  /** Without asking git. Whatever looks odd is for git to judge. */
  const knownCommit = async (id: string): Promise<Commit | null> => {
    const loose = await readLooseCommit(objects, id, maxCommitBytes);
    if (loose !== null && idOf(hash, loose) === id) return { id, content: loose };
    const packed = packedBefore.get(JSON.stringify([...repository, stateOf(join(objects, 'pack')), id]));
    return packed === undefined ? null : { id, content: packed };
  };

  const askForHead = async (): Promise<Commit | null> => {
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
    if (idOf(hash, content) !== id) {
      throw fault('repository_format', `the object stored as commit ${id} is another one`, {
        hint: 'The repository is damaged or forged; make a fresh clone',
      });
    }
    packedBefore.keep(JSON.stringify([...repository, stateOf(join(objects, 'pack')), id]), content);
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
      const read = await readRefs(worktree.commonDirectory, prefix);
      if (read !== null) return read;
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
      const key = JSON.stringify([...repository, commit, ...tips]);
      const before = containedBefore.get(key);
      if (before !== undefined) return before;
      const asked = `${commit}\n${tips.map((tip) => `^${tip}\n`).join('')}`;
      const { code, stdout } = await run(['rev-list', '--max-count=1', '--stdin'], asked);
      // What git could tell is a fact about commits, which do not change; what it could not, it may next time.
      if (code === 0) containedBefore.keep(key, stdout.length === 0);
      return code === 0 && stdout.length === 0;
    },
    async [Symbol.asyncDispose]() {
      if (directory !== null) await rm(await directory, { recursive: true, force: true });
    },
  };
}

/** Commits that lie in packs, verified, for as long as the packs are the same. */
const packedBefore = new Memory<Buffer>(64);
const containedBefore = new Memory<boolean>(256);

async function privateDirectory(
  worktree: Worktree,
  hash: 'sha1' | 'sha256',
  head: string,
  shallow: Buffer | null,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'writ-identify-'));
  try {
    await writeFile(join(directory, 'config'), privateConfiguration(hash));
    await writeFile(join(directory, 'HEAD'), head);
    if (shallow !== null) await writeFile(join(directory, 'shallow'), shallow);
    for (const name of ['refs', 'packed-refs']) {
      await symlink(join(worktree.commonDirectory, name), join(directory, name));
    }
    return directory;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** The id of a commit (git-hash-object(1)). */
function idOf(hash: 'sha1' | 'sha256', content: Buffer): string {
  return createHash(hash).update(`commit ${content.length}\0`).update(content).digest('hex');
}

function identityOf(folder: string): string {
  const { dev, ino } = statSync(folder, { bigint: true });
  return `${dev}:${ino}`;
}

/** Changes with every entry that comes or goes. */
function stateOf(folder: string): string {
  const found = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? '' : `${found.dev}:${found.ino}:${found.mtimeNs}:${found.ctimeNs}`;
}

function digestOf(bytes: Buffer | null): string {
  return bytes === null ? '' : createHash('sha256').update(bytes).digest('base64');
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
