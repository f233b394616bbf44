/** A certificate authority for one session and the few hosts whose TLS ends at its proxy. Its keys are in memory alone. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Es256 } from '../../core/identity/certificate.ts';
import { jwkOf } from '../../core/identity/ec-key.ts';
import { hostAuthorityCertificate, serverCertificate } from '../../core/identity/server-certificate.ts';

/** Longer than any session; clocks may differ a little. ms */
const validFor = 48 * 3600_000;
const backdate = 3600_000;
const authorityName = 'Proxy of one session';

export interface SessionAuthority {
  /** PEM. */
  readonly certificate: string;
  /** Made at its first use. */
  readonly contextFor: (host: string) => Promise<SecureContext>;
}

/** @param hosts names without ports @param now ms since the epoch */
export async function createSessionAuthority(
  hosts: readonly string[],
  now: number,
): Promise<SessionAuthority> {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signWithRoot: Es256 = async (message) =>
    sign('sha256', message, { key: root.privateKey, dsaEncoding: 'ieee-p1363' });
  const validity = { notBefore: now - backdate, notAfter: now + validFor };
  const authority = { name: authorityName, publicKey: jwkOf(root.publicKey) };
  const certificate = pem(
    await hostAuthorityCertificate(
      { ...validity, ...authority, hosts: [...new Set(hosts)], serial: randomBytes(16) },
      signWithRoot,
    ),
  );
  const key = server.privateKey.export({ format: 'pem', type: 'pkcs8' });
  const publicKey = jwkOf(server.publicKey);
  const make = async (host: string): Promise<SecureContext> => {
    const request = { ...validity, host, authority, publicKey, serial: randomBytes(16) };
    return createSecureContext({
      key,
      cert: pem(await serverCertificate(request, signWithRoot)) + certificate,
      minVersion: 'TLSv1.2',
    });
  };
  const made = new Map<string, Promise<SecureContext>>();
  return {
    certificate,
    contextFor(host) {
      const context = made.get(host) ?? make(host);
      made.set(host, context);
      return context;
    },
  };
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
