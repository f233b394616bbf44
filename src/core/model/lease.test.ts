import { describe, expect, test } from 'vitest';
import { sampleLease } from '../../../test/store/samples.ts';
import { leaseCanBecome, leaseStates, retryAfterMs, revoking, settledAt } from './lease.ts';

test('a lease that was asked for ends by revocation or expiry, and an ended one stays ended', () => {
  const ways = leaseStates.flatMap((from) =>
    leaseStates.filter((to) => leaseCanBecome(from, to)).map((to) => `${from} -> ${to}`),
  );
  expect(ways).toEqual([
    'requested -> issued',
    'requested -> revoking',
    'requested -> revoked',
    'issued -> revoking',
    'issued -> expired',
    'revoking -> revoked',
    'revoking -> expired',
  ]);
});

test('is queued once: the first reason stays', () => {
  const first = revoking(sampleLease('a'), 'ada', 'odd queries', 5);
  expect(first).toMatchObject({
    state: 'revoking',
    revocation: { by: 'ada', reason: 'odd queries', since: 5, attempts: 0, nextAttemptAt: 5 },
  });
  expect(revoking(first, 'bob', 'again', 9)).toBe(first);
  const revoked = sampleLease('b', { state: 'revoked' });
  expect(revoking(revoked, 'bob', 'again', 9)).toBe(revoked);
});

test('what was never recorded as issued is settled only when no answer can come any more', () => {
  const asked = sampleLease('a', { state: 'requested', requestedAt: 1000, issuedAt: null });
  expect(settledAt(asked)).toBe(31_000);
  expect(settledAt({ ...asked, issuedAt: 1500 })).toBe(1500);
});

describe('retries', () => {
  test.each([
    [1, 200],
    [2, 400],
    [8, 25_600],
    [9, 30_000],
    [1_000_000, 30_000],
  ])('after %i failures wait about %i ms', (attempts, wait) => {
    expect(retryAfterMs(attempts, 0.5)).toBe(wait);
    expect(retryAfterMs(attempts, 0)).toBe(wait * 0.75);
    expect(retryAfterMs(attempts, 1)).toBe(wait * 1.25);
  });
});
