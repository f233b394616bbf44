/** An authority for a few named hosts, and certificates for them (RFC 5280, RFC 6125). DER. */
import {
  certificate,
  extension,
  keyIdentifier,
  type CertificateRequest,
  type Es256,
  type Validity,
} from './certificate.ts';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
} from './der.ts';
import type { EcPublicJwk } from './ec-key.ts';

interface Named extends Validity {
  readonly publicKey: EcPublicJwk;
  /** 16 random bytes. */
  readonly serial: Uint8Array;
}

export interface HostAuthorityRequest extends Named {
  readonly name: string;
  /** It vouches for these and the names below them: whoever trusts it need not trust it for more. */
  readonly hosts: readonly string[];
}

export interface ServerRequest extends Named {
  readonly host: string;
  readonly authority: { readonly name: string; readonly publicKey: EcPublicJwk };
}

/** Signed by itself. */
export function hostAuthorityCertificate(request: HostAuthorityRequest, sign: Es256): Promise<Buffer> {
  const { name, publicKey, hosts } = request;
  const permitted = hosts.map((host) => sequence(dnsName(host)));
  return certificate({ ...request, issuer: name } satisfies CertificateRequest, sign, [
    extension('2.5.29.19', true, sequence(boolean(true), integer(Uint8Array.of(0)))), // basicConstraints, pathLen 0
    extension('2.5.29.15', true, bitString(Uint8Array.of(0x04), 2)), // keyUsage: keyCertSign
    extension('2.5.29.30', true, sequence(explicit(0, ...permitted))), // nameConstraints
    extension('2.5.29.14', false, octetString(keyIdentifier(publicKey))),
  ]);
}

export function serverCertificate(request: ServerRequest, sign: Es256): Promise<Buffer> {
  const { host, publicKey, authority } = request;
  return certificate({ ...request, name: 'egress', issuer: authority.name }, sign, [
    extension('2.5.29.19', true, sequence()), // basicConstraints: cA is false, and so not written
    extension('2.5.29.15', true, bitString(Uint8Array.of(0x80), 7)), // keyUsage: digitalSignature
    extension('2.5.29.37', false, sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
    extension('2.5.29.14', false, octetString(keyIdentifier(publicKey))),
    extension('2.5.29.35', false, sequence(implicit(0, keyIdentifier(authority.publicKey)))),
    extension('2.5.29.17', false, sequence(dnsName(host))), // subjectAltName
  ]);
}

function dnsName(host: string): Buffer {
  return implicit(2, Buffer.from(host, 'ascii'));
}
