import { expect, it } from 'vitest';
import type { Refusal } from './connection.ts';
import { Ledger, type EgressRecord } from './ledger.ts';

const refusal = (target: string): Refusal => {
  return { kind: 'policy', decision: 'deny', target, reason: 'never', missing: [], advice: null };
};

it('a program that asks for a new host each time cannot fill the log', async () => {
  const records: EgressRecord[] = [];
  const ledger = new Ledger(async (more) => void records.push(...more), Date.now);
  for (let time = 0; time < 5000; time++)
    await ledger.refused('connect', refusal(`host-${time}.example:443`), []);
  expect(records).toHaveLength(1000);
  await ledger.close();
  expect(records).toHaveLength(1001);
  expect(records.at(-1)?.data).toMatchObject({ kind: 'repeated', repeated: [], others: 4000 });
});

it('what a program sent as a host goes on the log only as far as that is text of a sane length', async () => {
  const records: EgressRecord[] = [];
  const ledger = new Ledger(async (more) => void records.push(...more), Date.now);
  await ledger.refused('socks5', refusal(`\ud800${'x'.repeat(10_000)}`), []);
  const target = records[0]?.data['target'] as string;
  expect([target.length, target.isWellFormed()]).toEqual([300, true]);
});
