/** What a session holds of a credential: asked for once, again only when it must be, and never after the end. */
import { describe, expect, test } from 'vitest';
import type { AuthorityPort } from '../../src/guard/authority-port.ts';
import { WritError } from '../../src/core/model/errors.ts';
import { LeaseHolder } from '../../src/guard/credentials/lease-holder.ts';

/** An authority that notes what it is asked, and grants leases of this many milliseconds. */
function desk(life: number) {
  const asked: string[] = [];
  const ended = new Set<string>();
  let now = 1000;
  let fails: WritError | null = null;
  let made = 0;
  const authority = {
    requestLease: async () => {
      asked.push('request');
      await new Promise((resolve) => setImmediate(resolve));
      if (fails !== null) throw fails;
      made += 1;
      return { lease: { id: `l${made}`, expiresAt: now + life }, secret: { made } };
    },
    useLease: async (id: string) => {
      asked.push(`use ${id}`);
      if (ended.has(id)) throw new WritError('lease_ended', 'it was revoked');
    },
  } as unknown as AuthorityPort;
  const facts = { writ: 'w', session: 's', credential: 'c', renews: false, clock: () => now };
  return {
    asked,
    ended,
    holder: new LeaseHolder({ authority, ...facts }),
    pass: (ms: number) => (now += ms),
    fail: (error: WritError | null) => (fails = error),
  };
}

const idOf = async (holder: LeaseHolder) => (await holder.use()).lease.id;

describe('a lease is asked for', () => {
  test('once, however many come at the same time; each further use is told', async () => {
    const { asked, holder } = desk(60_000);
    expect(await Promise.all([idOf(holder), idOf(holder), idOf(holder)])).toEqual(['l1', 'l1', 'l1']);
    expect(asked).toEqual(['request', 'use l1', 'use l1']);
    expect((await holder.held()).lease.id).toBe('l1');
    expect(asked).toHaveLength(3);
  });

  test('anew near its end, or when it was taken back', async () => {
    const { ended, holder, pass } = desk(60_000);
    await holder.use();
    pass(54_000);
    expect(await idOf(holder)).toBe('l1');
    pass(2000);
    expect(await idOf(holder)).toBe('l2');
    ended.add('l2');
    expect(await Promise.all([idOf(holder), idOf(holder)])).toEqual(['l3', 'l3']);
  });

  test('once only for each use, even where the writ is about to end', async () => {
    const { asked, holder } = desk(100);
    expect([await idOf(holder), await idOf(holder)]).toEqual(['l1', 'l2']);
    expect(asked).toEqual(['request', 'request']);
  });

  test('again after a failure, and not at all after the end', async () => {
    const { asked, fail, holder } = desk(60_000);
    fail(new WritError('credential_unavailable', 'the database is down'));
    await expect(holder.use()).rejects.toThrow('the database is down');
    fail(null);
    expect(await idOf(holder)).toBe('l1');
    holder.close();
    await expect(holder.use()).rejects.toThrow('the session has ended');
    await expect(holder.held()).rejects.toThrow('the session has ended');
    expect(asked).toEqual(['request', 'request']);
  });
});
