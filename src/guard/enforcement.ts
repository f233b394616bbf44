import type { EnforcementLevel } from '../core/model/decision.ts';

/** What stands behind each decision on this machine: every process of a sandbox is decided when it starts. */
export const enforcement: EnforcementLevel = 3;
