/** What the kernel offers for enforcement, as it says itself to `writ-exec features`. */
import { spawnSync } from 'node:child_process';
import { z } from 'zod';

const said = z.strictObject({ userNotification: z.boolean(), landlockAbi: z.int().min(0) });

export interface KernelFeatures {
  /** Verdicts on system calls by a supervisor (seccomp_unotify(2), Linux 5.0). */
  readonly userNotification: boolean;
  /** landlock_create_ruleset(2); 0 where it is absent or switched off. */
  readonly landlockAbi: number;
}

export function kernelFeatures(writExec: string): KernelFeatures {
  const { stdout } = spawnSync(writExec, ['features'], { encoding: 'utf8', env: {} });
  return said.parse(JSON.parse(stdout));
}
