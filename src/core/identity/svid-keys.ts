/**
 * The keys that SVIDs are signed with, and their life. A key is published before it signs, and stays published
 * until the last SVID that it signed has expired. All of that follows from when it becomes active.
 */
import type { EcPublicJwk } from './ec-key.ts';

export const svidKeyUses = ['x509-svid', 'jwt-svid'] as const;
export type SvidKeyUse = (typeof svidKeyUses)[number];

/** The public half. Times are ms since the epoch. */
export interface SvidKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly use: SvidKeyUse;
  readonly trustDomain: string;
  /** Whose key store has the private half: several authorities may share one database. */
  readonly holder: string;
  readonly publicKey: EcPublicJwk;
  readonly createdAt: number;
  readonly activeFrom: number;
  /** It signs nothing that outlives this: of a CA, the end of its certificate. */
  readonly notAfter: number;
  /** The CA's own certificate, DER in base64; null for keys of JWT-SVIDs. */
  readonly certificate: string | null;
}

/** Durations in ms. */
export interface KeySchedule {
  /** How long a key is the active one. */
  readonly period: number;
  /** How long before that it is published. */
  readonly publishAhead: number;
  /** Between a rotation that a person asks for and the new key's first use: what bundles are refreshed within. */
  readonly refresh: number;
  /** Longest life of an SVID, and what clocks may differ by. */
  readonly overlap: number;
}

const minute = 60_000;
const day = 24 * 60 * minute;
export const stockSchedule: KeySchedule = {
  period: 30 * day,
  publishAhead: day,
  refresh: 5 * minute,
  overlap: 16 * minute,
};

export type SvidKeyState = 'next' | 'active' | 'retiring';

export interface StatedKey extends SvidKey {
  readonly state: SvidKeyState;
}

/** Keys of one use, each holder's oldest first, without those whose time is over. */
export function statedKeys(
  keys: readonly SvidKey[],
  use: SvidKeyUse,
  schedule: Pick<KeySchedule, 'overlap'>,
  now: number,
): readonly StatedKey[] {
  const holders = new Set(keys.map(({ holder }) => holder));
  return [...holders].flatMap((holder) =>
    statedOfOne(
      keys.filter((key) => key.holder === holder && key.notAfter > now),
      use,
      schedule,
      now,
    ),
  );
}

function statedOfOne(
  keys: readonly SvidKey[],
  use: SvidKeyUse,
  { overlap }: Pick<KeySchedule, 'overlap'>,
  now: number,
): readonly StatedKey[] {
  const sorted = keys
    .filter((key) => key.use === use)
    .sort((a, b) => a.activeFrom - b.activeFrom || a.createdAt - b.createdAt);
  const active = sorted.findLastIndex((key) => key.activeFrom <= now);
  return sorted.flatMap((key, at): StatedKey[] => {
    if (at > active) return [{ ...key, state: 'next' }];
    if (at === active) return [{ ...key, state: 'active' }];
    const successor = sorted[at + 1]?.activeFrom ?? now;
    return now < successor + overlap ? [{ ...key, state: 'retiring' }] : [];
  });
}

export interface RotationPlan {
  /** When a new key is to become active; null where none is needed. */
  readonly createFor: number | null;
  readonly drop: readonly string[];
}

/** What time demands of one holder's keys of one use. */
export function planRotation(
  keys: readonly SvidKey[],
  use: SvidKeyUse,
  schedule: KeySchedule,
  now: number,
): RotationPlan {
  const stated = statedKeys(keys, use, schedule, now);
  const kept = new Set(stated.map(({ kid }) => kid));
  const drop = keys.filter((key) => key.use === use && !kept.has(key.kid)).map(({ kid }) => kid);
  return { drop, createFor: nextActivation(stated, schedule, now) };
}

function nextActivation(stated: readonly StatedKey[], schedule: KeySchedule, now: number): number | null {
  const active = stated.find(({ state }) => state === 'active');
  // Without a key that lasts, nothing could be issued at all: then it cannot wait to be published first.
  if (active === undefined || active.notAfter <= now + schedule.overlap) return now;
  if (stated.some(({ state }) => state === 'next')) return null;
  const due = active.activeFrom + schedule.period;
  return due - schedule.publishAhead > now ? null : Math.max(due, now + schedule.refresh);
}

/**
 * Version of what is published: rises with every key that comes or goes, without being stored. A key goes when its
 * successor has been active for the overlap, and the successor is known for longer than that.
 * @returns ms since the epoch of the last change
 */
export function lastChange(keys: readonly SvidKey[], { overlap }: KeySchedule, now: number): number {
  const came = keys.map(({ createdAt }) => createdAt);
  const went = keys.map(({ activeFrom }) => activeFrom + overlap).filter((time) => time <= now);
  return Math.max(0, ...came, ...went);
}
