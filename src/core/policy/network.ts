/** `network` of `organisation.yaml`: where symbolic registries lead, and which hosts may have private addresses. */
import { z } from 'zod';
import { parseRange, type AddressRange } from './addresses.ts';
import { hostMatches, realHost, type Target } from './host-pattern.ts';

const registryPlace = z
  .string()
  .max(2000)
  .refine(
    (value) => (isUrl(value) ? isServiceAddress(value) : realHost.safeParse(value).success),
    'must be an https or http address without login, query and fragment, or host, host:port or *.host',
  );

const addressRange = z
  .string()
  .refine((value) => parseRange(value) !== null, 'must be an IP address, or a range such as 10.20.0.0/16');

const knownHost = z
  .string()
  .max(4000)
  .regex(
    /^(@(cert-authority|revoked) )?[^\s#@]+ (ssh-|ecdsa-|sk-)[\w@.-]+ [A-Za-z0-9+/]+=*$/,
    'must be a line of known_hosts: host, kind of key, key',
  );

export const network = z.strictObject({
  /** Hosts, or addresses of services, behind `registry:NAME`. */
  registries: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'must be the name after registry:, such as npm'),
      z.array(registryPlace).min(1).max(100),
    )
    .default({}),
  /** Hosts that may lead to addresses which are not public, and to which. */
  private: z.record(realHost, z.array(addressRange).min(1).max(100)).default({}),
  /** Keys that SSH servers must show, as lines of a known_hosts file (sshd(8)). */
  sshKnownHosts: z.array(knownHost).max(1000).default([]),
});
type Network = z.output<typeof network>;

/** Host patterns of a registry. An address without a port means its scheme's. */
export function registryHosts({ registries }: Network, name: string): readonly string[] {
  const places = Object.hasOwn(registries, name) ? (registries[name] ?? []) : [];
  return places.map((place) => {
    const url = isUrl(place) ? new URL(place) : null;
    if (url === null) return place;
    return `${url.hostname}:${url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : url.port}`;
  });
}

/** The first address of the registry's service, which package managers are pointed to. */
export function registryUrlOf({ registries }: Network, name: string): string | null {
  return (Object.hasOwn(registries, name) ? registries[name] : undefined)?.find(isUrl) ?? null;
}

/** Addresses beyond the public ones that the host may lead to. */
export function privateRangesOf(network: Network, target: Target): readonly AddressRange[] {
  return Object.entries(network.private)
    .filter(([pattern]) => hostMatches(pattern, target))
    .flatMap(([, texts]) => texts.flatMap((text) => parseRange(text) ?? []));
}

function isUrl(place: string): boolean {
  return place.includes('://');
}

/** Package managers are given it whole, and everything in the sandbox can read it. */
function isServiceAddress(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || !/^https?:\/\/[!-~]+$/.test(value) || !realHost.safeParse(url.host).success)
    return false;
  return [url.username, url.password, url.search, url.hash].every((part) => part === '');
}
