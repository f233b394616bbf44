/** A writ for one command is drafted first, and issued in one transaction with the decision that it is for. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAuthorityApp } from '../../src/authority/http/app.ts';
import { draftWrit, issueDrafted } from '../../src/authority/services/issue-writ.ts';
import type { Reported } from '../../src/authority/services/record.ts';
import { setExecutionMode } from '../../src/authority/services/set-execution-mode.ts';
import { verificationKeys, publicJwk } from '../../src/core/identity/keys.ts';
import { verifyWrit } from '../../src/core/identity/writ-token.ts';
import type { WritClaims } from '../../src/core/model/writ.ts';
import { governance, issueRequest, openWorld, outcomeOf, type World } from './world.ts';

let world: World;
let claims: WritClaims;
let before: number;
const request = { ...issueRequest, activate: true };
const logSize = () => world.context.store.log.size();
const since = async () => (await world.entries()).slice(before).map(({ type }) => type);

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.remove());
beforeEach(async () => {
  await world.publish(governance());
  await world.enable();
  before = await logSize();
  const drafted = await draftWrit(world.context, 'ada', request);
  if (!('claims' in drafted)) throw new Error('refused');
  claims = drafted.claims;
});

function reports(): Reported[] {
  const of = { writ: claims.id, session: 'ses_one', command: 'make', data: {} };
  return [
    { ...of, type: 'decision', decision: 'allow' },
    { ...of, type: 'execution.started', decision: null },
  ];
}

const asDrafted = (changes: Partial<WritClaims> = {}) => {
  const { id, requester, policyVersion } = { ...claims, ...changes };
  return { ...request, id, requester, policyVersion };
};

test('a draft is nothing yet: neither stored nor on record', async () => {
  expect(await logSize()).toBe(before);
  expect(await world.context.store.writ(claims.id)).toBe(null);
});

test('it is issued with the first that happens under it, in this order', async () => {
  const issued = await issueDrafted(world.context, 'ada', asDrafted(), reports());
  if (!('writ' in issued)) throw new Error('refused');
  expect(await since()).toEqual([
    'writ.requested',
    'writ.issued',
    'writ.activated',
    'decision',
    'execution.started',
  ]);
  const keys = verificationKeys([publicJwk(world.context.writKey)]);
  expect(verifyWrit(issued.writ.signature, keys, world.clock.now)).toEqual(claims);
  expect(await world.context.store.writ(claims.id)).toEqual(issued.writ);
});

test('where it is refused by now, the refusal is all that is on record', async () => {
  await setExecutionMode(world.context, 'ada', 'local', 'suspended', 'to test');
  before = await logSize();
  expect(await issueDrafted(world.context, 'ada', asDrafted(), reports())).toMatchObject({
    refusal: { decision: 'deny' },
  });
  expect(await since()).toEqual(['writ.requested', 'writ.refused']);
  expect(await world.context.store.writ(claims.id)).toBe(null);
});

test.each<[string, () => Promise<unknown>, string]>([
  [
    'the policy is another',
    async () => {
      await world.publish(governance((text) => text.replace('purpose: Talks', 'purpose: Other talks')));
      before = await logSize();
      return issueDrafted(world.context, 'ada', asDrafted(), reports());
    },
    'writ_changed',
  ],
  ['the person is another', () => issueDrafted(world.context, 'bob', asDrafted(), reports()), 'writ_changed'],
  [
    'a report is about another writ',
    () =>
      issueDrafted(
        world.context,
        'ada',
        asDrafted(),
        reports().map((one) => ({ ...one, writ: 'writ_none' })),
      ),
    'writ_unknown',
  ],
])('nothing is on record where %s', async (_case, issue, code) => {
  expect(await outcomeOf(issue())).toBe(code);
  expect(await since()).toEqual([]);
  expect(await world.context.store.writ(claims.id)).toBe(null);
});

test('there is one writ of an id, whatever is asked for', async () => {
  await issueDrafted(world.context, 'ada', asDrafted(), []);
  before = await logSize();
  expect(await outcomeOf(issueDrafted(world.context, 'ada', asDrafted(), reports()))).toBe('store_conflict');
  expect(await since()).toEqual([]);
});

test.each(['/writs/draft', '/writs/drafted'])('%s is for guards alone', async (path) => {
  const app = createAuthorityApp(world.context, () => {});
  const body = JSON.stringify(path === '/writs/draft' ? request : { request: asDrafted(), reports: [] });
  const asked = (guard: boolean) => app.request(path, { method: 'POST', body }, { caller: 'ada', guard });
  const refused = await asked(false);
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ error: { code: 'guard_only' } });
  expect((await asked(true)).status).toBe(200);
});
