/** Secrets that must be kept until they are revoked: AES-256-GCM, bound to their lease, under a key outside of the store. */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { WritError } from '../../core/model/errors.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** @param seed 32 secret bytes */
export function sealingKey(seed: Uint8Array): KeyObject {
  if (seed.length !== 32) throw new RangeError('a sealing key has 32 bytes');
  return createSecretKey(seed);
}

/** @param nonce 12 bytes, never used before @returns base64 of nonce, tag and ciphertext */
export function seal(key: KeyObject, lease: string, secret: string, nonce: Uint8Array): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(lease));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
}

/** @throws WritError `seal_broken` under another key, for another lease, or when it was changed */
export function unseal(key: KeyObject, lease: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
      .setAAD(Buffer.from(lease))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    return decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new WritError('seal_broken', `what was sealed for ${lease} cannot be opened with this key`, {
      cause,
    });
  }
}
