/** What a guard says on behalf of its tasks is taken from nobody else, whoever reaches the socket, whatever they send. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthorityApp } from '../../src/authority/http/app.ts';
import { governance, openWorld, type World } from './world.ts';

let world: World;
let app: ReturnType<typeof createAuthorityApp>;
const unknown = `writ_${'0'.repeat(25)}`;

beforeAll(async () => {
  world = await openWorld();
  await world.publish(governance());
  app = createAuthorityApp(world.context, () => {});
});
afterAll(() => world.remove());

const decision = {
  type: 'decision',
  writ: unknown,
  session: 's',
  command: 'ls',
  decision: 'allow',
  data: {},
};
const probe = { ...decision, type: 'enforcement.probed', command: null, decision: null };
const guardOnly = [
  ['/svids/jwt', {}],
  ['/svids/x509', {}],
  ['/leases', {}],
  ['/leases/release', { session: 's', reason: 'x' }],
  ['/leases/lse_1/use', {}],
  ['/leases/lse_1/renew', {}],
  [`/writs/${unknown}/activate`, {}],
  [`/writs/${unknown}/renew`, {}],
  [`/writs/${unknown}/close`, { reason: 'x' }],
  ['/entries', { reports: [decision] }],
  ['/entries', { reports: [probe, decision] }],
  ['/entries', { reports: [probe], close: { writ: unknown, reason: 'x' } }],
  ['/approvals', {}],
  ['/approvals/apr_1/use', {}],
] as const;

/** Claims that a request can make about itself. */
const pretending = { authorization: 'Bearer guard', 'x-writ-guard': 'true', forwarded: 'for=guard' };
const callers = {
  nobody: { caller: null },
  'a person': { caller: 'ada' },
  'what is not quite the guard': { caller: 'ada', guard: 'true' as unknown as boolean },
};

async function asked(path: string, body: object, from: { caller: string | null; guard?: boolean }) {
  const init = { method: 'POST', body: JSON.stringify(body), headers: pretending };
  const answer = await app.request(path, init, from);
  const { error } = (await answer.json().catch(() => ({}))) as { error?: { code: string } };
  return [answer.status, error?.code] as const;
}

describe.each(guardOnly)('POST %s', (path, body) => {
  test.each(Object.keys(callers) as (keyof typeof callers)[])('refuses %s', async (who) => {
    expect(await asked(path, body, callers[who])).toEqual([403, 'guard_only']);
  });

  test('hears the guard', async () => {
    const [, code] = await asked(path, body, { caller: 'ada', guard: true });
    expect(code).not.toBe('guard_only');
  });
});

test('a person may report what doctor found, of a writ that there is', async () => {
  expect(await asked('/entries', { reports: [probe] }, { caller: 'ada' })).toEqual([404, 'writ_unknown']);
});
