/** Keys in files of their own, readable by their owner alone, as PKCS #8. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ecThumbprint, jwkOf } from '../../core/identity/ec-key.ts';
import { WritError } from '../../core/model/errors.ts';
import type { KeyStore } from './key-store.ts';

export type KeyStoreErrorCode = 'key_missing' | 'key_unsafe' | 'key_damaged';

const suffix = '.pk8';
const kidText = /^[A-Za-z0-9_-]{43}$/;

/** @param folder made when missing @throws WritError `key_unsafe` when other people can reach it */
export function openFileKeyStore(folder: string): KeyStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  assertOwn(folder, lstatSync(folder));
  const loaded = new Map<string, KeyObject>();
  const fileOf = (kid: string) => join(folder, `${kid}${suffix}`);
  return {
    async create() {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const jwk = jwkOf(publicKey);
      const kid = ecThumbprint(jwk);
      writeWhole(folder, fileOf(kid), privateKey.export({ format: 'der', type: 'pkcs8' }));
      loaded.set(kid, privateKey);
      return { kid, publicKey: jwk };
    },
    async list() {
      return readdirSync(folder)
        .filter((name) => name.endsWith(suffix))
        .map((name) => name.slice(0, -suffix.length))
        .filter((kid) => kidText.test(kid));
    },
    async sign(kid, message) {
      const key = loaded.get(kid) ?? load(kid, fileOf(kid));
      loaded.set(kid, key);
      return sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
    },
    async remove(kid) {
      loaded.delete(kid);
      if (kidText.test(kid)) rmSync(fileOf(kid), { force: true });
    },
  };
}

function load(kid: string, file: string): KeyObject {
  const descriptor = openKey(kid, file);
  try {
    assertOwn(file, fstatSync(descriptor));
    const key = parse(file, readFileSync(descriptor));
    if (ecThumbprint(jwkOf(createPublicKey(key))) === kid) return key;
    throw damaged(file);
  } finally {
    closeSync(descriptor);
  }
}

function openKey(kid: string, file: string): number {
  try {
    if (!kidText.test(kid)) throw new Error('not the name of a key');
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    throw new WritError<KeyStoreErrorCode>('key_missing', `the signing key ${kid} is not here`, {
      hint: 'Make a new one with: writ keys rotate',
      cause,
    });
  }
}

function parse(file: string, key: Buffer): KeyObject {
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch {
    throw damaged(file);
  }
}

function assertOwn(path: string, facts: { mode: number; uid: number }): void {
  if ((facts.mode & 0o077) === 0 && facts.uid === process.getuid?.()) return;
  throw new WritError<KeyStoreErrorCode>('key_unsafe', `${path} can be reached by other people`, {
    hint: 'Treat it as stolen: remove it, start Writ again, and have relying parties fetch the keys anew.',
  });
}

function damaged(file: string): WritError<KeyStoreErrorCode> {
  return new WritError('key_damaged', `${file} does not hold the key that it is named after`, {
    hint: 'Restore it from a backup, or remove it: a new one is made.',
  });
}

/** Appears under its name whole or not at all. */
function writeWhole(folder: string, file: string, content: Uint8Array): void {
  const draft = `${file}.${process.pid}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
  const directory = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  fsyncSync(directory);
  closeSync(directory);
}
