/** Limits of a session: what holds each of them on this machine, and in words which of them a command ran into. */
import type { EndSessionRequest } from '../core/api/guard.ts';
import type { Json } from '../core/model/entry.ts';
import type { Profile } from '../core/policy/organisation.ts';
import type { SessionCgroups } from './sandbox/cgroup.ts';
import type { MachineFacts } from './sandbox/machine.ts';

type Limits = Profile['limits'];

/** For the record: the figures, and where one is not held for each process by the kernel, by what else. */
export function limitsInForce(
  limits: Limits,
  task: Profile['task'],
  machine: Pick<MachineFacts, 'processLimit'>,
  { holds }: Pick<SessionCgroups, 'holds'>,
): { readonly [key: string]: Json } {
  return {
    ...given(limits),
    heldBy: {
      processes: holds.includes('pids') ? 'cgroup' : machine.processLimit === 'rlimit' ? 'rlimit' : 'nothing',
      memory: holds.includes('memory') ? 'cgroup' : 'watch',
      others: 'rlimit',
      wall: 'clock',
      output: 'launcher',
    },
    ...(Object.keys(task).length === 0
      ? {}
      : { task: { ...given(task), heldBy: { output: 'launcher', wall: 'clock', others: 'watch' } } }),
  };
}

function given(figures: Readonly<Record<string, number | undefined>>): { readonly [key: string]: Json } {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, figure]) => (figure === undefined ? [] : [[name, figure]])),
  );
}

/** What to tell people; empty where no limit had to do with the end. */
export function limitsReached(
  limits: Limits,
  profile: string,
  end: EndSessionRequest,
  exceeded: SessionCgroups['holds'],
): string[] {
  const { outcome, signal } = end;
  const allows = (what: string, field: keyof Limits) =>
    `${what}, which the profile ${profile} limits (${field})`;
  const memory = allows(`it needed more than ${limits.memoryMiB} MiB of memory`, 'memoryMiB');
  return [
    ...(outcome === 'timed-out'
      ? [allows(`ended: it ran for ${limits.wallSeconds} seconds`, 'wallSeconds')]
      : []),
    ...(outcome === 'out-of-memory' ? [`ended: ${memory}`] : []),
    ...(outcome === 'too-much-output' && end.outputBytes >= (limits.outputMiB ?? Infinity) * 1024 * 1024
      ? [allows(`ended: it printed more than ${limits.outputMiB} MiB`, 'outputMiB')]
      : []),
    ...(exceeded.includes('memory') ? [`some of it was ended: ${memory}`] : []),
    ...(exceeded.includes('pids')
      ? [allows(`it was refused more than ${limits.processes} processes at once`, 'processes')]
      : []),
    ...(outcome === 'exited' && signal === 'SIGKILL' && exceeded.length === 0 && mostOfItsTime(limits, end)
      ? [allows(`ended: one process used ${limits.cpuSeconds} seconds of processor time`, 'cpuSeconds')]
      : []),
    ...(signal === 'SIGXFSZ'
      ? [allows(`ended: a file grew beyond ${limits.fileSizeMiB} MiB`, 'fileSizeMiB')]
      : []),
  ];
}

/** The kernel does not say who sent a SIGKILL. Its limit counts whole ticks, which may be far more than was used. */
function mostOfItsTime({ cpuSeconds }: Limits, { userMs, systemMs }: EndSessionRequest): boolean {
  return userMs + systemMs >= cpuSeconds * 500;
}
