/** What this machine's kernel offers for enforcement, as it says itself. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { MachineFacts } from '../sandbox/machine.ts';

export interface KernelOffer {
  /** New user, PID and network namespaces, as bubblewrap makes them. */
  readonly namespaces: boolean;
  /** Verdicts on system calls by a supervisor (seccomp_unotify(2), Linux 5.0). */
  readonly userNotification: boolean;
  /** landlock_create_ruleset(2); 0 where it is absent or switched off. */
  readonly landlockAbi: number;
  /** A control group of which groups can be made here. */
  readonly cgroupDelegation: boolean;
}

const said = z.strictObject({ userNotification: z.boolean(), landlockAbi: z.int().min(0) });

/** @param machine as detected: detection fails where namespaces are refused */
export function kernelOffer(machine: Pick<MachineFacts, 'writExec' | 'processLimit'>): KernelOffer {
  const { stdout } = spawnSync(machine.writExec, ['features'], { encoding: 'utf8', env: {} });
  return {
    namespaces: true,
    ...said.parse(JSON.parse(stdout)),
    cgroupDelegation: machine.processLimit === 'cgroup' || ownGroupIsWritable(),
  };
}

/** cgroups(7), delegation: the folder and its cgroup.procs belong to the user. */
function ownGroupIsWritable(): boolean {
  try {
    const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    for (const file of ['', 'cgroup.procs']) accessSync(join('/sys/fs/cgroup', own, file), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
