/** Rows of state: come back as they went in, found by the bytes of their names. */
import { expect, test } from 'vitest';
import type { Store, Unit } from '../../../src/authority/store/port.ts';
import type { SvidKey } from '../../../src/core/identity/svid-keys.ts';
import { sampleApproval, sampleWrit } from '../samples.ts';
import { hostile, range, type OnBackend } from './on-backend.ts';

export function rowsConform(on: OnBackend): void {
  test('come back as they went in, and are seen within their own work at once', async () => {
    const writ = sampleWrit(hostile, { assistant: hostile, signature: hostile });
    const approval = sampleApproval(hostile, { writ: hostile, reason: hostile });
    const policy = {
      version: 'v1',
      files: { 'organisation.yaml': hostile, [hostile]: '' },
      publishedAt: 5,
    };
    const mode = { assistant: 'claude', mode: 'enabled', by: 'ann', reason: 'É "why"', at: 7 } as const;
    const look = async (from: Store | Unit): Promise<unknown[]> => [
      await from.writ(hostile),
      await from.approval(hostile),
      await from.currentPolicy(),
      await from.assistantMode('claude'),
    ];
    expect(await look(on.store)).toEqual([null, null, null, null]);
    const { value } = await on.store.commit(async (unit) => {
      await unit.insertWrit(writ);
      await unit.insertApproval(approval);
      await unit.setCurrentPolicy(policy);
      await unit.setAssistantMode(mode);
      return look(unit);
    });
    expect(value).toEqual([writ, approval, policy, mode]);
    expect(await look(on.store)).toEqual([writ, approval, policy, mode]);
  });

  test('modes and the current policy are replaced', async () => {
    const first = { version: 'v1', files: { a: '1' }, publishedAt: 1 };
    const second = { version: 'v2', files: { a: '2' }, publishedAt: 2 };
    for (const policy of [first, second, { ...first, publishedAt: 3 }]) {
      await on.store.commit((unit) => unit.setCurrentPolicy(policy));
      expect(await on.store.currentPolicy()).toEqual(policy);
    }
    const mode = { assistant: 'claude', mode: 'enabled', by: 'ann', reason: 'x', at: 1 } as const;
    await on.store.commit((unit) => unit.setAssistantMode(mode));
    await on.store.commit((unit) => unit.setAssistantMode({ ...mode, mode: 'suspended', by: 'bob', at: 2 }));
    expect(await on.store.assistantMode('claude')).toEqual({ ...mode, mode: 'suspended', by: 'bob', at: 2 });
  });

  test('names are told apart by their bytes', async () => {
    await on.store.commit(async (unit) => {
      await unit.insertWrit(sampleWrit('id', { assistant: 'Claude' }));
      await unit.insertWrit(sampleWrit('ID', { assistant: 'claude' }));
      await unit.insertWrit(sampleWrit('íd', { assistant: 'claude ' }));
      await unit.insertWrit(sampleWrit('i\u0301d', { assistant: 'cláude' }));
    });
    for (const id of ['id', 'ID', 'íd', 'i\u0301d']) expect((await on.store.writ(id))?.claims.id).toBe(id);
    expect(await on.store.writ('Id')).toBeNull();
    expect((await on.store.writs({ assistant: 'claude' })).map(({ claims }) => claims.id)).toEqual(['ID']);
    expect(await on.store.assistantMode('CLAUDE')).toBeNull();
  });

  test('writs are listed newest first, then by the bytes of their ids', async () => {
    const given: readonly (readonly [string, number])[] = [
      ['b', 1],
      ['B', 1],
      ['a', 1],
      ['é', 1],
      ['z', 2],
      ['_', 1],
    ];
    await on.store.commit(async (unit) => {
      for (const [id, issuedAt] of given) await unit.insertWrit(sampleWrit(id, { issuedAt }));
    });
    const ids = async (filter: Parameters<Store['writs']>[0]): Promise<readonly string[]> =>
      (await on.store.writs(filter)).map(({ claims }) => claims.id);
    expect(await ids({})).toEqual(['z', 'B', '_', 'a', 'b', 'é']);
    expect(await ids({ limit: 2 })).toEqual(['z', 'B']);
    expect(await ids({ limit: 0 })).toEqual([]);
  });

  test('filters of writs and approvals narrow together', async () => {
    await on.store.commit(async (unit) => {
      await unit.insertWrit(sampleWrit('1'));
      await unit.insertWrit(sampleWrit('2', { state: 'active', assistant: 'codex' }));
      await unit.insertWrit(sampleWrit('3', { state: 'active', remote: 'github.com/acme/other' }));
      await unit.insertApproval(sampleApproval('1'));
      await unit.insertApproval(sampleApproval('2', { state: 'granted', digest: 'd' }));
      await unit.insertApproval(sampleApproval('3', { writ: 'w2', digest: 'd' }));
    });
    const writs = async (filter: Parameters<Store['writs']>[0]): Promise<readonly string[]> =>
      (await on.store.writs(filter)).map(({ claims }) => claims.id);
    expect(await writs({ states: ['active'] })).toEqual(['2', '3']);
    expect(await writs({ states: ['active', 'issued'], assistant: 'claude' })).toEqual(['1', '3']);
    expect(await writs({ repository: 'github.com/acme/shop', assistant: 'codex' })).toEqual(['2']);
    expect(await writs({ states: [] })).toEqual([]);
    const approvals = async (filter: Parameters<Store['approvals']>[0]): Promise<readonly string[]> =>
      (await on.store.approvals(filter)).map(({ id }) => id);
    expect(await approvals({})).toEqual(['1', '2', '3']);
    expect(await approvals({ digest: 'd' })).toEqual(['2', '3']);
    expect(await approvals({ digest: 'd', states: ['granted'] })).toEqual(['2']);
    expect(await approvals({ writ: 'w2' })).toEqual(['3']);
    expect(await approvals({ limit: 1 })).toEqual(['1']);
  });

  test('a state is left once, however many try', async () => {
    await on.store.commit((unit) => unit.insertApproval(sampleApproval('a', { state: 'granted' })));
    await on.store.commit((unit) => unit.insertWrit(sampleWrit('w')));
    const uses = range(100).map(() =>
      on.store.commit(async (unit) => ({
        approval: await unit.updateApproval(sampleApproval('a', { state: 'used' }), 'granted'),
        writ: await unit.updateWrit(sampleWrit('w', { state: 'active', renewals: 1 }), 'issued'),
      })),
    );
    const results = (await Promise.all(uses)).map(({ value }) => value);
    expect(results.filter(({ approval }) => approval)).toHaveLength(1);
    expect(results.filter(({ writ }) => writ)).toHaveLength(1);
    expect((await on.store.approval('a'))?.state).toBe('used');
    expect(await on.store.writ('w')).toMatchObject({ state: 'active', renewals: 1 });
    const { value } = await on.store.commit((unit) => unit.updateWrit(sampleWrit('nobody'), 'issued'));
    expect(value).toBe(false);
  });

  test('signing keys come back oldest first and go; a token is spent once, until it is forgotten', async () => {
    const key = (kid: string, createdAt: number): SvidKey => ({
      kid,
      use: 'jwt-svid',
      trustDomain: 'acme.example',
      holder: 'here',
      publicKey: { kty: 'EC', crv: 'P-256', x: 'x'.repeat(43), y: 'y'.repeat(43) },
      createdAt,
      activeFrom: createdAt + 1,
      notAfter: createdAt + 2,
      certificate: null,
    });
    await on.store.commit(async (unit) => {
      for (const one of [key('b', 2), key('a', 3), key('c', 1)]) await unit.insertSvidKey(one);
    });
    expect(await on.store.svidKeys()).toEqual([key('c', 1), key('b', 2), key('a', 3)]);
    await on.store.commit((unit) => unit.removeSvidKey('b'));
    expect((await on.store.svidKeys()).map(({ kid }) => kid)).toEqual(['c', 'a']);

    const spend = async (token: string) => (await on.store.commit((unit) => unit.spend(token, 100))).value;
    expect(await Promise.all([spend('t'), spend('t'), spend('T'), spend(hostile)])).toEqual([
      true,
      false,
      true,
      true,
    ]);
    await on.store.commit((unit) => unit.forgetSpent(99));
    expect([await on.store.isSpent('t'), await on.store.isSpent('never')]).toEqual([true, false]);
    await on.store.commit((unit) => unit.forgetSpent(100));
    expect(await on.store.isSpent('t')).toBe(false);
  });
}
