/** X.509 certificates of the two shapes that SPIFFE knows: a trust domain's signer and a task's SVID (X509-SVID, RFC 5280). */
import { createHash } from 'node:crypto';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';
import { publicKeyOf, type EcPublicJwk } from './ec-key.ts';

/** ECDSA on P-256 with SHA-256 over the message: r and s, 32 bytes each, as in JOSE. */
export type Es256 = (message: Uint8Array) => Promise<Uint8Array>;

export interface Validity {
  /** ms since the epoch; written in whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface SignerRequest extends Validity {
  /** `spiffe://trust-domain` */
  readonly id: string;
  readonly publicKey: EcPublicJwk;
  readonly name: string;
  /** 16 random bytes. */
  readonly serial: Uint8Array;
}

export interface SvidRequest extends Validity {
  readonly id: string;
  readonly publicKey: EcPublicJwk;
  readonly name: string;
  readonly serial: Uint8Array;
  readonly signer: { readonly name: string; readonly publicKey: EcPublicJwk };
}

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

/** Signed by itself. DER. */
export function signerCertificate(request: SignerRequest, sign: Es256): Promise<Buffer> {
  const { name, publicKey, id } = request;
  return certificate({ ...request, issuer: name }, sign, [
    extension('2.5.29.19', true, sequence(boolean(true), integer(Uint8Array.of(0)))), // basicConstraints, pathLen 0
    extension('2.5.29.15', true, bitString(Uint8Array.of(0x04), 2)), // keyUsage: keyCertSign
    extension('2.5.29.14', false, octetString(keyIdentifier(publicKey))),
    subjectAlternativeName(id),
  ]);
}

/** A leaf with exactly one URI name. DER. */
export function svidCertificate(request: SvidRequest, sign: Es256): Promise<Buffer> {
  const { publicKey, signer, id } = request;
  return certificate({ ...request, issuer: signer.name }, sign, [
    extension('2.5.29.19', true, sequence()), // basicConstraints: cA is false, and so not written
    extension('2.5.29.15', true, bitString(Uint8Array.of(0x80), 7)), // keyUsage: digitalSignature
    extension(
      '2.5.29.37', // extKeyUsage: serverAuth, clientAuth
      false,
      sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'), objectIdentifier('1.3.6.1.5.5.7.3.2')),
    ),
    extension('2.5.29.14', false, octetString(keyIdentifier(publicKey))),
    extension('2.5.29.35', false, sequence(implicit(0, keyIdentifier(signer.publicKey)))),
    subjectAlternativeName(id),
  ]);
}

/** What every certificate says, whatever its extensions. */
export interface CertificateRequest extends Validity {
  readonly publicKey: EcPublicJwk;
  readonly name: string;
  readonly issuer: string;
  readonly serial: Uint8Array;
}

export async function certificate(
  request: CertificateRequest,
  sign: Es256,
  extensions: readonly Uint8Array[],
): Promise<Buffer> {
  const content = sequence(
    explicit(0, integer(Uint8Array.of(2))), // version 3
    integer(serialNumber(request.serial)),
    ecdsaWithSha256,
    distinguishedName(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    distinguishedName(request.name),
    publicKeyOf(request.publicKey).export({ format: 'der', type: 'spki' }),
    explicit(3, sequence(...extensions)),
  );
  const signature = await sign(content);
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  return sequence(content, ecdsaWithSha256, bitString(sequence(integer(r), integer(s))));
}

/** Positive, never 0, at most 20 bytes (RFC 5280 section 4.1.2.2). */
function serialNumber(random: Uint8Array): Uint8Array {
  if (random.length < 16) throw new RangeError('a serial number needs 16 random bytes');
  return Uint8Array.of(((random[0] ?? 0) & 0x7f) | 0x40, ...random.subarray(1, 16));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(
    set(sequence(objectIdentifier('2.5.4.10'), utf8String('Writ'))),
    set(sequence(objectIdentifier('2.5.4.3'), utf8String(commonName))),
  );
}

function subjectAlternativeName(uri: string): Buffer {
  return extension('2.5.29.17', false, sequence(implicit(6, Buffer.from(uri, 'ascii'))));
}

export function extension(identifier: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(identifier), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** SHA-1 over the point, as RFC 5280 section 4.2.1.2 (1) has it: a name, nothing that security rests on. */
export function keyIdentifier({ x, y }: EcPublicJwk): Buffer {
  const point = [Uint8Array.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return createHash('sha1').update(Buffer.concat(point)).digest();
}
