/** What this machine's kernel offers for enforcement, as it says itself. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelFeatures, type KernelFeatures } from '../sandbox/kernel-features.ts';
import type { MachineFacts } from '../sandbox/machine.ts';

export interface KernelOffer extends KernelFeatures {
  /** New user, PID and network namespaces, as bubblewrap makes them. */
  readonly namespaces: boolean;
  /** A control group of which groups can be made here. */
  readonly cgroupDelegation: boolean;
}

/** @param machine as detected */
export function kernelOffer(
  machine: Pick<MachineFacts, 'writExec' | 'processLimit' | 'confinement'>,
): KernelOffer {
  return {
    namespaces: machine.confinement.kind === 'namespaces',
    ...kernelFeatures(machine.writExec),
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
