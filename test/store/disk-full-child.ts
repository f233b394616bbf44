/** Fills a small disk with entries, and says on standard output, as JSON, what came of it. */
import { readdirSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLayout } from '../../src/authority/store/layout.ts';
import { openSqliteStore } from '../../src/authority/store/sqlite.ts';
import { verifyLog } from '../../src/core/log/verify.ts';
import { WritError } from '../../src/core/model/errors.ts';
import { sampleEntry, sampleWrit } from './samples.ts';
import { signer } from './signer.ts';

const [folder = ''] = process.argv.slice(2);
const { bsize, blocks } = statfsSync(folder);
writeFileSync(join(folder, 'ballast'), new Uint8Array(1_000_000));
const path = join(folder, 'store.db');
const store = await openSqliteStore({ path, signer });

const acknowledged: string[] = [];
const refusals: { code: string; hint: string | null }[] = [];
let at = 0;

/** Eight at once, each with a row and an entry of 20 kB. */
async function commitSome(): Promise<void> {
  const commits = Array.from({ length: 8 }, async () => {
    at += 1;
    const id = `w${at}`;
    await store.commit(async (unit) => {
      await unit.insertWrit(sampleWrit(id));
      unit.append(sampleEntry({ writ: id, command: 'x'.repeat(20_000) }));
    });
    acknowledged.push(id);
  });
  for (const result of await Promise.allSettled(commits)) {
    if (result.status === 'fulfilled') continue;
    const { code, hint } = result.reason as WritError;
    refusals.push({ code, hint });
  }
}

async function verified(): Promise<unknown> {
  const read = (file: string): Promise<Uint8Array | null> => readLayout(store.log, file);
  const { checkpoint, failures } = await verifyLog({ read, vkey: signer.vkey });
  const entries = await store.log.entries({ limit: 10_000 });
  const writs = await store.writs();
  return {
    failures: failures.length,
    size: checkpoint?.size,
    entries: entries.map(({ entry }) => entry.writ),
    writs: writs.length,
  };
}

while (refusals.length === 0 && at < 5000) await commitSome();
const whenFull = { acknowledged: [...acknowledged], refusals: [...refusals], log: await verified() };
await commitSome();
const stillFull = refusals.slice(whenFull.refusals.length);
unlinkSync(join(folder, 'ballast'));
await commitSome();
const afterwards = { acknowledged: [...acknowledged], log: await verified() };
await store.close();
process.stdout.write(
  JSON.stringify({ diskBytes: bsize * blocks, whenFull, stillFull, afterwards, files: readdirSync(folder) }),
);
