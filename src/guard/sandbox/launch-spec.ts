/** From what a writ grants to all that a launcher needs to start the command: plain data, so that it can be sent. */
import { WritError } from '../../core/model/errors.ts';
import { planBubblewrap } from './bubblewrap.ts';
import type { SessionCgroups } from './cgroup.ts';
import { sandboxError } from './errors.ts';
import { planInPlace, tasksOf, type Surroundings } from './in-place.ts';
import type { MachineFacts } from './machine.ts';
import { seccompFilter } from './seccomp.ts';
import { isBelow, planView, type Bind, type Expectation, type MountTable, type View } from './view.ts';

interface Limits {
  /** Processor time of one process, seconds. */
  readonly cpuSeconds: number;
  readonly processes: number;
  /** Largest file that can be written, MiB. */
  readonly fileSizeMiB: number;
  readonly openFiles: number;
  /** Of all processes together, MiB. */
  readonly memoryMiB: number;
  /** From start to end, seconds. */
  readonly wallSeconds: number;
}

export interface SandboxRequest {
  readonly command: { readonly argv: readonly string[] };
  /** Real path inside the worktree. */
  readonly cwd: string;
  /** Real path; it has the same path inside. */
  readonly worktree: string;
  /** `dev:ino` when the worktree was identified: the launch fails when another folder is mounted. */
  readonly worktreeId?: string;
  readonly repository: 'read-write' | 'read-only';
  /** Git directories outside the worktree: the main one of a linked worktree, the one of a submodule. */
  readonly gitDirectories: readonly string[];
  /** Paths inside the repository that must not be readable. */
  readonly hide: readonly string[];
  /** Paths inside the repository that must not be written. */
  readonly readOnly?: readonly string[];
  /** The whole environment, see `buildEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of variables that pass from the caller, where the environment does not set them. */
  readonly inherit?: readonly string[];
  readonly limits: Limits;
  /** As whom git records commits. */
  readonly identity: { readonly name: string; readonly email: string };
  /** Toolchains, sockets, generated files. */
  readonly extraBinds?: readonly Bind[];
  /** `ADDRESS:PORT=SOCKET`: ports of the sandbox's own loopback, carried to sockets in view. */
  readonly relays?: readonly string[];
  /** Where there are no namespaces: what takes the view's place. */
  readonly surroundings?: Surroundings | null;
  /** Control groups that the sandbox joins, and what they hold. */
  readonly cgroups?: Pick<SessionCgroups, 'paths' | 'holds'>;
  /** Who decides which programs start, and under which rules for files: words for `writ-exec launch`. */
  readonly supervision?: readonly string[];
  /** How much it may print, bytes; null where that is not limited. */
  readonly outputBytes?: number | null;
  /** What it uses is told to the guard while it runs. */
  readonly tellsUsage?: boolean;
  /** Into which file its terminal is recorded, and what must not stand there. */
  readonly recording?: { readonly file: string; readonly secrets: readonly string[] } | null;
  /** Inside; by default the caller's own, or 1000 for root. */
  readonly uid?: number;
  readonly gid?: number;
  /** Standard input and output are a terminal. */
  readonly terminal: boolean;
}

export interface LaunchSpec {
  readonly bubblewrap: string;
  /** Before them, where programs are supervised, what is for `writ-exec launch` itself. */
  readonly bubblewrapArguments: readonly string[];
  readonly files: readonly string[];
  /** The filter's program. */
  readonly seccomp: Uint8Array;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Taken from the launcher's own environment by name, so that no value of a caller's travels. */
  readonly inherit: readonly string[];
  readonly cwd: string;
  readonly relays: readonly string[];
  readonly terminal: boolean;
  /** Process 1's stand-in leaves the caller's terminal session. */
  readonly newSession: boolean;
  readonly limits: Limits;
  readonly recording: { readonly file: string; readonly secrets: readonly string[] } | null;
  readonly cgroups: readonly string[];
  /** How much it may print, bytes; null where that is not limited. */
  readonly outputBytes: number | null;
  /** Process 1 tells what the sandbox uses. */
  readonly tellsUsage: boolean;
  /** Process 1 watches how much memory there is in use, since no control group does. */
  readonly watchesMemory: boolean;
  readonly expectations: readonly Expectation[];
  readonly mountTable: MountTable;
  /** Files that must not exist when the command has ended, because git outside would obey them. */
  readonly forbidden: readonly string[];
}

/** Of each of the private file systems: /tmp, the home, … They take memory only as they fill. */
const temporaryBytes = 2 * 1024 ** 3;

/**
 * Reads the worktree, and creates an empty `hooks` folder where a git directory lacks one.
 * @throws WritError `worktree_unsafe` or `sandbox_request`
 */
export function launchSpec(request: SandboxRequest, machine: MachineFacts): LaunchSpec {
  assertRequest(request);
  const uid = request.uid ?? (machine.uid === 0 ? 1000 : machine.uid);
  const gid = request.gid ?? (machine.uid === 0 ? 1000 : machine.gid);
  const view = readable(() =>
    planView(
      {
        ...request,
        worktreeId: request.worktreeId ?? null,
        readOnly: request.readOnly ?? [],
        extraBinds: request.extraBinds ?? [],
        uid,
        gid,
        temporaryBytes,
      },
      machine,
    ),
  );
  const start = request.surroundings
    ? startInPlace(request, request.surroundings, view)
    : startInView(request, machine, view, { uid, gid });
  return {
    ...start,
    seccomp: seccompFilter(machine.architecture),
    argv: request.command.argv,
    inherit: (request.inherit ?? []).filter((name) => !(name in request.environment)),
    cwd: request.cwd,
    relays: request.relays ?? [],
    terminal: request.terminal,
    recording: request.recording ?? null,
    cgroups: request.cgroups?.paths ?? [],
    outputBytes: request.outputBytes ?? null,
    tellsUsage: request.tellsUsage ?? false,
    watchesMemory: request.cgroups?.holds.includes('memory') !== true,
    forbidden: view.forbidden,
  };
}

type Start = Pick<
  LaunchSpec,
  | 'bubblewrap'
  | 'bubblewrapArguments'
  | 'files'
  | 'newSession'
  | 'environment'
  | 'limits'
  | 'expectations'
  | 'mountTable'
>;

function startInView(
  request: SandboxRequest,
  { bubblewrap, confinement }: MachineFacts,
  view: View,
  ids: { readonly uid: number; readonly gid: number },
): Start {
  if (confinement.kind !== 'namespaces') throw confinement.refusal;
  const { terminal, environment, limits, supervision = [] } = request;
  const { args, files } = planBubblewrap({ mounts: view.mounts, ...ids, terminal });
  return {
    bubblewrap: bubblewrap.path,
    bubblewrapArguments: [...supervision, ...(supervision.length > 0 ? ['bubblewrap'] : []), ...args],
    files,
    newSession: false,
    environment,
    limits,
    expectations: view.expectations,
    mountTable: view.table,
  };
}

function startInPlace(request: SandboxRequest, surroundings: Surroundings, view: View): Start {
  const { terminal, limits, supervision = [], relays = [], extraBinds = [] } = request;
  if (request.hide.length > 0) {
    throw sandboxError('namespaces_unavailable', 'files can be hidden only in a view of its own', {
      hint: 'See what is missing here with: writ doctor',
    });
  }
  const roots = [request.worktree, ...request.gitDirectories];
  const ids = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const plan = planInPlace({ ...request, ...ids, ...view, roots, relays, extraBinds }, surroundings);
  return {
    bubblewrap: '',
    bubblewrapArguments: [...supervision, 'in-place', ...plan.words],
    files: [],
    // bubblewrap sees to that elsewhere.
    newSession: !terminal,
    environment: plan.environment,
    limits: { ...limits, processes: limits.processes + tasksOf(ids.uid) },
    // Nothing is mounted; that the files are those that were looked at counts as ever.
    expectations: view.expectations.map((one) => ({ ...one, readOnly: false })),
    mountTable: { required: [], optional: [] },
  };
}

function assertRequest({ command, cwd, worktree, environment }: SandboxRequest): void {
  if (command.argv.length === 0) throw sandboxError('sandbox_request', 'there is no command');
  const texts = [...command.argv, cwd, ...Object.entries(environment).flat()];
  if (texts.some((text) => text.includes('\0'))) {
    throw sandboxError('sandbox_request', 'a NUL byte in the command, its directory or its environment');
  }
  if (cwd !== worktree && !isBelow(cwd, worktree)) {
    throw sandboxError('sandbox_request', `${cwd} is not inside ${worktree}`);
  }
  const misnamed = Object.keys(environment).find((name) => name === '' || name.includes('='));
  if (misnamed !== undefined) {
    throw sandboxError('sandbox_request', `${JSON.stringify(misnamed)} cannot name an environment variable`);
  }
}

/** The worktree belongs to others who may change it meanwhile: whatever the file system says is an error of ours. */
function readable<T>(plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (error instanceof WritError) throw error;
    const { message } = error as Error;
    throw sandboxError('worktree_unsafe', `the worktree could not be looked at: ${message}`, {
      cause: error,
    });
  }
}
