/** SSH keys and signatures made by hand, right or wrong in any field, following PROTOCOL.sshsig and PROTOCOL.u2f. */
import { createHash, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

export interface SshKey {
  readonly type: string;
  readonly blob: Buffer;
  /** As in a `.pub` file. */
  readonly line: string;
  /** The inner signature blob: algorithm, signature, and what else the type has. */
  sign(message: Buffer): Buffer;
}

export interface Envelope {
  readonly magic: string;
  readonly version: number;
  readonly publicKey: Buffer;
  readonly namespace: string | Buffer;
  readonly reserved: string;
  readonly hash: string;
  readonly signature: Buffer;
}

export function field(content: string | Buffer): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Shortest and positive (RFC 4251 section 5). */
export function mpint(value: Buffer): Buffer {
  const first = value.findIndex((byte) => byte !== 0);
  const short = first === -1 ? Buffer.alloc(0) : value.subarray(first);
  return field((short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), short]) : short);
}

/** What the key signs (PROTOCOL.sshsig, "Signed Data"). */
export function signedData(message: string, namespace: string, hash: string, reserved = ''): Buffer {
  const digest = createHash(hash).update(message).digest();
  return Buffer.concat([Buffer.from('SSHSIG'), ...[namespace, reserved, hash, digest].map(field)]);
}

export function envelope(parts: Envelope): Buffer {
  return Buffer.concat([
    Buffer.from(parts.magic),
    uint32(parts.version),
    ...[parts.publicKey, parts.namespace, parts.reserved, parts.hash, parts.signature].map(field),
  ]);
}

export function armor(blob: Buffer): string {
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}

export function dearmor(armored: string): Buffer {
  return Buffer.from(armored.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
}

/** A true signature, except for the changed fields. */
export function sshsig(
  key: SshKey,
  message: string,
  namespace: string,
  changes: Partial<Envelope> = {},
): string {
  return armor(
    envelope({
      magic: 'SSHSIG',
      version: 1,
      publicKey: key.blob,
      namespace,
      reserved: '',
      hash: 'sha512',
      signature: key.sign(signedData(message, namespace, 'sha512')),
      ...changes,
    }),
  );
}

function sshKey(type: string, blob: Buffer, signer: (message: Buffer) => Buffer): SshKey {
  return { type, blob, line: `${type} ${blob.toString('base64')}`, sign: signer };
}

/** @param seed 32 bytes */
export function ed25519(seed: Buffer): SshKey {
  const { privateKey, x } = ed25519Private(seed);
  const type = 'ssh-ed25519';
  return sshKey(type, Buffer.concat([field(type), field(x)]), (message) =>
    Buffer.concat([field(type), field(sign(null, message, privateKey))]),
  );
}

export function ecdsa(bits: 256 | 384 | 521): SshKey {
  const hash = { 256: 'sha256', 384: 'sha384', 521: 'sha512' }[bits];
  const { privateKey, point } = ecPrivate(`P-${bits}`);
  const type = `ecdsa-sha2-nistp${bits}`;
  return sshKey(type, Buffer.concat([field(type), field(`nistp${bits}`), field(point)]), (message) =>
    Buffer.concat([field(type), field(ecSignature(hash, message, privateKey))]),
  );
}

/** @param algorithm as the signature names it */
export function rsa(bits: number, algorithm: 'rsa-sha2-256' | 'rsa-sha2-512' | 'ssh-rsa'): SshKey {
  const hash = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512', 'ssh-rsa': 'sha1' }[algorithm];
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const numbers = [e, n].map((one) => mpint(Buffer.from(one, 'base64url')));
  return sshKey('ssh-rsa', Buffer.concat([field('ssh-rsa'), ...numbers]), (message) =>
    Buffer.concat([field(algorithm), field(sign(hash, message, privateKey))]),
  );
}

/** @param flags 1: somebody touched it; 4: and it knew who; 0: nobody did */
export function securityKey(kind: 'ed25519' | 'ecdsa', flags: number, application = 'ssh:'): SshKey {
  const counter = 7;
  const covered = (message: Buffer) =>
    Buffer.concat([sha256(application), Buffer.from([flags]), uint32(counter), sha256(message)]);
  const tail = Buffer.concat([Buffer.from([flags]), uint32(counter)]);
  if (kind === 'ed25519') {
    const type = 'sk-ssh-ed25519@openssh.com';
    const { privateKey, x } = ed25519Private(Buffer.alloc(32, 99));
    return sshKey(type, Buffer.concat([type, x, application].map(field)), (message) =>
      Buffer.concat([field(type), field(sign(null, covered(message), privateKey)), tail]),
    );
  }
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
  const { privateKey, point } = ecPrivate('P-256');
  return sshKey(type, Buffer.concat([type, 'nistp256', point, application].map(field)), (message) =>
    Buffer.concat([field(type), field(ecSignature('sha256', covered(message), privateKey)), tail]),
  );
}

function ed25519Private(seed: Buffer): { privateKey: KeyObject; x: Buffer } {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return { privateKey, x: Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url') };
}

function ecPrivate(namedCurve: string): { privateKey: KeyObject; point: Buffer } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve });
  const { x = '', y = '' } = privateKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return { privateKey, point };
}

function ecSignature(hash: string, message: Buffer, key: KeyObject): Buffer {
  const both = sign(hash, message, { key, dsaEncoding: 'ieee-p1363' });
  const half = both.length / 2;
  return Buffer.concat([mpint(both.subarray(0, half)), mpint(both.subarray(half))]);
}

function sha256(content: string | Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}
