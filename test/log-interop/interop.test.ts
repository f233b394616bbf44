/** A log of 70,000 entries, exported, and verified by Go's sumdb packages as Debian ships them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportLog } from '../../src/authority/store/export.ts';
import type { Store } from '../../src/authority/store/port.ts';
import { proveConsistency, proveInclusion } from '../../src/authority/store/proofs.ts';
import { openSqliteStore } from '../../src/authority/store/sqlite.ts';
import { encodeBase64 } from '../../src/core/log/base64.ts';
import { formatProof } from '../../src/core/log/proof.ts';
import { parseTilePath, tilePath, tilesOf } from '../../src/core/log/tiles.ts';
import { verifyLog, type LogReport } from '../../src/core/log/verify.ts';
import { sampleEntry } from '../store/samples.ts';
import { signer } from '../store/signer.ts';

const size = 70_000;
const gopath = '/usr/share/gocode';

let folder = '';
let store: Store;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'writ-interop-'));
  store = await openSqliteStore({ path: join(folder, 'store.db'), signer });
  await append(store, 0, size);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function append(log: Store, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 1000) {
    const commands = Array.from({ length: Math.min(1000, to - at) }, (_, n) => `echo ${at + n} é`);
    await Promise.all(commands.map((command) => log.commit((unit) => unit.append(sampleEntry({ command })))));
  }
}

function verify(directory: string): Promise<LogReport> {
  const read = async (path: string): Promise<Uint8Array | null> => {
    try {
      return readFileSync(join(directory, path));
    } catch {
      return null;
    }
  };
  return verifyLog({ read, vkey: signer.vkey });
}

/** Names of all files below, relative. */
function filesOf(directory: string): readonly string[] {
  const found = readdirSync(directory, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

function buildVerifier(): string {
  const binary = join(folder, 'verify');
  const built = spawnSync('go', ['build', '-o', binary, join(import.meta.dirname, 'verify.go')], {
    encoding: 'utf8',
    env: {
      ...process.env,
      GO111MODULE: 'off',
      GOPATH: gopath,
      CGO_ENABLED: '0',
      GOFLAGS: '',
      GOCACHE: join(folder, 'go-cache'),
    },
  });
  if (built.error !== undefined) throw new Error('go is not installed (apt-get install golang-go)');
  if (built.status === 0) return binary;
  throw new Error(`the verifier does not build (apt-get install golang-golang-x-mod-dev): ${built.stderr}`);
}

describe('an exported log', () => {
  test('is verified by Go, with our proofs; and a changed byte is not', { timeout: 300_000 }, async () => {
    const log = join(folder, 'go-log');
    await exportLog(store.log, log);
    for (const index of [0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999]) {
      writeFileSync(join(folder, `${index}.tlog-proof`), formatProof(await proveInclusion(store.log, index)));
    }
    for (const from of [1, 2, 255, 256, 257, 65_536, 69_999, 70_000]) {
      const { to, hashes } = await proveConsistency(store.log, from);
      const lines = [String(from), String(to), ...hashes.map(encodeBase64)];
      writeFileSync(join(folder, `${from}.consistency`), `${lines.join('\n')}\n`);
    }
    const binary = buildVerifier();
    const run = (vkey: string): readonly [number | null, string] => {
      const { status, stdout, stderr } = spawnSync(binary, [log, vkey, folder], { encoding: 'utf8' });
      return [status, stdout + stderr];
    };
    expect(run(signer.vkey)).toEqual([
      0,
      '70000 entries, 277 tiles, 9 inclusion proofs, 8 consistency proofs\n',
    ]);

    const other = 'agentgov.example/log+cb8822fe+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c';
    expect(run(other)).toEqual([1, expect.stringContaining('checkpoint')]);
    for (const [file, at] of [
      ['tile/1/001.p/17', 40],
      ['tile/entries/100', 90],
      ['checkpoint', 20],
    ] as const) {
      const sound = readFileSync(join(log, file));
      writeFileSync(join(log, file), sound.with(at, (sound[at] ?? 0) ^ 1));
      expect(run(signer.vkey)[0]).toBe(1);
      writeFileSync(join(log, file), sound);
    }
    expect(run(signer.vkey)[0]).toBe(0);
  });

  test('is exactly the files of the layout, and sound', async () => {
    const directory = join(folder, 'fresh');
    expect(await exportLog(store.log, directory)).toMatchObject({ size, origin: 'test.example/log' });
    const expected = ['checkpoint', ...[...tilesOf(size)].map(tilePath)].toSorted((a, b) => (a < b ? -1 : 1));
    expect(filesOf(directory)).toEqual(expected);
    const report = await verify(directory);
    expect(report.failures).toEqual([]);
    expect(report.checkpoint?.size).toBe(size);
  });

  test('is continued by the next export, which writes only what is new', async () => {
    const path = join(folder, 'growing.db');
    const growing = await openSqliteStore({ path, signer });
    const directory = join(folder, 'growing');
    for (const grown of [0, 100, 256, 600, 601]) {
      await append(growing, await growing.log.size(), grown);
      await exportLog(growing.log, directory);
      expect((await verify(directory)).failures).toEqual([]);
      const partial = filesOf(directory).filter(
        (file) => parseTilePath(file)?.level === 0 && file.includes('.p/'),
      );
      // Partial tiles of full ones are gone; older widths of the last may stay.
      expect(partial.every((file) => file.startsWith(`tile/0/00${Math.floor(grown / 256)}.p/`))).toBe(true);
    }
    writeFileSync(join(directory, 'tile/0/000'), 'not written again');
    await exportLog(growing.log, directory);
    expect(readFileSync(join(directory, 'tile/0/000'), 'utf8')).toBe('not written again');
    await growing.close();
  });

  test('does not overwrite what the log does not begin with', async () => {
    const conflict = expect.objectContaining({ code: 'export_conflict' }) as unknown;
    const other = await openSqliteStore({ path: join(folder, 'other.db'), signer });
    const directory = join(folder, 'kept');
    await append(other, 0, 10);
    await exportLog(other.log, directory);
    const before = readFileSync(join(directory, 'checkpoint'), 'utf8');

    const shorter = await openSqliteStore({ path: join(folder, 'shorter.db'), signer });
    await append(shorter, 0, 9);
    await expect(exportLog(shorter.log, directory)).rejects.toEqual(conflict);
    await shorter.commit((unit) => unit.append(sampleEntry({ command: 'forged' })));
    await append(shorter, 0, 5);
    await expect(exportLog(shorter.log, directory)).rejects.toEqual(conflict);

    expect(readFileSync(join(directory, 'checkpoint'), 'utf8')).toBe(before);
    expect((await verify(directory)).failures).toEqual([]);
    await Promise.all([other.close(), shorter.close()]);
  });
});
