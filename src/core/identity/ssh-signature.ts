/**
 * SSH signatures over files and texts: PROTOCOL.sshsig of OpenSSH, as `ssh-keygen -Y sign` makes them.
 * Key and signature blobs: RFC 4253 6.6, RFC 5656, RFC 8332, RFC 8709, and PROTOCOL.u2f for security keys.
 */
import { constants, createHash, createPublicKey, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { WritError } from '../model/errors.ts';
import { SshReader } from './ssh-reader.ts';
import { sshString } from './ssh-writer.ts';

export type SshSignatureErrorCode =
  | 'signature_malformed'
  | 'signature_namespace'
  | 'signature_algorithm'
  | 'signature_key_unknown'
  | 'signature_wrong';

const largestSignature = 16 * 1024;
const magic = Buffer.from('SSHSIG');
const smallestRsaBits = 2048;
const userPresent = 0x01;

/** Key type -> curve and hash. */
const curves: Readonly<
  Record<
    string,
    { readonly name: string; readonly crv: string; readonly hash: string; readonly size: number }
  >
> = {
  'ecdsa-sha2-nistp256': { name: 'nistp256', crv: 'P-256', hash: 'sha256', size: 32 },
  'ecdsa-sha2-nistp384': { name: 'nistp384', crv: 'P-384', hash: 'sha384', size: 48 },
  'ecdsa-sha2-nistp521': { name: 'nistp521', crv: 'P-521', hash: 'sha512', size: 66 },
};

/** Signature algorithm of RSA keys -> hash. SHA-1, as in plain `ssh-rsa`, is none (RFC 8332). */
const rsaHashes: ReadonlyMap<string, string> = new Map([
  ['rsa-sha2-256', 'sha256'],
  ['rsa-sha2-512', 'sha512'],
]);

interface Parsed {
  readonly publicKey: Buffer;
  readonly namespace: string;
  readonly hash: string;
  readonly signature: Buffer;
}

/**
 * @param armored the signature, PEM-like
 * @param registered public key blobs that count, by whose they are
 * @returns whose key it was
 * @throws WritError<SshSignatureErrorCode>
 */
export function verifySshSignature(
  armored: string,
  message: string | Uint8Array,
  namespace: string,
  registered: readonly { readonly person: string; readonly blob: Buffer }[],
): string {
  const parsed = parseSshSignature(armored);
  if (parsed.namespace !== namespace) {
    throw fault(
      'signature_namespace',
      `the signature was made for "${printable(parsed.namespace)}", not for "${namespace}"`,
    );
  }
  const owner = registered.find(({ blob }) => sameBytes(blob, parsed.publicKey));
  if (owner === undefined) {
    throw fault(
      'signature_key_unknown',
      'the signing key is registered for nobody',
      'Register the public key under people in organisation.yaml.',
    );
  }
  const signed = Buffer.concat([
    magic,
    sshString(Buffer.from(namespace)),
    sshString(Buffer.alloc(0)),
    sshString(Buffer.from(parsed.hash)),
    sshString(createHash(parsed.hash).update(message).digest()),
  ]);
  if (!verifyBlob(parsed.publicKey, parsed.signature, signed)) {
    throw fault('signature_wrong', 'the signature does not fit what was to be signed');
  }
  return owner.person;
}

function parseSshSignature(armored: string): Parsed {
  const match = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n?$/.exec(
    armored.length > largestSignature ? '' : armored,
  );
  const base64 = match?.[1]?.replaceAll('\n', '') ?? '';
  const blob = Buffer.from(base64, 'base64');
  if (match === null || blob.toString('base64') !== base64)
    throw malformed('it is not an armored SSH signature');
  const reader = new SshReader(blob, malformed);
  if (!reader.bytes(magic.length).equals(magic))
    throw malformed('it does not begin as an SSH signature does');
  if (reader.uint32() !== 1) throw malformed('its version is unknown');
  const publicKey = reader.string();
  const namespace = reader.string().toString('utf8');
  if (reader.string().length > 0) throw malformed('its reserved field is not empty');
  const hash = reader.string().toString('latin1');
  const signature = reader.string();
  reader.end();
  if (hash !== 'sha256' && hash !== 'sha512') {
    throw fault('signature_algorithm', `the hash "${printable(hash)}" is not accepted`);
  }
  return { publicKey, namespace, hash, signature };
}

function verifyBlob(publicKey: Buffer, signature: Buffer, signed: Buffer): boolean {
  const key = new SshReader(publicKey, malformed);
  const type = key.string().toString('latin1');
  const sig = new SshReader(signature, malformed);
  const algorithm = sig.string().toString('latin1');
  const body = sig.string();
  if (type === 'ssh-rsa') {
    sig.end();
    return verifyRsa(key, algorithm, body, signed);
  }
  // Every other type signs under its own name only.
  if (algorithm !== type) throw fault('signature_algorithm', 'key and signature are of different types');
  if (type === 'ssh-ed25519') {
    sig.end();
    return verify(null, signed, ed25519Key(key.last()), body);
  }
  const curve = Object.hasOwn(curves, type) ? curves[type] : undefined;
  if (curve !== undefined) {
    sig.end();
    return verifyEcdsa(key, type, signed, body);
  }
  const security = type === 'sk-ssh-ed25519@openssh.com' || type === 'sk-ecdsa-sha2-nistp256@openssh.com';
  if (!security) throw fault('signature_algorithm', `keys of the type "${printable(type)}" are not accepted`);
  const flags = sig.byte();
  const counter = sig.uint32();
  sig.end();
  if ((flags & userPresent) === 0) throw fault('signature_wrong', 'nobody touched the security key');
  return verifySecurityKey(key, type, flags, counter, body, signed);
}

function verifyRsa(key: SshReader, algorithm: string, body: Buffer, signed: Buffer): boolean {
  const hash = rsaHashes.get(algorithm);
  if (hash === undefined) throw fault('signature_algorithm', `"${printable(algorithm)}" is not accepted`);
  const e = unsigned(key.string());
  const n = unsigned(key.last());
  if (n.length * 8 < smallestRsaBits) throw fault('signature_algorithm', 'RSA keys need at least 2048 bits');
  const jwk = { kty: 'RSA', e: e.toString('base64url'), n: n.toString('base64url') };
  return verify(hash, signed, { key: publicKeyOf(jwk), padding: constants.RSA_PKCS1_PADDING }, body);
}

function verifyEcdsa(key: SshReader, type: string, signed: Buffer, body: Buffer): boolean {
  const curve = curves[type];
  if (curve === undefined || key.string().toString('latin1') !== curve.name)
    throw malformed('its curve is not its key type');
  const point = key.last();
  return verify(
    curve.hash,
    signed,
    { key: ecKey(point, curve), dsaEncoding: 'ieee-p1363' },
    ecSignature(body, curve.size),
  );
}

function verifySecurityKey(
  key: SshReader,
  type: string,
  flags: number,
  counter: number,
  body: Buffer,
  signed: Buffer,
): boolean {
  const elliptic = type.startsWith('sk-ecdsa');
  if (elliptic && key.string().toString('latin1') !== 'nistp256')
    throw malformed('its curve is not its key type');
  const point = key.string();
  const application = key.last();
  const tail = Buffer.alloc(5);
  tail.writeUInt8(flags, 0);
  tail.writeUInt32BE(counter, 1);
  const message = Buffer.concat([sha256(application), tail, sha256(signed)]);
  if (!elliptic) return verify(null, message, ed25519Key(point), body);
  const curve = { crv: 'P-256', size: 32 };
  return verify(
    'sha256',
    message,
    { key: ecKey(point, curve), dsaEncoding: 'ieee-p1363' },
    ecSignature(body, curve.size),
  );
}

function ed25519Key(x: Buffer): KeyObject {
  if (x.length !== 32) throw malformed('an Ed25519 key has 32 bytes');
  return publicKeyOf({ kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') });
}

function ecKey(point: Buffer, { crv, size }: { readonly crv: string; readonly size: number }): KeyObject {
  if (point.length !== 1 + 2 * size || point[0] !== 4)
    throw malformed('its point is not an uncompressed one');
  const x = point.subarray(1, 1 + size).toString('base64url');
  return publicKeyOf({ kty: 'EC', crv, x, y: point.subarray(1 + size).toString('base64url') });
}

function publicKeyOf(key: { kty: string; [member: string]: string }): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    throw malformed('its key is no valid key');
  }
}

/** Two mpints to the fixed-width form that Node verifies. */
function ecSignature(body: Buffer, size: number): Buffer {
  const reader = new SshReader(body, malformed);
  const r = unsigned(reader.string());
  const s = unsigned(reader.last());
  if (r.length > size || s.length > size) throw malformed('its numbers are larger than its curve');
  return Buffer.concat([Buffer.alloc(size - r.length), r, Buffer.alloc(size - s.length), s]);
}

/** An mpint (RFC 4251 section 5) that must be positive and shortest. */
function unsigned(mpint: Buffer): Buffer {
  const [first = 0, second = 0] = mpint;
  if (mpint.length === 0 || first >= 0x80 || (first === 0 && second < 0x80))
    throw malformed('a number in it is not well-formed');
  return first === 0 ? mpint.subarray(1) : mpint;
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 60);
}

function malformed(why: string): WritError<SshSignatureErrorCode> {
  return fault('signature_malformed', `the signature cannot be read: ${why}`);
}

function fault(
  code: SshSignatureErrorCode,
  message: string,
  hint?: string,
): WritError<SshSignatureErrorCode> {
  return new WritError(code, message, hint === undefined ? {} : { hint });
}
