import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeWrit } from '../../src/authority/services/end-writ.ts';
import { record, type Reported } from '../../src/authority/services/record.ts';
import { revokeWrit } from '../../src/authority/services/revoke-writ.ts';
import { RecentNames } from '../../src/authority/recent-names.ts';
import type { Writ } from '../../src/core/model/writ.ts';
import { openWorld, outcomeOf, remote, writTtl, type World } from './world.ts';

let world: World;
let writ: Writ;
let sessions = 0;
let session = '';
beforeAll(async () => {
  world = await openWorld();
  await world.enable();
});
afterAll(() => world.remove());
beforeEach(async () => {
  writ = await world.issue({ job: 'SHOP-1' });
  sessions += 1;
  session = `ses_${sessions}`;
});

function report(type: Reported['type'], changes: Partial<Reported> = {}): Reported {
  const decision = type === 'decision' ? 'allow' : null;
  return { type, writ: writ.claims.id, session, command: 'npm test', decision, data: {}, ...changes };
}

const recorded = async () => {
  const found = await world.context.store.log.entries({ session, order: 'oldest-first' });
  return found.map(({ entry }) => entry.type);
};

const endings: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['revoked', () => revokeWrit(world.context, 'ada', writ.claims.id, 'enough')],
  ['closed', () => closeWrit(world.context, writ.claims.id, 'done')],
  ['expired, though no sweep has seen it', async () => (world.clock.now += writTtl)],
];

describe('what the guard reports', () => {
  test('is on record in order, about the task that the writ names and not what the guard says', async () => {
    const all = [report('decision'), report('execution.started'), report('alert'), report('execution.ended')];
    const indexes = await record(world.context, all);
    expect(indexes).toEqual([0, 1, 2, 3].map((at) => (indexes[0] ?? 0) + at));
    expect(await recorded()).toEqual(all.map(({ type }) => type));
    const [found] = await world.context.store.log.entries({ session, limit: 1, order: 'oldest-first' });
    expect(found?.entry).toMatchObject({
      assistant: 'local',
      person: 'ada',
      repository: remote,
      command: 'npm test',
      decision: 'allow',
      time: world.clock.now,
    });
  });

  test.each(endings)(
    'under a writ that is %s: no decision and no start, but ends and alerts',
    async (_, end) => {
      await end();
      expect(await outcomeOf(record(world.context, [report('decision')]))).toBe('writ_ended');
      expect(await outcomeOf(record(world.context, [report('execution.started')]))).toBe('writ_ended');
      expect(await outcomeOf(record(world.context, [report('alert'), report('execution.ended')]))).toBe(
        'done',
      );
      expect(await recorded()).toEqual(['alert', 'execution.ended']);
    },
  );

  test('closes the writ that is over with it, in the same transaction', async () => {
    const ended: string[] = [];
    world.context.events.on('ended', ({ writ: id, state }) => ended.push(`${id} ${state}`));
    const close = { writ: writ.claims.id, reason: 'the command ended' };
    const both = [report('execution.ended'), report('alert', { writ: 'writ_none' })];
    expect(await outcomeOf(record(world.context, both, close))).toBe('writ_unknown');
    expect(await world.context.store.writ(writ.claims.id)).toMatchObject({ state: 'issued' });
    await record(world.context, [report('execution.ended')], close);
    expect(await world.context.store.writ(writ.claims.id)).toMatchObject({
      state: 'closed',
      ended: { by: 'guard', reason: 'the command ended' },
    });
    expect(ended).toEqual([`${writ.claims.id} closed`]);
  });

  test('leaves a writ that was revoked meanwhile as it is', async () => {
    await revokeWrit(world.context, 'ada', writ.claims.id, 'enough');
    await record(world.context, [report('execution.ended')], { writ: writ.claims.id, reason: 'over' });
    expect(await world.context.store.writ(writ.claims.id)).toMatchObject({ state: 'revoked' });
  });

  test('a writ under which something runs at once is active from the start, and the log says so', async () => {
    const active = await world.issue({ activate: true });
    expect(active.state).toBe('active');
    const found = await world.context.store.log.entries({ writ: active.claims.id, order: 'oldest-first' });
    expect(found.map(({ entry }) => entry.type)).toEqual(['writ.requested', 'writ.issued', 'writ.activated']);
  });

  test('under a writ that there is not, is refused', async () => {
    for (const type of ['decision', 'execution.started', 'execution.ended', 'alert'] as const) {
      expect(await outcomeOf(record(world.context, [report(type, { writ: 'writ_none' })]))).toBe(
        'writ_unknown',
      );
    }
    expect(await recorded()).toEqual([]);
  });

  test('is recorded whole or not at all', async () => {
    const one = [report('decision'), report('execution.ended'), report('alert', { writ: 'writ_none' })];
    expect(await outcomeOf(record(world.context, one))).toBe('writ_unknown');
    expect(await recorded()).toEqual([]);
    expect(await outcomeOf(record(world.context, [report('execution.ended')]))).toBe('done');
  });
});

describe('the end of a session', () => {
  const end = (context = world.context) => outcomeOf(record(context, [report('execution.ended')]));

  test('is on record once, however many report it at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => end()));
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'execution_ended')).toHaveLength(49);
    expect(await recorded()).toEqual(['execution.ended']);
  });

  test('is not taken twice within one report', async () => {
    const twice = [report('execution.ended'), report('execution.ended')];
    expect(await outcomeOf(record(world.context, twice))).toBe('execution_ended');
    expect(await recorded()).toEqual([]);
    expect(await end()).toBe('done');
  });

  test('is known from the log as well, after a start', async () => {
    expect(await end()).toBe('done');
    const restarted = { ...world.context, endedSessions: new RecentNames(10) };
    expect(await end(restarted)).toBe('execution_ended');
    expect(await recorded()).toEqual(['execution.ended']);
  });
});

test('recent names are told from new ones, up to as many as are kept', () => {
  const names = new RecentNames(2);
  expect(['a', 'b', 'a', 'c', 'b', 'a'].map((name) => names.add(name))).toEqual([
    true,
    true,
    false,
    true,
    false,
    true,
  ]);
  names.delete('a');
  expect(names.add('a')).toBe(true);
});
