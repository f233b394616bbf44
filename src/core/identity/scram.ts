/** SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it: verifier for the server's side, proof for the client's. */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

const iterations = 4096;
const mostIterations = 1_000_000;

/**
 * What PostgreSQL stores instead of a password, and takes in `PASSWORD '…'`, so that the password itself is in no
 * statement. Passwords are ASCII here, for which SASLprep changes nothing.
 */
export function scramVerifier(password: string, salt: Uint8Array): string {
  const { clientKey, serverKey } = keysOf(password, salt, iterations);
  const stored = sha256(clientKey).toString('base64');
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${stored}:${serverKey.toString('base64')}`;
}

/** @param nonce printable ASCII without commas */
export function scramFirst(nonce: string): string {
  return `n,,n=,r=${nonce}`;
}

export interface ScramFinal {
  readonly message: string;
  /** Whether the server knew the password as well. */
  isGenuine(serverFinal: string): boolean;
}

/** Null where the server's message is not an answer to this nonce. */
export function scramFinal(password: string, nonce: string, serverFirst: string): ScramFinal | null {
  const [, serverNonce, salt, count] =
    /^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=(\d{1,7})$/.exec(serverFirst) ?? [];
  if (serverNonce === undefined || salt === undefined || count === undefined) return null;
  const longer = serverNonce.startsWith(nonce) && serverNonce.length > nonce.length;
  if (!longer || Number(count) < 1 || Number(count) > mostIterations) return null;
  const { clientKey, serverKey } = keysOf(password, Buffer.from(salt, 'base64'), Number(count));
  const withoutProof = `c=biws,r=${serverNonce}`;
  const signed = `n=,r=${nonce},${serverFirst},${withoutProof}`;
  const signature = hmac(sha256(clientKey), signed);
  const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0));
  return {
    message: `${withoutProof},p=${base64(proof)}`,
    isGenuine: (serverFinal) => {
      const given = Buffer.from(/^v=([A-Za-z0-9+/=]+)$/.exec(serverFinal)?.[1] ?? '', 'base64');
      const expected = hmac(serverKey, signed);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

function keysOf(password: string, salt: Uint8Array, rounds: number) {
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  return { clientKey: hmac(salted, 'Client Key'), serverKey: hmac(salted, 'Server Key') };
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
