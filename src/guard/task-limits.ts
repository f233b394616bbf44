/**
 * Limits of a task as a whole: of all commands that run or ran under one writ. What each uses is told once a second by
 * process 1 of its sandbox (native/watch.c), so a limit may be passed by what is used within a second. What was used
 * before this guard started is not counted.
 */
import type { UsageReport } from '../core/api/guard.ts';
import { WritError } from '../core/model/errors.ts';
import type { Profile } from '../core/policy/organisation.ts';

type Limits = Profile['task'];

interface Member {
  usage: UsageReport;
  /** Ends the command, and says why. */
  readonly end: (reason: string) => void;
}

const nothing: UsageReport = { cpuMs: 0, memoryKiB: 0, processes: 0, outputBytes: 0 };
const mebibyte = 1024 * 1024;

/** What process 1 must tell about; the end of the wall time and the output are known without it. */
export function needsTelling({ cpuSeconds, memoryMiB, processes, outputMiB }: Limits): boolean {
  return [cpuSeconds, memoryMiB, processes, outputMiB].some((limit) => limit !== undefined);
}

class Task {
  readonly members = new Set<Member>();
  /** Of those that have left. */
  cpuMs = 0;
  outputBytes = 0;
  /** Milliseconds since the epoch; of its writ, after which nobody comes any more. */
  expiresAt = 0;
  readonly begunAt: number;

  constructor(begunAt: number) {
    this.begunAt = begunAt;
  }

  usage(): UsageReport {
    const sum = { ...nothing, cpuMs: this.cpuMs, outputBytes: this.outputBytes };
    for (const { usage } of this.members) {
      sum.cpuMs += usage.cpuMs;
      sum.memoryKiB += usage.memoryKiB;
      sum.processes += usage.processes;
      sum.outputBytes += usage.outputBytes;
    }
    return sum;
  }
}

export interface Membership {
  /** What the command may still print, bytes; null where the task's output is not limited. */
  readonly outputBytes: number | null;
  /** Limits of the task that ended this command, in words. */
  readonly reached: readonly string[];
  told(usage: UsageReport): void;
  /** Once; what it used in all stays with the task. */
  leave(): void;
}

interface Entering {
  readonly writ: string;
  readonly expiresAt: number;
  readonly profile: string;
  readonly limits: Limits;
  readonly end: (reason: string) => void;
}

export class TaskLimits {
  readonly #tasks = new Map<string, Task>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** @throws WritError `task_limit_reached` when the task has used up what it may */
  enter({ writ, expiresAt, profile, limits, end }: Entering): Membership {
    const now = this.#clock();
    this.#forget(now);
    const task = this.#tasks.get(writ) ?? new Task(now);
    const spent = spentWords(limits, task.usage(), now - task.begunAt)[0];
    if (spent !== undefined)
      throw new WritError('task_limit_reached', words(spent, profile), {
        hint: 'The task has come to its end; ask for a new writ, or have the limits changed.',
      });
    this.#tasks.set(writ, task);
    task.expiresAt = expiresAt;
    const reached: string[] = [];
    const member: Member = {
      usage: nothing,
      end: (reason) => {
        reached.push(reason);
        end(reason);
      },
    };
    task.members.add(member);
    const endAll = (what: string): void => {
      for (const one of task.members) one.end(`ended: ${words(what, profile)}`);
    };
    const timer =
      limits.wallSeconds === undefined
        ? undefined
        : setTimeout(
            () => endAll(spentWords(limits, nothing, Infinity)[0] ?? ''),
            Math.min(task.begunAt + limits.wallSeconds * 1000 - now, 2 ** 31 - 1),
          );
    return {
      outputBytes:
        limits.outputMiB === undefined ? null : limits.outputMiB * mebibyte - task.usage().outputBytes,
      reached,
      told: (usage) => {
        member.usage = usage;
        if (!task.members.has(member) || reached.length > 0) return;
        const over = overWords(limits, task.usage());
        if (over !== null) endAll(over);
      },
      leave: () => {
        clearTimeout(timer);
        if (!task.members.delete(member)) return;
        task.cpuMs += member.usage.cpuMs;
        task.outputBytes += member.usage.outputBytes;
      },
    };
  }

  /** A writ that has expired is used by nobody again. */
  #forget(now: number): void {
    for (const [writ, task] of this.#tasks)
      if (task.members.size === 0 && task.expiresAt < now) this.#tasks.delete(writ);
  }
}

const words = (what: string, profile: string): string => `${what}, which the profile ${profile} limits`;

/** What cannot be had back: nothing may start any more. */
function spentWords(limits: Limits, usage: UsageReport, wallMs: number): string[] {
  const { cpuSeconds = Infinity, wallSeconds = Infinity, outputMiB = Infinity } = limits;
  return [
    ...(wallMs >= wallSeconds * 1000 ? [`the task ran for ${wallSeconds} seconds (task.wallSeconds)`] : []),
    ...(usage.cpuMs >= cpuSeconds * 1000
      ? [`the task used ${cpuSeconds} seconds of processor time (task.cpuSeconds)`]
      : []),
    ...(usage.outputBytes >= outputMiB * mebibyte
      ? [`the task printed ${outputMiB} MiB (task.outputMiB)`]
      : []),
  ];
}

function overWords(limits: Limits, usage: UsageReport): string | null {
  const { memoryMiB = Infinity, processes = Infinity } = limits;
  if (usage.memoryKiB > memoryMiB * 1024)
    return `the task needed more than ${memoryMiB} MiB of memory (task.memoryMiB)`;
  if (usage.processes > processes)
    return `the task had more than ${processes} processes at once (task.processes)`;
  return spentWords(limits, usage, 0)[0] ?? null;
}
