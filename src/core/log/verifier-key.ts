/** Keys of C2SP signed-note v1.0.0: `<name>+<key id>+<base64 of type and public key>`. */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { logError } from './errors.ts';
import { sha256 } from './merkle.ts';

const ed25519 = 0x01;
/** Timestamped cosignature of a witness, C2SP tlog-cosignature v1.0.1. */
const cosignature = 0x04;
type KeyType = typeof ed25519 | typeof cosignature;

export const keyIdBytes = 4;

export interface NoteVerifier {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  /** `signature` is what follows the key id in the signature line. */
  verify(text: string, signature: Uint8Array): boolean;
}

export interface NoteSigner {
  /** Origin of the log, a URL without scheme. */
  readonly name: string;
  readonly keyId: Uint8Array;
  /** The text form of its public key, for verifiers. */
  readonly vkey: string;
  /** 64 bytes of Ed25519 over the note's text. */
  sign(text: string): Uint8Array;
}

/** @throws WritError `vkey_malformed` */
export function parseVerifierKey(vkey: string): NoteVerifier {
  const [, name = '', id = '', key = ''] = /^([^+]{1,1024})\+([0-9a-f]{8})\+(.{1,2048})$/u.exec(vkey) ?? [];
  const bytes = decodeBase64(key);
  if (!isKeyName(name) || bytes === null) throw malformed('it is not NAME+KEYID+KEY');
  const [type, publicKey] = [bytes[0], bytes.subarray(1)];
  if (type !== ed25519 && type !== cosignature)
    throw malformed(`its algorithm ${type ?? ''} is not supported`);
  if (publicKey.length !== 32) throw malformed('an Ed25519 key has 32 bytes');
  const keyId = keyIdOf(name, type, publicKey);
  if (Buffer.from(keyId).toString('hex') !== id) throw malformed('its key id is not that of its key');
  const x = Buffer.from(publicKey).toString('base64url');
  const keyObject = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const check = (message: string, signature: Uint8Array): boolean =>
    signature.length === 64 && verify(null, Buffer.from(message), keyObject, signature);
  return {
    name,
    keyId,
    verify: type === ed25519 ? check : (text, signature) => checkCosignature(text, signature, check),
  };
}

/**
 * Ed25519 from a raw seed of 32 bytes.
 * @throws WritError `vkey_malformed` for a bad name or seed
 */
export function signerFromSeed(name: string, seed: Uint8Array): NoteSigner {
  if (!isKeyName(name)) throw malformed('a key name has no spaces, no + and no control characters');
  if (seed.length !== 32) throw malformed('an Ed25519 seed has 32 bytes');
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  return {
    name,
    keyId: keyIdOf(name, ed25519, publicKey),
    vkey: formatVerifierKey(name, publicKey),
    sign: (text) => sign(null, Buffer.from(text), privateKey),
  };
}

/** `publicKey`: 32 bytes of Ed25519. */
export function formatVerifierKey(name: string, publicKey: Uint8Array): string {
  const id = Buffer.from(keyIdOf(name, ed25519, publicKey)).toString('hex');
  return `${name}+${id}+${encodeBase64(Buffer.concat([Uint8Array.of(ed25519), publicKey]))}`;
}

export function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[+\s\p{Z}\p{C}]/u.test(name);
}

function keyIdOf(name: string, type: KeyType, publicKey: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), Uint8Array.of(type), publicKey])).subarray(
    0,
    keyIdBytes,
  );
}

function checkCosignature(text: string, signature: Uint8Array, check: NoteVerifier['verify']): boolean {
  if (signature.length !== 8 + 64) return false;
  const seconds = Buffer.from(signature.subarray(0, 8)).readBigUInt64BE();
  return check(`cosignature/v1\ntime ${seconds}\n${text}`, signature.subarray(8));
}

function malformed(reason: string): Error {
  return logError('vkey_malformed', `the verifier key cannot be used: ${reason}`);
}
