/** Which host sets a connection's target is in. */
import { hostMatches, type Target } from './host-pattern.ts';
import { registryHosts } from './network.ts';
import type { Organisation } from './organisation.ts';

/**
 * The host sets that hold the target, and the single hosts that profiles name, each standing for itself.
 * @param also symbolic names that stand for the same host here
 */
export function hostSetsOf(
  organisation: Organisation,
  target: Target,
  also: readonly string[] = [],
): readonly string[] {
  const covers = (pattern: string): boolean =>
    hostMatches(pattern, target) || also.includes(pattern) || isRegistry(organisation, pattern, target);
  const sets = Object.keys(organisation.hostSets).filter((set) => organisation.hostSets[set]?.some(covers));
  const single = new Set(Object.values(organisation.profiles).flatMap(({ hosts }) => hosts));
  return [...sets, ...[...single].filter((pattern) => !sets.includes(pattern) && covers(pattern))];
}

/** Whether the organisation says that the symbolic registry is at the target. */
function isRegistry(organisation: Organisation, pattern: string, target: Target): boolean {
  const name = /^registry:(.+)$/.exec(pattern)?.[1];
  if (name === undefined) return false;
  return registryHosts(organisation.network, name).some((host) => hostMatches(host, target));
}
