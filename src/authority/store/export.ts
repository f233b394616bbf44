/** Writes the log into a folder that any transparency-log client can verify. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseCheckpoint, type Checkpoint } from '../../core/log/checkpoint.ts';
import { verifyConsistency } from '../../core/log/merkle.ts';
import { parseNote } from '../../core/log/note.ts';
import { tilePath, tilesOf, tileWidth } from '../../core/log/tiles.ts';
import { storeError } from './errors.ts';
import { readLayout } from './layout.ts';
import type { LogReader } from './port.ts';
import { proveConsistency } from './proofs.ts';

/**
 * The checkpoint comes last, so that a reader of the folder always finds a whole log. An earlier export in
 * the folder is continued; it must be of the same log.
 * @returns the checkpoint that was exported
 * @throws WritError `export_conflict`, and the system's own errors on writing
 */
export async function exportLog(log: LogReader, directory: string): Promise<Checkpoint> {
  const note = await log.checkpoint();
  const checkpoint = parseCheckpoint(parseNote(note).text);
  const earlier = await readEarlier(join(directory, 'checkpoint'));
  if (earlier !== null) await assertContinues(log, earlier, checkpoint);
  const done = earlier?.size ?? 0;
  for (const name of tilesOf(checkpoint.size)) {
    const path = join(directory, tilePath(name));
    const leaves = name.level === 'entries' ? tileWidth : tileWidth ** (name.level + 1);
    if (name.width === tileWidth && (name.index + 1) * leaves <= done) continue; // full tiles never change
    await write(path, (await readLayout(log, tilePath(name))) as Uint8Array);
    if (name.width === tileWidth) await rm(`${path}.p`, { recursive: true, force: true });
  }
  await write(join(directory, 'checkpoint'), Buffer.from(note));
  return checkpoint;
}

async function readEarlier(path: string): Promise<Checkpoint | null> {
  let note: string;
  try {
    note = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
  return parseCheckpoint(parseNote(note).text);
}

async function assertContinues(log: LogReader, earlier: Checkpoint, now: Checkpoint): Promise<void> {
  const { origin, size, root } = earlier;
  if (origin === now.origin && size <= now.size) {
    const { to, hashes, checkpoint } = await proveConsistency(log, size);
    const head = parseCheckpoint(parseNote(checkpoint).text);
    if (verifyConsistency(size, root, to, head.root, hashes)) return;
  }
  throw storeError(
    'export_conflict',
    `the folder holds ${size} entries of ${origin} that this log does not begin with`,
    {
      hint: 'Export into another folder. If it was this log that was exported there, the log was changed since',
    },
  );
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  await rm(part, { force: true });
  const file = await open(part, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}
