import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activateWrit } from '../../src/authority/services/activate-writ.ts';
import { closeWrit } from '../../src/authority/services/end-writ.ts';
import { expireWrits } from '../../src/authority/services/expire-writs.ts';
import { issueWrit } from '../../src/authority/services/issue-writ.ts';
import { record } from '../../src/authority/services/record.ts';
import { renewWrit } from '../../src/authority/services/renew-writ.ts';
import { revokeWrit } from '../../src/authority/services/revoke-writ.ts';
import { setExecutionMode } from '../../src/authority/services/set-execution-mode.ts';
import { publicJwk, verificationKeys } from '../../src/core/identity/keys.ts';
import { verifyWrit } from '../../src/core/identity/writ-token.ts';
import type { EntryType } from '../../src/core/model/entry.ts';
import { canBecome, type Writ, type WritState } from '../../src/core/model/writ.ts';
import { governance, issueRequest, openWorld, outcomeOf, renewals, writTtl, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.remove());
beforeEach(async () => {
  await world.publish(governance());
  await world.enable();
});

const row = async (id: string): Promise<Writ> => {
  const writ = await world.context.store.writ(id);
  if (writ === null) throw new Error(`no row of ${id}`);
  return writ;
};

const stateAfter: Partial<Record<EntryType, WritState>> = {
  'writ.issued': 'issued',
  'writ.activated': 'active',
  'writ.closed': 'closed',
  'writ.expired': 'expired',
  'writ.revoked': 'revoked',
};

/** Where the steps lead, if each was legal. */
function lifeBy(types: readonly EntryType[]): WritState {
  let state: WritState = 'requested';
  for (const type of types) {
    if ((type === 'writ.renewed' && isOpen(state)) || type === 'writ.refused') continue;
    const next: WritState | undefined = stateAfter[type];
    if (next === undefined || !canBecome(state, next)) throw new Error(`${type} after ${state}`);
    state = next;
  }
  return state;
}

/** The log alone tells the writ's life, every step of it legal, and ends where the row is. */
async function assertLogAndRowAgree(id: string): Promise<void> {
  const writ = await row(id);
  const found = await world.context.store.log.entries({ writ: id, order: 'oldest-first' });
  const entries = found.map(({ entry }) => entry);
  const types = entries.map(({ type }) => type);
  expect(types[0]).toBe('writ.requested');
  expect(lifeBy(types.slice(1))).toBe(writ.state);
  const granted = entries.filter(({ type }) => type === 'writ.renewed' || type === 'writ.issued');
  expect(granted.length - 1).toBe(writ.renewals);
  expect(granted.at(-1)?.data['expiresAt']).toBe(writ.claims.expiresAt);
  expect(writ.ended === null).toBe(isOpen(writ.state));
  const keys = verificationKeys([publicJwk(world.context.writKey)]);
  expect(verifyWrit(writ.signature, keys, writ.claims.issuedAt)).toEqual(writ.claims);
}

/** Steps on the writ that was issued `which` from last. */
type Step =
  | { readonly kind: 'activate' | 'renew' | 'close' | 'revoke' | 'revoke by eve'; readonly which: number }
  | { readonly kind: 'issue' | 'sweep' | 'suspend' | 'enable' }
  | { readonly kind: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('activate', 'renew', 'close', 'revoke', 'revoke by eve'),
      which: fc.nat(2),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('issue', 'sweep') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('suspend', 'enable') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1, writTtl / 3, writTtl - 1, writTtl),
    }),
  },
);

/** What the rules say, kept beside the authority. */
interface Expected {
  readonly id: string;
  state: WritState;
  expiresAt: number;
  renewals: number;
}

async function take(one: Step, all: Expected[]): Promise<string> {
  const { context, clock } = world;
  const id = 'which' in one ? (all.at(-1 - one.which)?.id ?? 'writ_none') : '';
  switch (one.kind) {
    case 'issue': {
      const issued = await issueWrit(context, 'ada', issueRequest);
      if ('refusal' in issued) return 'refused';
      const { id: fresh, expiresAt } = issued.writ.claims;
      all.push({ id: fresh, state: 'issued', expiresAt, renewals: 0 });
      return 'done';
    }
    case 'activate':
      return outcomeOf(activateWrit(context, id));
    case 'renew':
      return outcomeOf(renewWrit(context, id));
    case 'close':
      return outcomeOf(closeWrit(context, id, 'done'));
    case 'revoke':
      return outcomeOf(revokeWrit(context, 'ada', id, 'enough'));
    case 'revoke by eve':
      return outcomeOf(revokeWrit(context, 'eve', id, 'mischief'));
    case 'sweep':
      return outcomeOf(expireWrits(context));
    case 'suspend':
      return outcomeOf(setExecutionMode(context, 'carol', 'local', 'suspended', 'stop'));
    case 'enable':
      return outcomeOf(setExecutionMode(context, 'ada', 'local', 'enabled', 'go on'));
    case 'wait':
      clock.now += one.ms;
      return 'done';
  }
}

/** The outcome that the rules ask for; changes `all` as the step does. */
function expectedOf(one: Step, all: Expected[], enabled: boolean): string {
  const { now } = world.clock;
  const live = ({ state, expiresAt }: Expected) => isOpen(state) && expiresAt > now;
  if (one.kind === 'sweep' || one.kind === 'suspend') {
    for (const writ of all) {
      if (!isOpen(writ.state)) continue;
      if (one.kind === 'suspend') writ.state = 'revoked';
      else if (!live(writ)) writ.state = 'expired';
    }
    return 'done';
  }
  if (one.kind === 'issue') return enabled ? 'done' : 'refused';
  if (!('which' in one)) return 'done';
  const writ = all.at(-1 - one.which);
  if (writ === undefined) return 'writ_unknown';
  if (one.kind === 'close') {
    if (isOpen(writ.state)) writ.state = 'closed';
    return 'done';
  }
  if (one.kind === 'revoke by eve') return 'not_permitted';
  if (one.kind === 'revoke') {
    if (!isOpen(writ.state)) return 'writ_ended';
    writ.state = 'revoked';
    return 'done';
  }
  if (!live(writ)) return 'writ_ended';
  if (one.kind === 'activate') {
    writ.state = 'active';
    return 'done';
  }
  if (writ.renewals >= renewals) return 'writ_renewals_spent';
  if (!enabled) return 'not_permitted';
  writ.renewals += 1;
  writ.expiresAt = now + writTtl;
  return 'done';
}

function isOpen(state: WritState): boolean {
  return state === 'issued' || state === 'active';
}

describe('the life of writs', () => {
  test('is as the rules say after every step, and the log tells the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        await world.enable();
        let enabled = true;
        const all: Expected[] = [];
        for (const one of [{ kind: 'issue' } as const, ...steps]) {
          const said = expectedOf(one, all, enabled);
          if (one.kind === 'suspend' || one.kind === 'enable') enabled = one.kind === 'enable';
          const outcome = await take(one, all);
          expect([one, outcome]).toEqual([one, said]);
        }
        for (const { id, ...rest } of all) {
          const { state, claims, renewals: renewed } = await row(id);
          expect({ state, expiresAt: claims.expiresAt, renewals: renewed }).toEqual(rest);
          await assertLogAndRowAgree(id);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('stays legal when all happens at once, and each end is told once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        await world.enable();
        const all: Expected[] = [];
        for (let i = 0; i < 3; i += 1) await take({ kind: 'issue' }, all);
        world.told.length = 0;
        await Promise.all(steps.map((one) => take(one, all)));
        for (const { id } of all) {
          await assertLogAndRowAgree(id);
          const { state } = await row(id);
          const told = world.told.filter(
            ({ event, what }) => event === 'ended' && (what as { writ: string }).writ === id,
          );
          expect(told.map(({ what }) => (what as { state: string }).state)).toEqual(
            isOpen(state) ? [] : [state],
          );
        }
      }),
      { numRuns: 25 },
    );
  });

  test('decisions that raced with a revocation are on record before it, or refused', async () => {
    const { id } = (await world.issue()).claims;
    const report = {
      type: 'decision',
      writ: id,
      session: 's',
      command: 'ls',
      decision: 'allow',
      data: {},
    } as const;
    const decisions = () => Array.from({ length: 20 }, () => outcomeOf(record(world.context, [report])));
    const revocation = () => outcomeOf(revokeWrit(world.context, 'ada', id, 'enough'));
    const [revoked, ...outcomes] = await Promise.all([revocation(), ...decisions(), ...decisions()]);
    expect(revoked).toBe('done');
    const found = await world.context.store.log.entries({ writ: id, order: 'oldest-first' });
    const types = found.map(({ entry }) => entry.type);
    const taken = outcomes.filter((outcome) => outcome === 'done');
    expect(types.at(-1)).toBe('writ.revoked');
    expect(types.filter((type) => type === 'decision')).toHaveLength(taken.length);
    expect(outcomes.filter((outcome) => outcome === 'writ_ended')).toHaveLength(40 - taken.length);
  });

  test('is over at its last millisecond, swept or not, and no sweep ends one that was renewed', async () => {
    const { context, clock } = world;
    const renewed = await world.issue();
    const left = await world.issue();
    clock.now = left.claims.expiresAt - 1;
    await renewWrit(context, renewed.claims.id);
    await activateWrit(context, left.claims.id);
    clock.now += 1;
    expect(await outcomeOf(activateWrit(context, left.claims.id))).toBe('writ_ended');
    expect(await outcomeOf(renewWrit(context, left.claims.id))).toBe('writ_ended');
    await expireWrits(context);
    expect((await row(left.claims.id)).state).toBe('expired');
    expect((await row(renewed.claims.id)).state).toBe('issued');
  });

  test('a sweep that raced with a renewal leaves the renewed writ alone', async () => {
    const { context, clock } = world;
    const { id, expiresAt } = (await world.issue()).claims;
    clock.now = expiresAt - 1;
    const renewal = renewWrit(context, id);
    const sweep = expireWrits({ ...context, clock: () => expiresAt });
    await Promise.all([renewal, sweep]);
    expect((await row(id)).state).toBe('issued');
    await assertLogAndRowAgree(id);
  });
});

describe('a writ', () => {
  test('is bound to what was asked, and lives as long as policy says', async () => {
    const { claims } = await world.issue({ job: 'TICKET-7' });
    expect(claims).toEqual({
      ...issueRequest,
      id: claims.id,
      job: 'TICKET-7',
      requester: 'ada',
      policyVersion: world.context.policy.bundle?.version,
      issuedAt: world.clock.now,
      expiresAt: world.clock.now + writTtl,
    });
  });

  test.each([
    ['an unknown assistant', { assistant: 'nobody' }, /not registered/],
    ['an assistant named like an object member', { assistant: '__proto__' }, /not registered/],
    ['an assistant that never executes', { assistant: 'frozen', profile: 'observe' }, /not enabled/],
    ['an unknown profile', { profile: 'root' }, /no profile/],
    [
      'an unknown repository',
      { repository: { ...issueRequest.repository, remote: 'github.com/evil/shop' } },
      /not registered/,
    ],
  ])('for %s is refused, on record, without a row', async (_, changes, why) => {
    const before = (await world.context.store.writs()).length;
    const issued = await issueWrit(world.context, 'ada', { ...issueRequest, ...changes });
    expect(issued).toMatchObject({ refusal: { decision: 'deny', reason: expect.stringMatching(why) } });
    expect((await world.context.store.writs()).length).toBe(before);
    const last = (await world.entries()).slice(-2);
    expect(last.map(({ type }) => type)).toEqual(['writ.requested', 'writ.refused']);
    expect(last[1]).toMatchObject({ person: 'ada', decision: 'deny' });
  });

  test('is renewed as often as policy says, and no more', async () => {
    const { id } = (await world.issue()).claims;
    for (let i = 0; i < renewals; i += 1) await renewWrit(world.context, id);
    expect(await outcomeOf(renewWrit(world.context, id))).toBe('writ_renewals_spent');
    await assertLogAndRowAgree(id);
  });

  test('carries the policy version that renewed it', async () => {
    const { id } = (await world.issue()).claims;
    await world.publish(governance((text) => text.replace('approvalTtl: 30m', 'approvalTtl: 20m')));
    const renewed = await renewWrit(world.context, id);
    expect(renewed.claims.policyVersion).toBe(world.context.policy.bundle?.version);
    await assertLogAndRowAgree(id);
  });

  test.each(['', ' ', '\n\t'])('is not revoked without a reason (%j)', async (reason) => {
    const { id } = (await world.issue()).claims;
    expect(await outcomeOf(revokeWrit(world.context, 'ada', id, reason))).toBe('reason_missing');
    expect((await row(id)).state).toBe('issued');
  });

  test('that is revoked is told at once, with who and why on record', async () => {
    const { id } = (await world.issue()).claims;
    world.told.length = 0;
    await revokeWrit(world.context, 'carol', id, ' it runs wild ');
    expect(world.told).toEqual([
      { event: 'ended', what: { writ: id, state: 'revoked', reason: 'it runs wild' } },
    ]);
    expect((await world.entries(['writ.revoked'])).at(-1)).toMatchObject({
      person: 'carol',
      writ: id,
      data: { by: 'carol', reason: 'it runs wild' },
    });
  });
});
