/** The life of a lease, over a real store and an upstream in memory that fails on demand. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority } from '../../src/authority/authority.ts';
import { decideApproval } from '../../src/authority/services/decide-approval.ts';
import { closeWrit } from '../../src/authority/services/end-writ.ts';
import { expireWrits } from '../../src/authority/services/expire-writs.ts';
import { seal, sealingKey, unseal } from '../../src/authority/brokers/seal.ts';
import { issueLease } from '../../src/authority/services/issue-lease.ts';
import { record } from '../../src/authority/services/record.ts';
import { releaseLeases, revokeLease } from '../../src/authority/services/revoke-leases.ts';
import { revokeWrit, revokeWrits } from '../../src/authority/services/revoke-writ.ts';
import { setExecutionMode } from '../../src/authority/services/set-execution-mode.ts';
import { settleLeases } from '../../src/authority/services/settle-leases.ts';
import { renewLease, useLease } from '../../src/authority/services/use-lease.ts';
import { approvalNamespace, approvalStatement } from '../../src/core/identity/approval-statement.ts';
import type { Lease, LeaseState } from '../../src/core/model/lease.ts';
import { sshsig } from '../ssh/sshsig.ts';
import { governance, openWorld, outcomeOf, sshKeys, writTtl, type World } from '../authority/world.ts';
import { unreachable } from './upstream-in-memory.ts';
import { withDatabase } from './governance.ts';

/** However busy the machine is. */
const patient = { timeout: 50_000 };

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await world.publish(governance(withDatabase));
  await world.enable();
});
afterEach(() => world.remove());

async function lend(writ?: string, session = 'ses_1'): Promise<{ lease: Lease; password: unknown }> {
  const id = writ ?? (await world.issue()).claims.id;
  const request = { writ: id, session, credential: 'shop-db', parameters: {} };
  const lent = await issueLease(world.context, request);
  if ('refusal' in lent) throw new Error(lent.refusal.reason);
  return { lease: lent.lease, password: lent.secret['password'] };
}

const settle = () => settleLeases(world.context, new Set());
const stateOf = async (id: string): Promise<LeaseState | undefined> =>
  (await world.context.store.lease(id))?.state;

async function leaseEntries(): Promise<string[]> {
  const entries = await world.entries();
  return entries.filter(({ type }) => type.startsWith('lease.') || type === 'alert').map(({ type }) => type);
}

describe('lending', () => {
  test('the intent is durable before the upstream is asked, the issue before the secret is handed out', async () => {
    const writ = await world.issue();
    let atAsking: readonly Lease[] = [];
    const hold = Promise.withResolvers<void>();
    world.upstream.hold = hold.promise;
    const lending = lend(writ.claims.id);
    await expect.poll(async () => (atAsking = await world.context.store.leases()), patient).toHaveLength(1);
    expect(atAsking[0]).toMatchObject({ state: 'requested', handle: { role: atAsking[0]?.id } });
    expect(world.upstream.made.size).toBe(0);
    hold.resolve();
    const { lease, password } = await lending;
    expect(password).toBe(`secret-of-${lease.id}`);
    expect(await world.context.store.lease(lease.id)).toEqual(lease);
    expect(lease).toMatchObject({
      state: 'issued',
      writ: writ.claims.id,
      session: 'ses_1',
      assistant: 'local',
      requester: 'ada',
      credential: 'shop-db',
      expiresAt: world.clock.now + 10 * 60_000,
    });
    expect(await leaseEntries()).toEqual(['lease.requested', 'lease.issued']);
  });

  test('never lasts longer than its writ', async () => {
    const writ = await world.issue();
    world.clock.now += writTtl - 60_000;
    const { lease } = await lend(writ.claims.id);
    expect(lease.expiresAt).toBe(writ.claims.expiresAt);
  });

  test.each([
    ['is in no profile of this task', { profile: 'observe' }, 'shop-db', 'in the profile observe'],
    ['is not registered', {}, 'other-db', 'there is no credential "other-db"'],
  ] as const)(
    'what %s is refused, on record, and the upstream never asked',
    async (_, changes, name, why) => {
      const writ = await world.issue(changes);
      const request = { writ: writ.claims.id, session: 'ses_1', credential: name, parameters: {} };
      const lent = await issueLease(world.context, request);
      expect(lent).toMatchObject({ refusal: { decision: 'deny', reason: expect.stringContaining(why) } });
      expect(world.upstream.made.size).toBe(0);
      expect(await world.context.store.leases()).toEqual([]);
      expect((await world.entries(['lease.refused']))[0]).toMatchObject({
        decision: 'deny',
        writ: writ.claims.id,
        data: { credential: name, asked: 'issue' },
      });
    },
  );

  test('under a writ that has ended nothing is lent, used or renewed', async () => {
    const { lease } = await lend();
    await closeWrit(world.context, lease.writ, 'done');
    expect(await outcomeOf(lend(lease.writ))).toBe('writ_ended');
    expect(await outcomeOf(useLease(world.context, lease.id))).toBe('lease_ended');
    expect(await outcomeOf(renewLease(world.context, lease.id))).toBe('lease_ended');
  });

  test('a task may hold a hundred at once', async () => {
    const { lease } = await lend();
    await Promise.all(Array.from({ length: 99 }, (_, at) => lend(lease.writ, `ses_${at}`)));
    expect(await outcomeOf(lend(lease.writ))).toBe('leases_too_many');
  });
});

describe('each use and renewal', () => {
  test('is decided anew and on record; renewing follows the writ', async () => {
    const { lease } = await lend();
    await useLease(world.context, lease.id);
    world.clock.now += 6 * 60_000;
    const renewed = await renewLease(world.context, lease.id);
    expect(renewed.expiresAt).toBe(world.clock.now + 9 * 60_000);
    expect(await leaseEntries()).toEqual(['lease.requested', 'lease.issued', 'lease.used', 'lease.renewed']);
  });

  test('a policy that no longer grants it takes it back, and the writ goes on', async () => {
    const { lease } = await lend();
    await world.publish(
      governance((text) => withDatabase(text).replace('credentials: [shop-db]', 'credentials: []')),
    );
    expect(await stateOf(lease.id)).toBe('revoking');
    expect((await world.context.store.writ(lease.writ))?.state).toBe('issued');
    await settle();
    expect(world.upstream.alive.size).toBe(0);
  });

  test('a policy that grants it as before leaves it alone', async () => {
    const { lease } = await lend();
    await world.publish(governance((text) => `${withDatabase(text)}# another comment\n`));
    expect(await stateOf(lease.id)).toBe('issued');
  });
});

describe('whatever ends the writ queues its leases in the same transaction', () => {
  const revoked = (id: string) => revokeWrit(world.context, 'ada', id, 'odd');
  const endings: readonly (readonly [string, (writ: string) => Promise<unknown>])[] = [
    ['closing', (id) => closeWrit(world.context, id, 'done')],
    ['revocation', revoked],
    ['suspension', () => setExecutionMode(world.context, 'ada', 'local', 'suspended', 'odd')],
    ['all of an assistant', () => revokeWrits(world.context, 'ada', { assistant: 'local' }, 'odd')],
    [
      'all in a repository',
      () => revokeWrits(world.context, 'ada', { repository: 'github.com/acme/shop' }, 'x'),
    ],
    [
      'expiry',
      () => {
        world.clock.now += writTtl;
        return expireWrits(world.context);
      },
    ],
  ];
  test.each(endings)('%s', async (_, end) => {
    const { lease } = await lend();
    await end(lease.writ);
    expect(await stateOf(lease.id)).toBe('revoking');
    await settle();
    expect(world.upstream.alive.size).toBe(0);
    expect(await world.context.store.lease(lease.id)).toMatchObject({ state: 'revoked', sealed: null });
    expect((await leaseEntries()).slice(-2)).toEqual(['lease.revoking', 'lease.revoked']);
  });

  test('what a session was lent ends with it, other sessions of the writ keep theirs', async () => {
    const { lease } = await lend();
    const other = (await lend(lease.writ, 'ses_2')).lease;
    expect(await releaseLeases(world.context, 'ses_1', 'the command ended')).toBe(1);
    expect(await releaseLeases(world.context, 'ses_1', 'the command ended')).toBe(0);
    await settle();
    expect([await stateOf(lease.id), await stateOf(other.id)]).toEqual(['revoked', 'issued']);
  });

  test('one lease by a person; whoever may not is on record', async () => {
    const { lease } = await lend();
    expect(await outcomeOf(revokeLease(world.context, 'eve', lease.id, 'mine'))).toBe('not_permitted');
    expect((await world.entries(['lease.refused']))[0]).toMatchObject({ person: 'eve', decision: 'deny' });
    await revokeLease(world.context, 'ada', lease.id, 'odd queries');
    expect(await outcomeOf(revokeLease(world.context, 'ada', lease.id, 'again'))).toBe('lease_ended');
    await settle();
    expect(await stateOf(lease.id)).toBe('revoked');
  });

  test('at its own expiry, where the upstream does not end it by itself', async () => {
    const { lease } = await lend();
    world.clock.now = lease.expiresAt;
    await settle();
    await settle();
    expect(await stateOf(lease.id)).toBe('revoked');
    expect(world.upstream.alive.size).toBe(0);
  });

  test('where the upstream does, it has expired and nobody is asked', async () => {
    world.upstream.endsByItself = true;
    world.upstream.fail = (act) => void (act === 'revoke' && unreachable());
    const { lease } = await lend();
    world.clock.now = lease.expiresAt;
    await settle();
    expect(await stateOf(lease.id)).toBe('expired');
  });
});

describe('when the upstream fails', () => {
  test('to issue: whatever came into being is revoked, and confirmed only when nothing can follow', async () => {
    world.upstream.fail = (act, done) => void (act === 'issue' && done && unreachable());
    const writ = await world.issue();
    expect(await outcomeOf(lend(writ.claims.id))).toBe('credential_unavailable');
    expect(world.upstream.alive.size).toBe(1);
    const [lease] = await world.context.store.leases();
    await settle();
    expect(world.upstream.alive.size).toBe(0);
    expect(await stateOf(lease?.id ?? '')).toBe('revoking');
    world.clock.now += 30_000;
    await settle();
    expect(await stateOf(lease?.id ?? '')).toBe('revoked');
  });

  test('to revoke: again with growing patience, an alert once it is late, and done in the end', async () => {
    const { lease } = await lend();
    await closeWrit(world.context, lease.writ, 'done');
    world.upstream.fail = (act) => void (act === 'revoke' && unreachable());
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const before = world.clock.now;
      await settle();
      const next = (await world.context.store.lease(lease.id))?.revocation?.nextAttemptAt ?? 0;
      waits.push(next - before);
      world.clock.now = next;
    }
    expect(waits[0]).toBeLessThan(300);
    expect(Math.max(...waits)).toBeLessThanOrEqual(37_500);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(22_500);
    const alerts = await world.entries(['alert']);
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.data).toMatchObject({
      kind: 'revocation-late',
      lease: lease.id,
      credential: 'shop-db',
      fault: 'the database does not answer',
    });
    world.upstream.fail = () => {};
    await settle();
    expect(await stateOf(lease.id)).toBe('revoked');
    expect(world.upstream.alive.size).toBe(0);
  });

  test('the end of the writ while the upstream is asked: the answer is not handed out, and revoked', async () => {
    const writ = await world.issue();
    const hold = Promise.withResolvers<void>();
    world.upstream.hold = hold.promise;
    const lending = lend(writ.claims.id);
    await expect.poll(() => world.context.store.leases(), patient).toHaveLength(1);
    await closeWrit(world.context, writ.claims.id, 'done');
    hold.resolve();
    expect(await outcomeOf(lending)).toBe('lease_ended');
    expect(world.upstream.alive.size).toBe(1);
    world.clock.now += 30_000;
    await settle();
    expect(world.upstream.alive.size).toBe(0);
    expect((await world.context.store.leases())[0]?.state).toBe('revoked');
  });

  test('a process that died between asking and recording: the next one revokes what it may have made', async () => {
    const writ = await world.issue();
    const { store } = world.context;
    let commits = 0;
    const dying = {
      ...store,
      commit: ((work) => (commits++ > 0 ? new Promise(() => {}) : store.commit(work))) as typeof store.commit,
    };
    const request = { writ: writ.claims.id, session: 'ses_1', credential: 'shop-db', parameters: {} };
    void issueLease({ ...world.context, store: dying }, request);
    await expect.poll(() => world.upstream.alive.size, patient).toBe(1);
    world.clock.now += 60_000;
    await settle();
    await settle();
    expect(world.upstream.alive.size).toBe(0);
    expect((await store.leases())[0]?.state).toBe('revoked');
  });
});

test('a start finishes what was queued before, and takes back what the lost sessions of its guard held', async () => {
  const { lease: queued } = await lend();
  await closeWrit(world.context, queued.writ, 'done');
  const writ = await world.issue();
  const lost = (await lend(writ.claims.id, 'ses_lost')).lease;
  const elsewhere = (await lend(writ.claims.id, 'ses_elsewhere')).lease;
  for (const [session, guard] of [
    ['ses_lost', 'here'],
    ['ses_elsewhere', 'there'],
  ] as const) {
    const facts = { writ: writ.claims.id, session, command: 'npm test', decision: null };
    await record(world.context, [{ ...facts, type: 'execution.started', data: { guard } }]);
  }
  const { store, leasing, identity, writKey, stock, clock, random } = world.context;
  const authority = await createAuthority({
    store: { ...store, close: async () => {} },
    leasing,
    keyStore: identity.keyStore,
    writKey,
    stock,
    clock,
    random,
    report: (error) => expect.fail(String(error)),
    embeddedGuard: 'here',
  });
  await expect.poll(() => [...world.upstream.alive], patient).toEqual([elsewhere.id]);
  await expect.poll(() => stateOf(lost.id), patient).toBe('revoked');
  expect(await stateOf(elsewhere.id)).toBe('issued');
  await authority.close();
});

test('what is sealed opens with its key and for its lease alone, and secrets are nowhere in clear', async () => {
  const { lease, password } = await lend();
  expect(lease.sealed).toMatch(/^[A-Za-z0-9+/=]+$/);
  const key = sealingKey(Buffer.alloc(32, 4));
  expect(unseal(key, lease.id, lease.sealed ?? '')).toBe(password);
  expect(() => unseal(key, 'lse_other', lease.sealed ?? '')).toThrow('cannot be opened');
  expect(() => unseal(sealingKey(Buffer.alloc(32, 5)), lease.id, lease.sealed ?? '')).toThrow(
    'cannot be opened',
  );
  expect(seal(key, 'a', 'x', Buffer.alloc(12, 1))).not.toBe(seal(key, 'a', 'x', Buffer.alloc(12, 2)));
  const stored = JSON.stringify([await world.context.store.leases(), await world.entries()]);
  expect(stored).not.toContain(String(password));
});

describe('where policy asks for evidence', () => {
  const gated = (text: string): Record<string, string> => ({
    ...governance(withDatabase),
    'policies/house.cedar': text,
  });
  const rule = `@id("house.shop-db")
@reason("the shop's database is looked after by security")
forbid (principal is Writ::Task, action == Writ::Action::"useCredential", resource is Writ::Credential)
when { resource.kind == "postgres" && resource.scopes.contains("select") }
unless { context.evidence.contains("approval:security") };
`;
  const asked = async (writ: string, session = 'ses_1') =>
    issueLease(world.context, { writ, session, credential: 'shop-db', parameters: {} });
  const decided = async (decision: 'grant' | 'deny') => {
    const [approval] = await world.context.store.approvals({ states: ['waiting'] });
    if (approval === undefined) throw new Error('nothing waits');
    const statement = approvalStatement(approval, decision, 'ok');
    const signature = sshsig(sshKeys.carol, statement, approvalNamespace);
    await decideApproval(world.context, approval.id, { decision, reason: 'ok', signature });
    return approval;
  };

  test('it is refused with what is missing, approved by another person, and then lent once', async () => {
    await world.publish(gated(rule));
    const writ = (await world.issue()).claims.id;
    const refused = await asked(writ);
    expect(refused).toMatchObject({
      refusal: {
        decision: 'step-up',
        missing: ['approval:security'],
        reason: "the shop's database is looked after by security",
        advice: expect.stringMatching(/writ approve apr_\w+; then try again/),
      },
    });
    await asked(writ);
    const approval = await decided('grant');
    expect(approval).toMatchObject({
      subject: { command: 'writ lease shop-db', missing: ['approval:security'] },
      reason: 'lends the credential shop-db: the test data of github.com/acme/shop',
    });
    const { lease } = await lend(writ);
    expect(lease.evidence).toEqual([{ key: 'approval:security', by: 'carol', reference: approval.id }]);
    expect((await world.context.store.approval(approval.id))?.state).toBe('used');
    await useLease(world.context, lease.id);
    await renewLease(world.context, lease.id);
    expect(await asked(writ, 'ses_2')).toMatchObject({ refusal: { decision: 'step-up' } });
  });

  test('a denial leaves it refused, and another policy version takes back what was approved', async () => {
    await world.publish(gated(rule));
    const writ = (await world.issue()).claims.id;
    await asked(writ);
    await decided('deny');
    expect(await asked(writ)).toMatchObject({ refusal: { decision: 'step-up' } });
    await decided('grant');
    const { lease } = await lend(writ);
    await world.publish(gated(`${rule}// as before\n`));
    expect(await stateOf(lease.id)).toBe('revoking');
  });
});
