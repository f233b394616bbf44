/**
 * A command's surroundings where the system refuses namespaces, and there is no view of its own to be had: what the
 * kernel lets it read (Landlock), what the supervisor changes for it (native/in_place.h), and where the names lead
 * that mean something else in a view.
 */
import { mkdirSync, readdirSync, realpathSync, lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles, type EtcRequest } from './etc.ts';
import type { MachineFacts } from './machine.ts';
import type { Bind, Expectation } from './view.ts';

export interface Surroundings {
  readonly home: string;
  readonly temporary: string;
  /** What git reads for the whole system. */
  readonly gitConfiguration: string;
}

/**
 * Makes the folders that take the place of the private ones.
 * @param folder of the session, gone with it
 */
export function makeSurroundings(folder: string): Surroundings {
  const [home, temporary] = [join(folder, 'home'), join(folder, 'tmp')];
  for (const path of [home, temporary]) mkdirSync(path, { mode: 0o700 });
  return { home, temporary, gitConfiguration: join(folder, 'gitconfig') };
}

/** Without which user ids have no names, and `localhost` no address. */
const hostTables = ['/etc/passwd', '/etc/group', '/etc/hosts', '/etc/nsswitch.conf'];
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);
/** Of the kernel, and of no process: other people's command lines stand in theirs. */
const kernelTables = ['cpuinfo', 'meminfo', 'stat', 'version', 'filesystems', 'loadavg', 'uptime', 'sys'];

export interface InPlaceFiles {
  /** Folders and files that can be read. */
  readonly readable: readonly string[];
  readonly devices: readonly string[];
  readonly privateFolders: readonly string[];
}

export function inPlaceFiles(
  machine: MachineFacts,
  { home, temporary, gitConfiguration }: Surroundings,
  binds: readonly Bind[],
  repository: readonly string[],
): InPlaceFiles {
  const files = binds.map(({ source }) => source).filter((path) => !isSocket(path));
  return {
    readable: [
      ...machine.systemDirectories,
      ...machine.etc.map(({ path }) => path),
      ...hostTables,
      ...kernelTables.map((name) => `/proc/${name}`),
      ...repository,
      gitConfiguration,
      ...files,
    ],
    devices,
    privateFolders: [home, temporary],
  };
}

export interface InPlaceRequest extends EtcRequest {
  readonly repository: 'read-write' | 'read-only';
  readonly roots: readonly string[];
  readonly expectations: readonly Expectation[];
  readonly forbidden: readonly string[];
  readonly extraBinds: readonly Bind[];
  readonly relays: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface InPlacePlan {
  /** For native/in_place.c. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export function planInPlace(request: InPlaceRequest, surroundings: Surroundings): InPlacePlan {
  const { repository, roots, expectations, forbidden, extraBinds } = request;
  const { home, temporary, gitConfiguration } = surroundings;
  const kept = expectations.filter(({ readOnly }) => readOnly).map(({ path }) => path);
  const writable = repository === 'read-write' ? roots : [];
  const sockets = extraBinds.filter(({ source }) => isSocket(source));
  const relays = request.relays.map((relay) => throughHost(relay, extraBinds));
  writeFileSync(gitConfiguration, generatedFiles(request)['/etc/gitconfig'] ?? '', { mode: 0o644 });
  return {
    words: [
      ...[...writable, home, temporary].flatMap((path) => ['below', realpathSync(path)]),
      ...[...kept, ...forbidden].flatMap((path) => ['keep', path]),
      ...sockets.flatMap(({ source, target }) => ['socket', target, source]),
      ...relays.flatMap((relay) => ['relay', relay]),
    ],
    environment: {
      ...elsewhere(request.environment, extraBinds),
      HOME: home,
      TMPDIR: temporary,
      GIT_CONFIG_SYSTEM: gitConfiguration,
    },
  };
}

/** `ADDRESS:PORT=SOCKET IN VIEW` as `PORT=SOCKET OF THE HOST`. */
function throughHost(relay: string, binds: readonly Bind[]): string {
  const [, port = '', target = ''] = /:(\d+)=(.*)$/.exec(relay) ?? [];
  return `${port}=${binds.find((bind) => bind.target === target)?.source ?? target}`;
}

/** Variables that name a file in view name the host's; sockets keep theirs, which the supervisor knows. */
function elsewhere(environment: Readonly<Record<string, string>>, binds: readonly Bind[]) {
  const files = new Map(
    binds.filter(({ source }) => !isSocket(source)).map(({ source, target }) => [target, source]),
  );
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, files.get(value) ?? value]),
  );
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

/** Tasks of the user's, all of which the kernel counts where there is no user namespace (RLIMIT_NPROC). */
export function tasksOf(uid: number): number {
  let count = 0;
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (lstatSync(`/proc/${name}`).uid === uid) count += readdirSync(`/proc/${name}/task`).length;
    } catch {
      // It has just ended.
    }
  }
  return count;
}
