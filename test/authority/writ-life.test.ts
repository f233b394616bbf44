/** How long authority lasts: by profile and organisation, by renewal, and by the clock of a running authority. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority } from '../../src/authority/authority.ts';
import { publishPolicy } from '../../src/authority/services/publish-policy.ts';
import { renewWrit } from '../../src/authority/services/renew-writ.ts';
import { requestApproval } from '../../src/authority/services/request-approval.ts';
import { stock } from '../policy/organisation.ts';
import { approvalTtl, governance, openWorld, outcomeOf, remote, writTtl, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.enable();
});
afterAll(() => world.remove());

const profileTtl = (ttl: string) =>
  governance((text) => text.replace('profiles: {}', `profiles: { develop: { ttl: ${ttl} } }`));

test.each([
  ['shortens the life of a writ', '1m', 60_000],
  ['does not lengthen it', '2h', writTtl],
])('a profile %s, at issue and at renewal', async (_, ttl, life) => {
  expect(await world.publish(profileTtl(ttl))).toMatchObject({ outcome: 'published' });
  const { claims } = await world.issue();
  expect(claims.expiresAt - claims.issuedAt).toBe(life);
  world.clock.now += 1000;
  const renewed = await renewWrit(world.context, claims.id);
  expect(renewed.claims.expiresAt).toBe(world.clock.now + life);
});

test('a renewal that policy refuses is on record, and the writ lives to its end as it was', async () => {
  await world.publish(governance());
  const writ = await world.issue();
  const { id } = writ.claims;
  // Suspension revokes; this is the mode alone, as if the two had come apart.
  const mode = { assistant: 'local', mode: 'suspended', by: 'carol', reason: 'stop', at: 0 } as const;
  await world.context.store.commit((unit) => unit.setAssistantMode(mode));
  expect(await outcomeOf(renewWrit(world.context, id))).toBe('not_permitted');
  expect(await world.context.store.writ(id)).toEqual(writ);
  const [refused] = (await world.entries(['writ.refused'])).slice(-1);
  expect(refused).toMatchObject({ writ: id, decision: 'deny', data: { asked: 'renewal' } });
  await world.enable();
});

test('a policy that could not be stored, and had none before it, leaves none', async () => {
  const { store } = world.context;
  const broken = {
    ...world.context,
    policy: { bundle: null, files: {}, problems: 0, rejected: null },
    store: {
      ...store,
      currentPolicy: async () => null,
      commit: (async (work) =>
        store.commit(async (unit) => {
          await work(unit);
          throw new Error('no space left');
        })) satisfies typeof store.commit,
    },
  };
  await expect(publishPolicy(broken, governance(), 'ada')).rejects.toThrow('no space left');
  expect(broken.policy).toMatchObject({ bundle: null, files: {} });
});

test('a running authority expires approvals by itself, and reports sweeps that fail and goes on', async () => {
  const { id } = (await world.issue()).claims;
  const subject = {
    assistant: 'local',
    requester: 'ada',
    job: null,
    profile: 'develop',
    command: 'git push',
    argv: null,
    executable: null,
    cwd: '/home/ada/shop',
    repository: remote,
    commit: null,
    policyVersion: world.context.policy.bundle?.version ?? '',
    missing: ['approval:maintainers'],
  };
  const approval = await requestApproval(world.context, { writ: id, subject, reason: 'it leaves' });
  const errors: unknown[] = [];
  let failures = 1;
  const { store } = world.context;
  const writs: typeof store.writs = async (filter) => {
    failures -= 1;
    if (failures >= 0) throw new Error('no space left');
    return store.writs(filter);
  };
  const authority = await createAuthority({
    store: { ...store, writs, close: async () => {} },
    writKey: world.context.writKey,
    keyStore: world.context.identity.keyStore,
    stock,
    clock: () => world.clock.now + approvalTtl,
    random: randomBytes,
    leasing: world.context.leasing,
    report: (error) => errors.push(error),
  });
  const told = new Promise((resolve) => authority.context.events.once('approval', resolve));
  expect(await told).toBe(approval.id);
  expect((await store.approval(approval.id))?.state).toBe('expired');
  expect(errors).toEqual([new Error('no space left')]);
  await authority.close();
});
