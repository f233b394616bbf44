/**
 * What programs do beside their task, and no analysis speaks of: each with its reason. Everything else that happens
 * has to have been said.
 */
import { posix } from 'node:path';
import type { Operation } from '../../src/core/model/operation.ts';
import type { Deed } from './kernel-trace.ts';

/** Programs, libraries, locales and devices: every program reads them, and policy has nothing to decide. */
const furniture =
  /^\/(usr|lib|lib64|bin|sbin|dev)(\/|$)|^\/etc\/(ld\.so\.\w+|alternatives\/.*|passwd|group|nsswitch\.conf|localtime|inputrc|bash\.bashrc|profile|magic|mime\.types|gai\.conf|host\.conf|resolv\.conf|gitconfig|terminfo\/.*|perl\/.*|python\d?.*)$|^\/proc\/(self|\d+)\/(maps|status|stat|mountinfo|mounts|fd|fdinfo|auxv|cmdline|comm|uid_map|loginuid|task(\/\d+\/(comm|status))?)(\/|$)|^\/proc\/(filesystems|cpuinfo|meminfo|stat|sys\/.*|mounts|version|uptime|loadavg)$|^\/sys\//;

/** Not files: pipes, sockets and what was deleted while open. */
const nameless = /^(pipe|socket|anon_inode|\/memfd)|\(deleted\)$/;

export function isExpected(deed: Deed, operations: readonly Operation[]): boolean {
  if (deed.kind === 'exec') return isHelper(deed);
  if (nameless.test(deed.path) || furniture.test(deed.path)) return true;
  // Globs: the names of files are not followed as an operation, what is done with them is.
  if (deed.kind === 'list' && posix.basename(deed.by.argv[0] ?? '') === 'bash') return true;
  // A directory is opened to find files in it, or to stand in it.
  if (deed.kind !== 'write' && standsIn(deed, operations)) return true;
  if (deed.kind !== 'write' && /^\/(repo|tmp|outside|home|home\/writ)?$/.test(deed.path)) return true;
  return isOnTheWay(deed, operations) || isGits(deed, operations) || isTemporary(deed, operations);
}

/** `find` opens the directory that it starts in, `mkdir -p` and `install -D` each that is there already. */
function standsIn({ path, by }: Extract<Deed, { path: string }>, operations: readonly Operation[]): boolean {
  const program = posix.basename(by.argv[0] ?? '');
  if (program === 'mkdir' || program === 'install') return true;
  return (
    program === 'find' &&
    operations.some(
      (one) =>
        one.kind === 'exec' && one.target === 'find' && (one.cwd === null || inSameFolder(one.cwd, path)),
    )
  );
}

/** The links of the laboratory lead to `src` and the root of the repository. */
function inSameFolder(named: string, real: string): boolean {
  return named === real || (/^\/repo(\/|$)/.test(named) && /^\/(repo(\/src)?|outside)$/.test(real));
}

/** Programs that belong to the one that was named, and do its task. */
function isHelper({ argv, path, by }: Extract<Deed, { kind: 'exec' }>): boolean {
  const parent = posix.basename(by.argv[0] ?? '');
  const name = posix.basename(path);
  if (parent === 'git') return name === 'git' || path.startsWith('/usr/lib/git-core/');
  const compressor = /^(gzip|bzip2|xz|zstd)$/;
  if (parent === 'tar') return compressor.test(name) || (name === 'sh' && compressor.test(argv[2] ?? ''));
  if (parent === 'sh' && by.ancestry.at(-2)?.[0] === 'tar') return compressor.test(name);
  // Scripts of a line or two around the program itself.
  if (/^(zcat|gunzip|zgrep|bzcat|xzcat)$/.test(parent)) return compressor.test(name);
  // A shell that finds no interpreter line runs the file itself.
  return argv.length === 0;
}

/** The store, the index and the work tree are git's own matter: its traits say what it does there. */
function isGits(deed: Deed, operations: readonly Operation[]): boolean {
  if (posix.basename(deed.by.argv[0] ?? '') !== 'git' || deed.kind === 'exec') return false;
  const git = operations.filter((operation) => operation.kind === 'exec' && operation.target === 'git');
  if (git.length === 0) return false;
  if (deed.kind !== 'write')
    return (
      deed.path === '/repo' ||
      deed.path.startsWith('/repo/') ||
      /^\/home\/writ\/\.(gitconfig|config\/git(\/.*)?)$/.test(deed.path)
    );
  const inStore =
    /^\/repo\/\.git(\/(HEAD|ORIG_HEAD|FETCH_HEAD|MERGE_\w+|AUTO_MERGE|COMMIT_EDITMSG|index\.stash\.\d+|REBASE_HEAD|CHERRY_PICK_HEAD|REVERT_HEAD|index|packed-refs|shallow|(objects|refs|logs|rebase-\w+|sequencer|info|worktrees)(\/.*)?)(\.lock)?)?$|\/next-index-\d+\.lock$|\/gc\.pid(\.lock)?$/.test(
      deed.path,
    );
  const configures = git.some(
    (operation) => operation.kind === 'exec' && operation.traits.includes('configures'),
  );
  // Another commit in the work tree: the files are those of the store, and no path is named.
  const replaces = git.some(
    (operation) =>
      operation.kind === 'exec' &&
      /^(checkout|switch|reset|stash|merge|pull|rebase|cherry-pick|revert)$/.test(
        operation.subcommand ?? '',
      ) &&
      operation.traits.includes('writes'),
  );
  if (replaces && deed.path.startsWith('/repo/') && !deed.path.startsWith('/repo/.git/')) return true;
  const lock =
    git.length > 0 &&
    operations.some(({ kind, target }) => kind === 'write' && deed.path === `${target}.lock`);
  return inStore || lock || (configures && /^\/repo\/\.git\/config(\.lock)?$/.test(deed.path));
}

/** A directory made for what was said to be written in it. */
function isOnTheWay(deed: Deed, operations: readonly Operation[]): boolean {
  return (
    deed.kind === 'write' &&
    /^(mkdir|install|cp|tar|git)$/.test(posix.basename(deed.by.argv[0] ?? '')) &&
    operations.some(({ kind, target }) => kind === 'write' && target.startsWith(`${deed.path}/`))
  );
}

/** A file of its own name beside, or in the place for it, that becomes or holds what was said to be written. */
function isTemporary(deed: Deed, operations: readonly Operation[]): boolean {
  if (deed.kind === 'exec') return false;
  const folder = posix.dirname(deed.path);
  const name = posix.basename(deed.path);
  const program = posix.basename(deed.by.argv[0] ?? '');
  // Large sorts, here-documents and the like, removed at the end.
  if (
    /^\/tmp\/(sort\w{6}|tac\w{6}|p[pori]\w{6}|sh-thd\.\w+|tmp\w*\.?\w*|bash\.\w+|\w+\.tmp)$/.test(deed.path)
  )
    return true;
  if (program === 'mktemp')
    return operations.some(
      ({ kind, target }) =>
        kind === 'write' && target.length === deed.path.length && target.startsWith(deed.path.slice(0, -6)),
    );
  const ownNames: Readonly<Record<string, RegExp>> = {
    sed: /^sed\w{6}$/,
    patch: /^p[op]\w{6}$|\.(orig|rej)$/,
    ln: /^Cu\w{6}$/,
    perl: /^\w{8}$/,
  };
  if (ownNames[program]?.test(name) !== true) return false;
  return operations.some(
    (operation) =>
      operation.kind === 'write' &&
      (posix.dirname(operation.target) === folder ||
        (operation.recursive && `${folder}/`.startsWith(`${operation.target}/`)) ||
        operation.pattern),
  );
}
