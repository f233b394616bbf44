/** Paths as the command sees them: made absolute by their text alone, and where on the machine they lie. */
import type { OwnRepository } from './context.ts';
import { credentialStoreOf } from '../model/credential-stores.ts';
import type { Area, PathOperation, Sensitivity } from '../model/operation.ts';
import type { LinkSource } from './links.ts';
import { sensitivityOf } from './sensitive-paths.ts';

export interface Place extends LinkSource {
  /** Root of the repository. */
  readonly repository: string;
  readonly home: string;
  /** Folder of the policy in force. */
  readonly governance?: string | null;
  readonly removable?: (path: string) => boolean;
  readonly ownRepository?: (directory: string) => OwnRepository | null;
}

export interface Classified extends Pick<PathOperation, 'area' | 'sensitivity'> {
  /** The credential store that the path is part of. */
  readonly credential: string | null;
}

/**
 * Absolute and normalised by its text. `/proc/self/root` and `/proc/self/cwd` are followed; other symbolic links
 * are in `links.ts`.
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
    const governs = typeof place.governance === 'string' && isWithin(shown, fold(place.governance));
    return { area: 'repository', sensitivity: governs ? 'governance' : sensitivityOf(inside), credential };
  }
  if (credential !== null) return { area: 'credential-store', sensitivity: null, credential };
  const area = areaOf(shown, place);
  return { area, sensitivity: sensitivityIn(area, shown), credential };
}

function sensitivityIn(area: Area, path: string): Sensitivity | null {
  if (area === 'guard') return 'governance';
  if (area === 'process') return processFacts.test(path) ? null : 'secrets';
  return sensitivityOf(path.slice(1));
}

function areaOf(path: string, place: Place): Area {
  if (isWriteGuarded(path)) return 'guard';
  if (path === '/') return 'outside';
  if (path === '/proc' || path.startsWith('/proc/'))
    return isHarmless(path) ? 'temporary' : machineFacts.test(path) ? 'toolchain' : 'process';
  if (path === '/dev' || path.startsWith('/dev/')) {
    return isHarmless(path) || isWithin(path, '/dev/shm') ? 'temporary' : 'device';
  }
  if (isWithin(path, fold(place.home))) return 'private-home';
  if (isWithin(path, '/tmp') || isWithin(path, '/var/tmp')) return 'temporary';
  if (/^\/(home|users|root)(\/|$)/.test(path)) return 'home';
  if (/^\/(usr|bin|sbin|lib|lib32|lib64|libx32|opt|nix|snap)(\/|$)/.test(path)) return 'toolchain';
  if (path === '/etc' || path.startsWith('/etc/'))
    return /^\/etc(\/|$)/.test(path) && systemFiles.test(path) ? 'system' : 'toolchain';
  if (/^\/(boot|sys|run|efi)(\/|$)|^\/var\/(run|log|lib|spool|cache|db)(\/|$)/.test(path)) return 'system';
  return 'outside';
}

/** What the kernel tells everybody of the machine as a whole, and of each process. */
const machineFacts =
  /^\/proc\/((?:self|thread-self|\d+)\/(?:status|stat|statm|comm|limits|cgroup)|cpuinfo|meminfo|version|uptime|loadavg|stat|vmstat|filesystems|cgroups|diskstats|partitions|swaps|sys\/.*)$/;

/** What a process is and has open; not its memory, its environment, nor what lies behind its files and folders. */
const processFacts =
  /^\/proc(\/(self|thread-self|\d+)(\/task(\/\d+)?)?(\/(children|cmdline|cwd|exe|fd|fdinfo(\/\d+)?|io|maps|mounts|mountinfo|net(\/\w+)?|ns|oom_\w+|root|sched|schedstat|smaps|smaps_rollup|stack|syscall|uid_map|gid_map|wchan))?)?$/;

const systemFiles =
  /^\/etc\/(g?shadow|sudoers|ssh|ssl\/private|pam\.d|security|cron|crontab|systemd|init|rc\d?\.|modprobe|udev|polkit|krb5|ipsec|wireguard|openvpn|network|networkmanager|letsencrypt|ld\.so\.preload|docker|kubernetes|audit|apparmor|selinux|opasswd|dbus|grub|passwd-|group-|machine-id|passwd$|group$|at\.|profile|bash\.bashrc|environment$|subuid|subgid|fstab|hosts\.(allow|deny)|rsyncd\.secrets)/;

function isWriteGuarded(path: string): boolean {
  return /(^|\/)(\.writ|\.config\/writ|\.local\/(share|state)\/writ)(\/|$)|^\/(run|var\/run|var\/lib|etc)\/writ(\/|$)|^\/run\/user\/\d+\/writ(\/|$)/.test(
    path,
  );
}

/**
 * What other letters make look alike, or a case-blind file system takes for the same: one lower-case form.
 * For classification only, never for the target.
 */
function fold(path: string): string {
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
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  і: 'i',
  ј: 'j',
  ѕ: 's',
  ԁ: 'd',
  ɡ: 'g',
  ο: 'o',
  α: 'a',
  ι: 'i',
  ν: 'v',
};
