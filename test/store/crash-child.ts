/** Commits without end, from several places at once, and says on standard output what was acknowledged. */
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../src/authority/store/sqlite.ts';
import { signer } from './signer.ts';
import { sampleEntry, sampleWrit } from './samples.ts';

const [path = '', round = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path, signer });

/** Each commit has one row and two entries that name it. */
async function work(lane: number): Promise<never> {
  for (let at = 0; ; at += 1) {
    const id = `${round}.${lane}.${at}`;
    const { indexes } = await store
      .commit(async (unit) => {
        unit.append(sampleEntry({ type: 'writ.requested', writ: id }));
        await unit.insertWrit(sampleWrit(id));
        unit.append(sampleEntry({ type: 'writ.issued', writ: id }));
        if (at % 5 === 4) throw new Error('rolled back');
      })
      .catch(() => ({ indexes: null }));
    if (indexes !== null) writeSync(1, `${id} ${indexes.join(' ')}\n`);
  }
}

writeSync(1, 'open\n');
await Promise.all(Array.from({ length: 8 }, (_, lane) => work(lane)));
