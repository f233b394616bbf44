import type { EnforcementLevel } from '../core/model/decision.ts';
import type { MachineFacts } from './sandbox/machine.ts';

/**
 * What stands behind each decision on this machine. Every process of a sandbox is decided when it starts. Where there
 * is no view and no network of its own, what confines it is less than level 3 promises, and is called less.
 */
export function enforcementReached({ confinement }: Pick<MachineFacts, 'confinement'>): EnforcementLevel {
  return confinement.kind === 'namespaces' ? 3 : 2;
}
