import type { Organisation } from './organisation.ts';

/** What a connection goes to: a host, or a symbolic name from the analysis, then without port. */
export interface Target {
  readonly host: string;
  readonly port: number | null;
}

/** The host sets that hold the target, and the single hosts that profiles name, each standing for itself. */
export function hostSetsOf(organisation: Organisation, target: Target): readonly string[] {
  const sets = Object.keys(organisation.hostSets).filter((set) =>
    organisation.hostSets[set]?.some((pattern) => hostMatches(pattern, target)),
  );
  const single = new Set(Object.values(organisation.profiles).flatMap(({ hosts }) => hosts));
  return [
    ...sets,
    ...[...single].filter((pattern) => !sets.includes(pattern) && hostMatches(pattern, target)),
  ];
}

/** A pattern without a port means any port; one with a port does not match a target whose port is unknown. */
export function hostMatches(pattern: string, { host, port }: Target): boolean {
  if (/^(registry|remote):/.test(pattern) || /^(registry|remote):/.test(host)) return pattern === host;
  const [, name = pattern, wantedPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(pattern) ?? [];
  if (wantedPort !== undefined && Number(wantedPort) !== port) return false;
  const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const wanted = name.replace(/^\[(.*)\]$/, '$1');
  return wanted.startsWith('*.')
    ? bare.endsWith(wanted.slice(1)) && bare.length > wanted.length - 1
    : bare === wanted;
}
