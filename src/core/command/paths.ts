/** Paths as the command sees them: made absolute by their text alone, and where on the machine they lie. */
import type { Area, PathOperation, Sensitivity } from '../model/operation.ts';
import { credentialFiles, credentialStoreOf, sensitivityOf, sensitivityOrder, sensitiveExamples } from './sensitive-paths.ts';

export interface Place {
  /** Root of the repository. */
  readonly repository: string;
  readonly home: string;
}

export interface Classified extends Pick<PathOperation, 'area' | 'sensitivity'> {
  /** The credential store that the path is part of. */
  readonly credential: string | null;
}

/**
 * Absolute and normalised. `/proc/self/root` and `/proc/self/cwd` are followed; symbolic links cannot be
 * seen here.
 */
export function resolvePath(path: string, cwd: string): string {
  const segments: string[] = [];
  if (!path.startsWith('/')) push(segments, cwd, cwd);
  push(segments, path, cwd);
  return `/${segments.join('/')}`;
}

function push(segments: string[], path: string, cwd: string): void {
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      segments.pop();
      continue;
    }
    segments.push(segment);
    if (segments[0] !== 'proc' || segments.length < 3 || segments.length > 5) continue;
    const link = /^proc\/(?:self|thread-self)\/(?:task\/[^/]+\/)?(root|cwd)$/.exec(segments.join('/'));
    if (link === null) continue;
    segments.length = 0;
    if (link[1] === 'cwd') segments.push(...cwd.split('/').filter((part) => part !== ''));
  }
}

/** Streams and sinks that are no files. */
const harmless = /^\/dev\/(null|zero|full|u?random|tty|std(in|out|err)|fd\/\d+)$|^\/proc\/self\/fd\/[012]$/;

export function isHarmless(path: string): boolean {
  return path.startsWith('/dev/') || path.startsWith('/proc/') ? harmless.test(path) : false;
}

export function isWithin(path: string, root: string): boolean {
  return path === root || (path.startsWith(root) && (root.endsWith('/') || path[root.length] === '/'));
}

/** Where an absolute, normalised path lies. */
export function classifyPath(path: string, place: Place): Classified {
  const shown = fold(path);
  const credential = credentialStoreOf(shown, fold(place.home));
  if (isWithin(path, place.repository) && place.repository !== '/') {
    const inside = shown.slice(fold(place.repository).length).replace(/^\/+/, '');
    return { area: 'repository', sensitivity: sensitivityOf(inside), credential };
  }
  if (credential !== null) return { area: 'credential-store', sensitivity: null, credential };
  const area = areaOf(shown, place);
  return { area, sensitivity: area === 'guard' ? 'governance' : sensitivityOf(shown.slice(1)), credential };
}

function areaOf(path: string, place: Place): Area {
  if (isWriteGuarded(path)) return 'guard';
  if (path === '/' || path === '/proc' || path.startsWith('/proc/')) return path === '/' ? 'outside' : isHarmless(path) ? 'temporary' : 'process';
  if (path === '/dev' || path.startsWith('/dev/')) {
    return isHarmless(path) || isWithin(path, '/dev/shm') ? 'temporary' : 'device';
  }
  if (isWithin(path, fold(place.home))) return 'temporary';
  if (isWithin(path, '/tmp') || isWithin(path, '/var/tmp')) return 'temporary';
  if (/^\/(home|users|root)(\/|$)/.test(path)) return 'home';
  if (/^\/(usr|bin|sbin|lib|lib32|lib64|libx32|opt|nix|snap)(\/|$)/.test(path)) return 'toolchain';
  if (path === '/etc' || path.startsWith('/etc/')) return /^\/etc(\/|$)/.test(path) && systemFiles.test(path) ? 'system' : 'toolchain';
  if (/^\/(boot|sys|run|efi)(\/|$)|^\/var\/(run|log|lib|spool|cache|db)(\/|$)/.test(path)) return 'system';
  return 'outside';
}

const systemFiles =
  /^\/etc\/(g?shadow|sudoers|ssh|ssl\/private|pam\.d|security|cron|crontab|systemd|init|rc\d?\.|modprobe|udev|polkit|krb5|ipsec|wireguard|openvpn|network|networkmanager|letsencrypt|ld\.so\.preload|docker|kubernetes|audit|apparmor|selinux|opasswd|dbus|grub|passwd-|group-|machine-id|at\.|profile|bash\.bashrc|environment$|subuid|subgid|fstab|hosts\.(allow|deny)|rsyncd\.secrets)/;

function isWriteGuarded(path: string): boolean {
  return /(^|\/)(\.writ|\.config\/writ|\.local\/(share|state)\/writ)(\/|$)|^\/(run|var\/run|var\/lib|etc)\/writ(\/|$)|^\/run\/user\/\d+\/writ(\/|$)/.test(path);
}

/**
 * What other letters make look alike, or a case-blind file system takes for the same: one lower-case form.
 * For classification only, never for the target.
 */
export function fold(path: string): string {
  for (let at = 0; at < path.length; at += 1) {
    const code = path.charCodeAt(at);
    if (code > 126 || (code >= 65 && code <= 90) || code < 32) return foldSlowly(path);
  }
  return path;
}

function foldSlowly(path: string): string {
  return path
    .normalize('NFKC')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, '')
    .toLowerCase()
    .replace(/[аеорсухіјѕԁɡοαιν]/gu, (letter) => lookAlikes[letter] ?? letter);
}

const lookAlikes: Readonly<Record<string, string>> = {
  а: 'a', е: 'e', о: 'o', р: 'p', с: 'c', у: 'y', х: 'x', і: 'i', ј: 'j', ѕ: 's', ԁ: 'd', ɡ: 'g', ο: 'o', α: 'a', ι: 'i', ν: 'v',
};

const wild = /[*?[]/;

/**
 * A glob: the worst of what it may match among the files that matter; null where it may lie anywhere.
 * `absolute` has been made absolute and normalised with its wildcards in place.
 */
export function classifyPattern(absolute: string, place: Place): Classified | null {
  const segments = absolute.split('/');
  // `.*` and `.?` may match `..` in shells older than Bash 5.2.
  if (segments.some((segment) => wild.test(segment) && /^[.*?[]/.test(segment) && segment !== '*' && matches(segment, '..'))) return null;
  const firstWild = segments.findIndex((segment) => wild.test(segment));
  const base = segments.slice(0, firstWild).join('/') || '/';
  const at = classifyPath(base, place);
  const rank = (value: Sensitivity | null): number => (value === null ? sensitivityOrder.length : sensitivityOrder.indexOf(value));
  let worst: Classified = { ...at, credential: at.credential };
  for (const example of credentialFiles(place.home)) {
    if (matchesPath(segments, example.split('/'))) {
      const found = classifyPath(example, place);
      if (found.credential !== null) worst = { ...worst, area: at.area === 'repository' ? at.area : found.area, credential: found.credential };
      else if (found.area === 'system' && at.area !== 'repository') worst = { ...worst, area: 'system' };
    }
  }
  if (at.area === 'repository') {
    const depth = place.repository === '/' ? 0 : place.repository.split('/').length - 1;
    const inside = segments.slice(depth + 1);
    // `*` alone names nothing in particular: it stands for the directory.
    if (inside.every((segment) => segment === '*' || !wild.test(segment)) && inside.at(-1) === '*') return worst;
    for (const example of sensitiveExamples) {
      if (!matchesPath(inside, example.split('/'))) continue;
      const found = sensitivityOf(example);
      if (rank(found) < rank(worst.sensitivity)) worst = { ...worst, sensitivity: found };
    }
    return worst;
  }
  // Too near to the root: the wildcard decides which part of the machine is meant.
  if (base === '/' || worst.area === 'home' || worst.area === 'outside') return base === '/' ? null : worst;
  return worst;
}

/** Whether a path that the pattern matches is, or is below, or holds the example. */
function matchesPath(pattern: readonly string[], example: readonly string[]): boolean {
  if (pattern.length > example.length) {
    // A file below a directory that matters, such as `.git/*/x` or `*/hooks/y`.
    return example.every((segment, index) => matches(pattern[index] ?? '', segment)) && example.length > 1;
  }
  return pattern.length === example.length && pattern.every((segment, index) => matches(segment, example[index] ?? ''));
}

/** Glob match of one segment, generous: brackets match any character, and case is ignored. */
function matches(pattern: string, name: string): boolean {
  if (!wild.test(pattern)) return pattern.toLowerCase() === name;
  if (name.startsWith('.') && !pattern.startsWith('.') && !pattern.startsWith('[')) return false;
  const simple = pattern.toLowerCase().replace(/\[[^\]]*\]?/g, '?').replace(/\*+/g, '*');
  let p = 0;
  let n = 0;
  let star = -1;
  let retry = 0;
  while (n < name.length) {
    if (p < simple.length && (simple[p] === '?' || simple[p] === name[n])) {
      p += 1;
      n += 1;
    } else if (simple[p] === '*') {
      star = p;
      retry = n;
      p += 1;
    } else if (star >= 0) {
      p = star + 1;
      retry += 1;
      n = retry;
    } else return false;
  }
  while (simple[p] === '*') p += 1;
  return p === simple.length;
}
