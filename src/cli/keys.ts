/** Secret seeds of this installation. Made on first start, readable by the owner alone, never replaced. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { WritError } from '../core/model/errors.ts';
import type { Home } from './home.ts';

const seedBytes = 32;

/** @throws WritError `key_unsafe`, `key_damaged` */
export function loadOrCreateSeed(home: Home, name: 'log' | 'writ' | 'seal'): Buffer {
  const path = join(home.keys, `${name}.seed`);
  if (!existsSync(path)) createSeed(path);
  const facts = statSync(path);
  if ((facts.mode & 0o077) !== 0 || facts.uid !== process.getuid?.()) {
    throw new WritError('key_unsafe', `${path} can be read by other people`, {
      hint: 'Treat it as stolen: start with a new WRIT_HOME and keep the old log for reference.',
    });
  }
  const seed = readFileSync(path);
  if (seed.length === seedBytes) return seed;
  throw new WritError('key_damaged', `${path} holds ${seed.length} bytes instead of ${seedBytes}`, {
    hint: 'Restore it from a backup; without it the log cannot be continued.',
  });
}

/** Appears under its name whole or not at all, and never in the place of another. */
function createSeed(path: string): void {
  const draft = `${path}.${process.pid}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, randomBytes(seedBytes));
    fsyncSync(descriptor);
    linkSync(draft, path);
  } finally {
    closeSync(descriptor);
    unlinkSync(draft);
  }
}
