/** How `organisation.yaml` writes hosts, and what that matches. */
import { z } from 'zod';

/** What a connection goes to: a host, or a symbolic name from the analysis, then without port. */
export interface Target {
  readonly host: string;
  readonly port: number | null;
}

const hostName =
  /^(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9])?(:\d{1,5})?$|^\[[0-9a-f:.]{2,45}\](:\d{1,5})?$|^[0-9a-f]{0,4}(:[0-9a-f.]{0,15}){2,8}$/;
const symbolicHost = /^(registry|remote):[a-z0-9][a-z0-9._-]{0,99}$/;

/** `host`, `host:port` or `*.host`. */
export const realHost = z
  .string()
  .max(300)
  .refine(isRealHost, 'must be host, host:port or *.host, in lower case');

/** `host`, `host:port`, `*.host`, or a symbolic name from the analysis: `registry:npm`, `remote:origin`. */
export const hostPattern = z
  .string()
  .max(300)
  .refine(
    (value) => symbolicHost.test(value) || isRealHost(value),
    'must be host, host:port, *.host, registry:NAME or remote:NAME, in lower case',
  );

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

function isRealHost(value: string): boolean {
  return !symbolicHost.test(value) && hostName.test(value) && portOf(value) <= 65_535;
}

function portOf(host: string): number {
  return Number(/[^:]:(\d+)$/.exec(host)?.[1] ?? 0);
}
