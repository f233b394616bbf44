/** A session that probes what governs it: beside the sandbox of any command, it is given an assistant's hook. */
import type { OpenSessionRequest } from '../../core/api/guard.ts';

/** Its job. Whoever names it gains nothing: a hook only answers what policy says. */
export const probeJob = 'writ-doctor';

export function isProbe({ job }: Pick<OpenSessionRequest, 'job'>): boolean {
  return job === probeJob;
}
