/** The store is killed at any moment, again and again: nothing acknowledged is lost, nothing is there by half. */
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLayout } from '../../src/authority/store/layout.ts';
import { openSqliteStore } from '../../src/authority/store/sqlite.ts';
import { openCheckpoint } from '../../src/core/log/checkpoint.ts';
import { decodeEntry } from '../../src/core/log/entry-codec.ts';
import { parseVerifierKey } from '../../src/core/log/verifier-key.ts';
import { verifyLog, type TrustedHead } from '../../src/core/log/verify.ts';
import { signer } from './signer.ts';

const rounds = 200;
const longestRoundMs = 80;

let folder = '';
let child = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'writ-crash-'));
  child = join(folder, 'child.mjs');
  // One file: it starts in a fraction of the time.
  await build({
    entryPoints: [join(import.meta.dirname, 'crash-child.ts')],
    outfile: child,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Acknowledged {
  readonly id: string;
  readonly indexes: readonly number[];
}

/** Kills the child a random while after it opened the store, or even before. */
async function crash(path: string, round: number): Promise<readonly Acknowledged[]> {
  const running = spawn(process.execPath, [child, path, `${round}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): boolean => running.kill('SIGKILL');
  let said = '';
  running.stdout.on('data', (chunk: Buffer) => {
    if (said === '') setTimeout(kill, Math.random() * longestRoundMs);
    said += chunk.toString();
  });
  if (round % 20 === 19) setTimeout(kill, 30 + Math.random() * 100);
  const { signal } = await new Promise<{ signal: string | null }>((resolve) => {
    running.on('close', (_, signal) => resolve({ signal }));
  });
  expect(signal).toBe('SIGKILL');
  const lines = said.split('\n').slice(0, -1); // an unfinished line acknowledges nothing
  return lines
    .filter((line) => line !== 'open')
    .map((line) => {
      const [id = '', ...indexes] = line.split(' ');
      return { id, indexes: indexes.map(Number) };
    });
}

test(`${rounds} times killed`, { timeout: 180_000 }, async () => {
  const path = join(folder, 'store.db');
  const verifier = parseVerifierKey(signer.vkey);
  const heads: TrustedHead[] = [];
  let acknowledged = 0;
  for (let round = 0; round < rounds; round += 1) {
    const given = await crash(path, round);
    acknowledged += given.length;
    const store = await openSqliteStore({ path, signer });
    for (const { id, indexes } of given) {
      const leaves = await Promise.all(indexes.map((index) => store.log.leaf(index)));
      const entries = leaves.map((leaf) => leaf && decodeEntry(leaf));
      expect(entries).toMatchObject([
        { type: 'writ.requested', writ: id },
        { type: 'writ.issued', writ: id },
      ]);
      expect(await store.writ(id)).not.toBeNull();
    }
    heads.push(openCheckpoint(await store.log.checkpoint(), verifier));
    await store.close();
  }
  expect(acknowledged).toBeGreaterThan(rounds);

  const store = await openSqliteStore({ path, signer });
  const read = (file: string): Promise<Uint8Array | null> => readLayout(store.log, file);
  for (const trusted of [heads[0], heads[rounds >> 1], heads.at(-1)] as TrustedHead[]) {
    expect((await verifyLog({ read, vkey: signer.vkey, trusted })).failures).toEqual([]);
  }
  // Rows and entries agree: each writ has both of its entries, and each entry its writ.
  const writs = (await store.writs()).map(({ claims }) => claims.id).sort();
  const size = await store.log.size();
  expect(size).toBe(writs.length * 2);
  const entries = (await store.log.leaves(0, size)).map(decodeEntry);
  for (const type of ['writ.requested', 'writ.issued']) {
    const named = entries.filter((entry) => entry.type === type).map(({ writ }) => writ);
    expect(named.toSorted((a, b) => (String(a) < String(b) ? -1 : 1))).toEqual(writs);
  }
  await store.close();
});
