/**
 * A repository within the repository has settings of its own, which a task can write: it is no part of what is mounted
 * read-only when it is made meanwhile. Once the index has it as a submodule, `git status` outside looks into it and
 * runs what its settings name (core.fsmonitor, filters, hooks). What was armed like that during a session is disarmed.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { lstat, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runProgram, systemProgram } from './run-program.ts';
import { gitlinksOf } from './gitlinks.ts';
import { readSmallFile } from './small-file.ts';

interface Where {
  readonly worktree: string;
  readonly gitDirectory: string;
  readonly commonDirectory: string;
}

/** Files that name programs, by the digest of what they say: it counts also where they were moved. */
export type Armed = ReadonlyMap<string, string>;

const largestSettings = 1024 * 1024;
const suffix = '.writ-disarmed';
const gitlinkMode = Buffer.from([0, 0, 0xe0, 0]);

/** Names no program: what every clone has. Anything else in a submodule's configuration may lead to one. */
const harmless =
  /^(core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|symlinks|precomposeunicode|autocrlf|eol|abbrev|worktree)|user\.(name|email)|remote\..*\.(url|fetch|pushurl|tagopt|prune)|branch\..*\.(remote|merge|rebase)|submodule\..*|init\.defaultbranch|extensions\.objectformat|pull\.rebase|push\.default|gc\..*)$/s;

export async function armedFiles(where: Where): Promise<Armed> {
  const found = new Map<string, string>();
  for (const path of gitlinks(where)) {
    const directories = await directoriesOf(join(where.worktree, path));
    for (const directory of directories.filter((one) => isTasks(one, where))) {
      for (const file of await armedIn(directory)) found.set(file, digestOf(file));
    }
  }
  return found;
}

/** Renames what is armed now and was not before. @returns the files as they were called */
export async function disarm(where: Where, before: Armed): Promise<string[]> {
  const known = new Set(before.values());
  const planted = [...(await armedFiles(where))].filter(([, digest]) => !known.has(digest));
  for (const [file] of planted) await rename(file, `${file}${suffix}`);
  return planted.map(([file]) => file);
}

/** Where a task could write: its own git directory's settings are read-only, and others' files are not in its view. */
function isTasks(directory: string, { worktree, gitDirectory, commonDirectory }: Where): boolean {
  if (directory === gitDirectory || directory === commonDirectory) return false;
  return [worktree, gitDirectory, commonDirectory].some((folder) => directory.startsWith(`${folder}/`));
}

/** On this thread, as the other small files of a git directory: each turn of another costs more than its read. */
function gitlinks({ gitDirectory }: Where): string[] {
  const names = readdirSync(gitDirectory);
  const indexes = names.filter((name) => name === 'index' || name.startsWith('sharedindex.'));
  const found = indexes.flatMap((name) => {
    const index = contentOf(join(gitDirectory, name));
    // The mode of a gitlink: most indexes hold none.
    if (!index.includes(gitlinkMode)) return [];
    return [20, 32].flatMap((hashBytes) => readable(() => gitlinksOf(index, hashBytes)));
  });
  return [...new Set(found)];
}

/** The git directory of a submodule, and the one that it shares settings with. */
async function directoriesOf(submodule: string): Promise<string[]> {
  const dotGit = join(submodule, '.git');
  const pointer = await textOf(dotGit);
  const named = pointer === null ? dotGit : resolve(submodule, pointer.replace(/^gitdir: */, '').trimEnd());
  const common = await textOf(join(named, 'commondir'));
  const candidates = common === null ? [named] : [named, resolve(named, common.trimEnd())];
  const real = await Promise.all(candidates.map((path) => realpath(path).catch(() => null)));
  return [...new Set(real.filter((path) => path !== null))];
}

async function armedIn(directory: string): Promise<string[]> {
  const settings = ['config', 'config.worktree'].map((name) => join(directory, name));
  const armed: string[] = [];
  for (const file of settings) if (await namesPrograms(file)) armed.push(file);
  const hooks = join(directory, 'hooks');
  for (const name of await readdir(hooks).catch(() => [])) {
    const file = join(hooks, name);
    if (!name.includes('.') && (await isExecutableFile(file))) armed.push(file);
  }
  return armed;
}

/** Also where git cannot read it. */
async function namesPrograms(file: string): Promise<boolean> {
  if ((await stat(file).catch(() => null))?.isFile() !== true) return false;
  const git = systemProgram('git');
  if (git === null) return false;
  const { code, stdout } = await runProgram(
    git,
    ['config', '--file', file, '--no-includes', '--name-only', '--null', '--list'],
    { cwd: '/', environment: { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' } },
  );
  const names = stdout.toString('utf8').split('\0').slice(0, -1);
  return code !== 0 || names.some((name) => !harmless.test(name));
}

async function isExecutableFile(file: string): Promise<boolean> {
  const facts = await stat(file).catch(() => null);
  return facts?.isFile() === true && (facts.mode & 0o111) !== 0;
}

/** Null where it is no file. */
async function textOf(file: string): Promise<string | null> {
  if ((await stat(file).catch(() => null))?.isFile() !== true) return null;
  return readSmallFile(file, largestSettings).then(
    (text) => text?.toString('utf8') ?? null,
    () => null,
  );
}

function digestOf(file: string): string {
  return createHash('sha256').update(contentOf(file)).digest('hex');
}

/** Nothing of a pipe, which would be waited for. */
function contentOf(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return fstatSync(file).isFile() ? readFileSync(file) : Buffer.alloc(0);
  } finally {
    closeSync(file);
  }
}

/** The two lengths of object ids are tried: an index does not say which it has. */
function readable(read: () => string[]): string[] {
  try {
    return read();
  } catch {
    return [];
  }
}

/** Those that were there. */
export async function removeAll(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if ((await lstat(path).catch(() => null)) === null) continue;
    await rm(path, { recursive: true, force: true });
    found.push(path);
  }
  return found;
}
