/** Which of the files in view are programs of the profile's tools, of those tools' insides, or of the repository. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bareName } from '../../core/model/bare-name.ts';
import type { Profile, Organisation } from '../../core/policy/organisation.ts';
import { isBelow } from '../sandbox/view.ts';

/** What the sandbox of one session shows. */
export interface ProgramView {
  /** Folders in which commands are looked up, in order. */
  readonly searchPath: readonly string[];
  /** Another one when programs were installed or removed since. */
  readonly installed: string;
  /** Installations brought into view beside the system's, such as Node's: all in them belongs together. */
  readonly toolchains: readonly string[];
}

export type Program =
  /** One of the profile's tools, under these names. */
  | { readonly kind: 'tool'; readonly names: readonly string[] }
  /** In a folder of some tool's own programs. */
  | { readonly kind: 'inner' }
  /** Writ's own, or brought by it. */
  | { readonly kind: 'writ' }
  /** Where a task can write: the repository, what it built, temporary files. */
  | { readonly kind: 'repository' }
  /** Of the system, and none of the above. */
  | { readonly kind: 'system' };

/** Where the system keeps programs that other programs start. */
export const innerFolders = [
  '/usr/lib',
  '/usr/lib32',
  '/usr/lib64',
  '/usr/libx32',
  '/usr/libexec',
  '/usr/share',
];
const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc'];
const writFolder = '/run/writ';

/** Real paths of the tools' programs, each with the names that lead to it. */
export type ToolFiles = ReadonlyMap<string, readonly string[]>;

export function findToolFiles(
  { bundles }: Pick<Organisation, 'bundles'>,
  profile: Pick<Profile, 'tools'>,
  searchPath: readonly string[],
): ToolFiles {
  const wanted = new Set(profile.tools.flatMap((bundle) => bundles[bundle] ?? []));
  const found = new Map<string, string[]>();
  for (const folder of searchPath) {
    for (const name of list(folder)) {
      if (!wanted.has(name) && !wanted.has(bareName(name) ?? name)) continue;
      const real = realPath(join(folder, name));
      if (real === null) continue;
      const names = found.get(real) ?? [];
      if (!names.includes(name)) found.set(real, [...names, name]);
    }
  }
  return found;
}

/** Where Debian keeps which of several programs a name leads to. */
const alternatives = '/etc/alternatives';

/** When something was last added to or removed from where commands are looked up. */
export function installationState(searchPath: readonly string[]): string {
  return [...searchPath, alternatives]
    .map((folder) => statSync(folder, { throwIfNoEntry: false, bigint: true })?.mtimeNs ?? 0n)
    .join(' ');
}

const namesOf = new WeakMap<ToolFiles, ReadonlySet<string>>();

/** All names that lead to some tool. */
export function toolNames(tools: ToolFiles): ReadonlySet<string> {
  const names = namesOf.get(tools) ?? new Set([...tools.values()].flat());
  namesOf.set(tools, names);
  return names;
}

export function classify(path: string, tools: ToolFiles, { toolchains }: ProgramView): Program {
  const names = tools.get(path);
  if (names !== undefined) return { kind: 'tool', names };
  if (isBelow(path, writFolder)) return { kind: 'writ' };
  if (toolchains.some((folder) => path === folder || isBelow(path, folder))) return { kind: 'inner' };
  if (innerFolders.some((folder) => isBelow(path, folder))) return { kind: 'inner' };
  return { kind: systemFolders.some((folder) => isBelow(path, folder)) ? 'system' : 'repository' };
}

/** Compilers and virtual machines whose folders have another name than their programs. */
const families: readonly (readonly [folder: RegExp, starters: RegExp])[] = [
  [/^gcc(-cross)?$/, /(^|-)(cc|c\+\+|gcc|g\+\+|cpp|gfortran|c[89]9)(-\d+)?$/],
  [/^llvm/, /^(clang|clang\+\+|clangd|lld|ld\.lld|cc|c\+\+)(-\d+)?$/],
  [/^jvm$/, /^(java|javac|mvn|gradle|gradlew|kotlin|scala|sbt|ant)/],
  [/^rustlib$/, /^(rustc|cargo|clippy-driver)$/],
  [/^(nodejs|node_modules)$/, /^(node|nodejs|npm|npx|yarn|pnpm|corepack)$/],
  [/^python3?$/, /^(python|pip|pytest)/],
];

/**
 * Whether a program in a folder of inner programs belongs to one of those that led to it: cc1 to gcc, `compile` to go.
 * @param names of the programs that led to it
 */
export function belongsTo(path: string, names: readonly string[], { toolchains }: ProgramView): boolean {
  if (toolchains.some((folder) => path === folder || isBelow(path, folder))) return true;
  const folders = path.split('/').slice(3, -1);
  return folders.some((folder) =>
    names.some(
      (name) =>
        folder === name ||
        (folder.startsWith(name) && /^[\d.-]/.test(folder.slice(name.length))) ||
        families.some(([pattern, starters]) => pattern.test(folder) && starters.test(name)),
    ),
  );
}

/** git-X in git's own folder is `git X`, whoever starts it. */
export function gitSubcommand(path: string): string | null {
  return /^\/usr\/(?:lib|libexec)\/git-core\/git(?:-([a-z0-9-]+))?$/.exec(path)?.[1] ?? null;
}

/** A program that is another one for each name that it is started by. */
export function isMultiCall(path: string): boolean {
  return /^(busybox|toybox|coreutils)(-static)?$/.test(basename(path));
}

/** Starts whatever file it is given, without an execve of it. */
export function isLoader(path: string): boolean {
  return (
    /^(ld-linux|ld-musl|ld64|ld)[-\w.]*\.so(\.\d+)*$/.test(basename(path)) ||
    /^ld-\d+\.\d+\.so$/.test(basename(path))
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
