/** A trust domain's public keys: as a SPIFFE bundle (SPIFFE Trust Domain and Bundle, section 4) and as a plain JWK set. */
import { lastChange, statedKeys, svidKeyUses, type KeySchedule, type SvidKey } from './svid-keys.ts';

export interface TrustBundle {
  readonly spiffe_sequence: number;
  /** Seconds. */
  readonly spiffe_refresh_hint: number;
  readonly keys: readonly BundleKey[];
}

interface BundleKey {
  readonly use: SvidKey['use'];
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly alg?: 'ES256';
  readonly kid?: string;
  /** One certificate, DER in base64. */
  readonly x5c?: readonly string[];
}

export function trustBundle(keys: readonly SvidKey[], schedule: KeySchedule, now: number): TrustBundle {
  return {
    spiffe_sequence: lastChange(keys, schedule, now),
    spiffe_refresh_hint: Math.floor(schedule.refresh / 1000),
    keys: published(keys, schedule, now).map(bundleKey),
  };
}

/** For OpenID Connect and OAuth clients (RFC 7517). */
export function jwkSet(keys: readonly SvidKey[], schedule: KeySchedule, now: number) {
  const signing = published(keys, schedule, now).filter(({ use }) => use === 'jwt-svid');
  return { keys: signing.map(({ kid, publicKey }) => ({ ...publicKey, kid, alg: 'ES256', use: 'sig' })) };
}

function published(keys: readonly SvidKey[], schedule: KeySchedule, now: number): readonly SvidKey[] {
  return svidKeyUses.flatMap((use) => statedKeys(keys, use, schedule, now));
}

function bundleKey({ use, kid, publicKey, certificate }: SvidKey): BundleKey {
  return certificate === null
    ? { use, ...publicKey, alg: 'ES256', kid }
    : { use, ...publicKey, x5c: [certificate] };
}
