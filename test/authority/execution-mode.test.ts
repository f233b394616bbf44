import { afterAll, beforeAll, expect, test } from 'vitest';
import { activateWrit } from '../../src/authority/services/activate-writ.ts';
import { issueWrit } from '../../src/authority/services/issue-writ.ts';
import { setExecutionMode } from '../../src/authority/services/set-execution-mode.ts';
import { governance, issueRequest, openWorld, outcomeOf, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.remove());

const set = (person: string, assistant: string, mode: 'enabled' | 'suspended', reason = 'because') =>
  outcomeOf(setExecutionMode(world.context, person, assistant, mode, reason));
const modeOf = async (assistant: string) =>
  (await world.context.store.assistantMode(assistant))?.mode ?? null;
const liveWrits = async () => (await world.context.store.writs({ states: ['issued', 'active'] })).length;
const last = async () => (await world.entries()).at(-1);

test('an assistant that nobody enabled gets no writ', async () => {
  const issued = await issueWrit(world.context, 'ada', issueRequest);
  expect(issued).toMatchObject({
    refusal: { reason: expect.stringContaining('not enabled'), advice: expect.stringContaining('enablers') },
  });
});

test.each([
  ['bob', 'local', 'enabled'],
  ['carol', 'local', 'enabled'], // security stops, and does not start
  ['eve', 'local', 'enabled'],
  ['eve', 'local', 'suspended'],
  ['nobody', 'local', 'enabled'],
  ['__proto__', 'local', 'enabled'],
  ['ada', 'frozen', 'enabled'], // execution: never
] as const)('%s may not have %s %s, and the attempt is on record', async (person, assistant, mode) => {
  expect(await set(person, assistant, mode, 'let me')).toBe('not_permitted');
  expect(await modeOf(assistant)).toBe(null);
  expect(await last()).toMatchObject({
    type: 'assistant.refused',
    assistant,
    person,
    decision: 'deny',
    data: { asked: mode, reason: 'let me' },
  });
});

test.each([
  ['ada', 'ghost', 'because', 'assistant_unknown'],
  ['ada', '__proto__', 'because', 'assistant_unknown'],
  ['ada', 'local', '', 'reason_missing'],
  ['ada', 'local', ' \n', 'reason_missing'],
])('%s enabling %s because of %j: %s, and nothing is written', async (person, assistant, reason, code) => {
  const before = await world.context.store.log.size();
  expect(await set(person, assistant, 'enabled', reason)).toBe(code);
  expect(await world.context.store.log.size()).toBe(before);
});

test('suspension ends every live writ of the assistant, tells of each, and records who and why', async () => {
  expect(await set('ada', 'local', 'enabled', ' pilot ')).toBe('done');
  expect(await last()).toMatchObject({
    type: 'assistant.enabled',
    person: 'ada',
    data: { reason: 'pilot', policies: ['people.enable'] },
  });
  const writs = [await world.issue(), await world.issue(), await world.issue()];
  await activateWrit(world.context, writs[1]?.claims.id ?? '');
  world.told.length = 0;

  expect(await set('carol', 'local', 'suspended', 'odd pushes')).toBe('done');

  const ids = writs.map(({ claims }) => claims.id).toSorted();
  const ended = world.told.map(({ what }) => what as { writ: string; state: string; reason: string });
  expect(ended.map(({ writ }) => writ).toSorted()).toEqual(ids);
  expect(ended[0]).toMatchObject({ state: 'revoked', reason: expect.stringContaining('odd pushes') });
  const rows = await Promise.all(ids.map((id) => world.context.store.writ(id)));
  expect(rows.map((row) => [row?.state, row?.ended?.by])).toEqual(ids.map(() => ['revoked', 'carol']));
  const written = (await world.entries()).slice(-4);
  expect(written.map(({ type, person }) => `${type} ${person}`)).toEqual([
    'assistant.suspended carol',
    ...ids.map(() => 'writ.revoked carol'),
  ]);
  expect(await issueWrit(world.context, 'ada', issueRequest)).toHaveProperty('refusal');
});

test('no writ slips through while the assistant is being suspended', async () => {
  await set('ada', 'local', 'enabled');
  await Promise.all([
    ...Array.from({ length: 20 }, () => issueWrit(world.context, 'ada', issueRequest)),
    set('carol', 'local', 'suspended'),
    ...Array.from({ length: 20 }, () => issueWrit(world.context, 'ada', issueRequest)),
  ]);
  expect(await liveWrits()).toBe(0);
});

test('no writ outlives a policy that would not issue it, also one issued at the same moment', async () => {
  await set('ada', 'local', 'enabled');
  await world.issue();
  world.told.length = 0;
  const issueSome = () => Array.from({ length: 20 }, () => issueWrit(world.context, 'ada', issueRequest));
  await Promise.all([
    ...issueSome(),
    world.publish(governance((text) => text.replace('[observe, develop, maintain]', '[observe]'))),
    ...issueSome(),
  ]);
  expect(await liveWrits()).toBe(0);
  expect(world.told.filter(({ event }) => event === 'ended').length).toBeGreaterThan(0);
  await world.publish(governance());
});
