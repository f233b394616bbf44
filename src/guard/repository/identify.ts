/** Which repository a directory belongs to, at which commit, and how far that was proven. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { WritError } from '../../core/model/errors.ts';
import type { RepositoryIdentity, RepositoryProof } from '../../core/model/writ.ts';
import { checkSignature } from './commit-signature.ts';
import { isTrue, last, readConfiguration, type Configuration } from './configuration.ts';
import { fault } from './faults.ts';
import { openHistory, type Commit, type History } from './history.ts';
import { matchesRef } from './ref-pattern.ts';
import { chooseRemote, fetchesPlainly, redirection, type Remote } from './remotes.ts';
import { systemProgram } from './run-program.ts';
import { assertSameWorktree, findWorktree, isSameFile, superproject, type Worktree } from './worktree.ts';

/** What is registered about a repository, as far as proofs need it. */
interface RegisteredRepository {
  /** Branch patterns: `*` stands for anything but `/`, `**` for anything. */
  readonly refs: readonly string[];
  /** SSH public keys, as lines of a `.pub` file, that may sign its commits. */
  readonly signers: readonly string[];
}

/** By canonical remote. */
export type RegisteredRepositories = Readonly<Record<string, RegisteredRepository>>;

export interface IdentifyOptions {
  /** Name of the remote that tells the identity, instead of `origin`. */
  readonly remote?: string;
  /** A commit that HEAD must be, or descend from, for `continues`. */
  readonly since?: string | null;
  /** User id that must own the worktree and its git directories; by default that of this process. */
  readonly owner?: number;
}

export interface IdentifiedRepository extends RepositoryIdentity {
  /** Real path of this worktree's git directory. */
  readonly gitDirectory: string;
  /** Real path of the git directory with objects and refs; another one only for linked worktrees. */
  readonly commonDirectory: string;
  /** The directory that was asked about, relative to the worktree; empty for its root. */
  readonly subdirectory: string;
  /** HEAD is the commit that was asked about, or descends from it; true where none was. */
  readonly continues: boolean;
  /** Root of the worktree that holds this one as a submodule. */
  readonly superproject: string | null;
  /**
   * Of its server as the clone's configuration writes them; each means `remote`. A function, because one may hold
   * somebody's login, which must not be written wherever an identity is.
   */
  readonly addresses: () => readonly string[];
}

/**
 * Proofs, each with what it leaves open:
 *
 * - `claimed`: the clone's configuration names the remote, without contradicting itself. Anybody can write that.
 * - `fetched-ref`: moreover HEAD is reachable from a remote-tracking branch whose name is allowed, of a remote
 *   that fetches each branch under its own name, with no setting that redirects its connections. It tells work
 *   that came from the server from work that did not, as long as nobody forges: whoever can write to the clone
 *   can write such a ref, and neither reflog nor FETCH_HEAD would show it.
 * - `signed-commit`: moreover HEAD's bytes hash to its id and carry an SSH signature of an allowed signer. It
 *   cannot be forged without the key. It says nothing about uncommitted files, and a commit does not name its
 *   repository: list a key only for the repositories whose content it may vouch for.
 *
 * @throws WritError<RepositoryErrorCode> when the directory has no identity, or one that contradicts itself
 */
export async function identifyRepository(
  directory: string,
  registered: RegisteredRepositories,
  options: IdentifyOptions = {},
): Promise<IdentifiedRepository> {
  const git = systemProgram('git');
  if (git === null)
    throw fault('git_missing', 'git is not installed', { hint: 'Install it: apt-get install git' });
  const worktree = await findWorktree(directory, options.owner ?? process.getuid?.() ?? 0);
  const configuration = await readConfiguration(git, worktree);
  assertWorksHere(worktree, configuration);
  const remote = remoteOrFolder(configuration, options.remote ?? null, worktree.commonDirectory);
  const outer = worktree.kind === 'separate' ? superproject(worktree.root) : null;

  await using history = await openHistory(git, worktree, configuration.settings);
  const head = await history.head();
  const finding = await prove(history, head, remote, registered[remote.canonical] ?? null, configuration);
  const { since = null } = options;
  const continues =
    since === null || since === head?.id || (head !== null && (await history.isContained(since, [head.id])));
  assertSameWorktree(worktree);

  return {
    remote: remote.canonical,
    commit: head?.id ?? null,
    branch: history.branch,
    worktree: worktree.root,
    worktreeId: worktree.id,
    proof: finding.proof,
    proven: sentence(finding, [
      ...(outer === null ? [] : [`a submodule in ${outer}`]),
      ...(history.shallow ? ['the clone is shallow'] : []),
      ...history.alternates.slice(0, 3).map((path) => `it borrows objects from ${shown(path)}`),
      ...configuration.unread
        .slice(0, 3)
        .map((path) => `its configuration includes ${shown(path)}, which was not read`),
      ...remote.others.slice(0, 3).map((other) => `its remote ${shown(other)}`),
    ]),
    gitDirectory: worktree.gitDirectory,
    commonDirectory: worktree.commonDirectory,
    subdirectory: worktree.subdirectory,
    continues,
    superproject: outer,
    addresses: () => remote.addresses,
  };
}

/**
 * A clone of no server is known by its folder: by the git directory's path and inode, so that a folder
 * elsewhere, or another one put in its place, is another repository.
 */
function remoteOrFolder({ settings }: Configuration, wanted: string | null, commonDirectory: string): Remote {
  try {
    return chooseRemote(settings, wanted);
  } catch (error) {
    const none = !settings.some(({ key }) => /^remote\..+\.url$/s.test(key));
    const local = error instanceof WritError && (error.code === 'remote_local' || none);
    if (wanted !== null || !local) throw error;
    const { ino } = statSync(commonDirectory, { bigint: true });
    const named = basename(commonDirectory) === '.git' ? dirname(commonDirectory) : commonDirectory;
    const slug = basename(named)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 40);
    const digest = createHash('sha256').update(`${commonDirectory}\0${ino}`).digest('hex').slice(0, 16);
    const canonical = `localhost/${slug || 'repository'}-${digest}`;
    return { name: null, canonical, addresses: [], others: [] };
  }
}

interface Finding {
  readonly proof: RepositoryProof;
  readonly how: string;
  /** Why it is not more. */
  readonly short: string | null;
}

async function prove(
  history: History,
  head: Commit | null,
  remote: Remote,
  registered: RegisteredRepository | null,
  configuration: Configuration,
): Promise<Finding> {
  const claim =
    remote.name === null
      ? 'this is a clone of no server, known by its folder and nothing else'
      : `only the clone's own configuration says that this is ${remote.canonical}`;
  const claimed = (short: string | null): Finding => ({ proof: 'claimed', how: claim, short });
  if (registered === null) return claimed('no such repository is registered');
  if (head === null) return claimed('there is no commit yet');

  let unsigned: string | null = null;
  if (registered.signers.length > 0) {
    const check = checkSignature(head.content, registered.signers);
    if (check.good) {
      const how = `HEAD is signed by ${check.fingerprint}, an allowed signer of ${remote.canonical}`;
      return { proof: 'signed-commit', how, short: null };
    }
    unsigned = `of HEAD, ${check.why}`;
  }
  if (remote.name === null) return claimed(unsigned);
  const redirected = redirection(configuration.settings, remote.name);
  if (redirected !== null) {
    const { file, line } = redirected.place;
    return claimed(`${file}:${line} redirects the connections of ${remote.name}`);
  }
  if (!fetchesPlainly(configuration.settings, remote.name)) {
    return claimed(`${remote.name} does not fetch branches under their own names`);
  }
  const prefix = `refs/remotes/${remote.name}/`;
  const refs = (await history.refs(prefix)).filter(({ name }) => {
    const branch = name.slice(prefix.length);
    return branch !== 'HEAD' && registered.refs.some((pattern) => matchesRef(pattern, branch));
  });
  const tips = [...new Set(refs.map(({ id }) => id))];
  if (tips.length === 0 || !(await history.isContained(head.id, tips))) {
    return claimed(unsigned ?? `HEAD is in no allowed branch that was fetched from ${remote.name}`);
  }
  const named = refs.find(({ id }) => id === head.id)?.name ?? `an allowed branch of ${prefix.slice(0, -1)}`;
  const how = `HEAD is contained in ${named}, fetched from ${remote.canonical} as far as the clone itself can tell`;
  return { proof: 'fetched-ref', how, short: unsigned };
}

/** @throws WritError `repository_bare`, `worktree_elsewhere`, `git_directory_foreign` */
function assertWorksHere(worktree: Worktree, { settings }: Configuration): void {
  const own = settings.filter(({ included }) => !included);
  // git heeds these two in a linked worktree only where worktrees have configurations of their own.
  if (worktree.kind === 'linked' && !isTrue(last(own, 'extensions.worktreeconfig'))) return;
  const elsewhere = last(own, 'core.worktree');
  if (elsewhere !== null) {
    const { file, line } = elsewhere.place;
    const target = resolve(worktree.gitDirectory, elsewhere.value ?? '');
    if (!isSameFile(target, worktree.root)) {
      throw fault('worktree_elsewhere', `${file}:${line} says that the worktree is ${target}`, {
        place: elsewhere.place,
      });
    }
  } else if (worktree.kind === 'separate') {
    throw fault(
      'git_directory_foreign',
      `${join(worktree.root, '.git')} leads to ${worktree.gitDirectory}, which does not lead back here`,
      {
        hint: `If it is yours: git --git-dir ${worktree.gitDirectory} config core.worktree ${worktree.root}`,
      },
    );
  }
  if (worktree.kind === 'main' && isTrue(last(own, 'core.bare'))) {
    throw fault('repository_bare', `${dirname(worktree.gitDirectory)} holds a bare repository`, {
      hint: 'Work in a clone or a linked worktree: git worktree add DIR',
    });
  }
}

function sentence({ how, short }: Finding, notes: readonly string[]): string {
  const text = [how, ...(short === null ? [] : [short]), ...notes].join('; ');
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`;
}

/** Text out of the clone, fit to stand in a sentence that people read on a terminal. */
function shown(text: string): string {
  return text.slice(0, 120).replace(/[\p{C}\p{Z}]+/gu, ' ');
}
