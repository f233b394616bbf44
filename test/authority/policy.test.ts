import { hash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority } from '../../src/authority/authority.ts';
import { publishPolicy } from '../../src/authority/services/publish-policy.ts';
import { currentBundle } from '../../src/authority/context.ts';
import type { Store } from '../../src/authority/store/port.ts';
import { stock } from '../policy/organisation.ts';
import { governance, openWorld, writTtl, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.remove());

const shorter = governance((text) => text.replace('writTtl: 15m', 'writTtl: 5m'));
const broken = governance((text) => text.replace('enablers: [ada]', 'enablers: [adda]'));
const size = () => world.context.store.log.size();
const inForce = () => currentBundle(world.context).version;

test('a policy is published once, with who and what files', async () => {
  const before = inForce();
  const published = await world.publish(shorter);
  expect(published).toMatchObject({ outcome: 'published', version: inForce() });
  expect(inForce()).not.toBe(before);
  const [entry] = (await world.entries(['policy.published'])).slice(-1);
  expect(entry).toMatchObject({ person: 'ada', data: { version: inForce(), previous: before } });
  const digests = Object.entries(shorter).map(([name, text]) => `${hash('sha256', text)}  ${name}`);
  expect(entry?.data['files']).toEqual(digests);
  expect(world.told.at(-1)).toEqual({ event: 'policy', what: inForce() });

  const lines = await size();
  expect(await world.publish(shorter)).toMatchObject({ outcome: 'unchanged', version: inForce() });
  expect(await size()).toBe(lines);
});

test.each<[string, Record<string, string>, RegExp]>([
  ['a reference to nobody', broken, /^organisation\.yaml:\d+:\d+$/],
  ['no YAML', { ...shorter, 'organisation.yaml': 'people: [' }, /^organisation\.yaml:\d+:\d+$/],
  [
    'no Cedar',
    { ...shorter, 'policies/people.cedar': 'permit (principal' },
    /^policies\/people\.cedar:\d+:\d+$/,
  ],
  ['nothing', {}, /^organisation\.yaml:\d+:\d+$/],
])(
  'a bundle with %s is never loaded: the last good one stays, and the places are on record',
  async (_, files, place) => {
    const good = inForce();
    const told = world.told.length;
    expect(await world.publish(files)).toMatchObject({ outcome: 'rejected', version: good });
    expect(inForce()).toBe(good);
    expect(world.context.policy.problems).toBeGreaterThan(0);
    expect((await world.context.store.currentPolicy())?.version).toBe(good);
    expect(world.told.length).toBe(told);
    const [entry] = (await world.entries(['policy.rejected'])).slice(-1);
    expect(entry).toMatchObject({ person: 'ada', data: { stays: good } });
    const problems = entry?.data['problems'] as readonly { place: string; message: string }[];
    expect(problems.map((problem) => problem.place)).toContainEqual(expect.stringMatching(place));
  },
);

test('the same broken files are on record once, and again after something else', async () => {
  await world.publish(shorter);
  const before = await size();
  for (let i = 0; i < 3; i += 1) await publishPolicy(world.context, broken, null);
  expect(await size()).toBe(before + 1);
  await world.publish(shorter);
  await publishPolicy(world.context, broken, null);
  expect(await size()).toBe(before + 2);
});

test('a policy that cannot be stored is not in force', async () => {
  await world.publish(shorter);
  const good = inForce();
  const { store } = world.context;
  const failing: Store = {
    ...store,
    commit: (work) =>
      store.commit(async (unit) => {
        await work(unit);
        throw new Error('no space left');
      }),
  };
  const attempt = publishPolicy({ ...world.context, store: failing }, governance(), 'ada');
  await expect(attempt).rejects.toThrow('no space left');
  expect(inForce()).toBe(good);
  expect(world.context.policy.files).toEqual(shorter);
  expect(await world.publish(governance())).toMatchObject({ outcome: 'published' });
});

test('problems are forgotten when the files are good again', async () => {
  await world.publish(broken);
  await world.publish(shorter);
  expect(world.context.policy.problems).toBe(0);
});

test('an enormous broken bundle is on record in an entry of the usual size', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [`policies/${'x'.repeat(300)}${i}.cedar`, 'permit (']),
  );
  expect(await world.publish({ ...shorter, ...many })).toMatchObject({ outcome: 'rejected' });
  const entry = (await world.entries(['policy.rejected'])).at(-1);
  expect(entry?.data['shortened']).toMatchObject({
    '/data/files': { items: Object.keys(shorter).length + 2000 },
  });
});

test('a fault about text that is none is on record as well', async () => {
  const torn = governance((text) => `${text}\n"\\ud800${'x'.repeat(300)}": 1\n`);
  expect(await world.publish(torn)).toMatchObject({ outcome: 'rejected' });
  const [entry] = (await world.entries(['policy.rejected'])).slice(-1);
  expect(entry?.data['problems']).toMatchObject([{ code: 'key_unknown' }]);
});

test('a policy that could not be stored is not in force', async () => {
  await world.publish(shorter);
  const before = inForce();
  const { store } = world.context;
  const commit: typeof store.commit = (work) =>
    store.commit(async (unit) => {
      await work(unit);
      throw new Error('no space left');
    });
  const failing = { ...world.context, store: { ...store, commit } };
  await expect(publishPolicy(failing, governance(), 'ada')).rejects.toThrow('no space left');
  expect(inForce()).toBe(before);
  expect(await store.currentPolicy()).toMatchObject({ version: before });
});

test('what was in force is in force again after a start, and its clockwork ends writs by itself', async () => {
  await world.publish(governance());
  await world.enable();
  const { id } = (await world.issue()).claims;
  const errors: unknown[] = [];
  let now = world.clock.now;
  const authority = await createAuthority({
    store: world.context.store,
    writKey: world.context.writKey,
    keyStore: world.context.identity.keyStore,
    stock,
    clock: () => now,
    random: randomBytes,
    leasing: world.context.leasing,
    report: (error) => errors.push(error),
  });
  expect(authority.context.policy.bundle?.version).toBe(inForce());
  const ended = new Promise((resolve) => authority.context.events.once('ended', resolve));
  now += writTtl;
  expect(await ended).toEqual({ writ: id, state: 'expired', reason: 'its time was over' });
  expect((await world.context.store.writ(id))?.state).toBe('expired');
  expect(errors).toEqual([]);
  await authority.close();
});
