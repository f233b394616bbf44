import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { OpenSsh } from '../../../test/ssh/openssh.ts';
import { signingKey } from './keys.ts';
import {
  publicKeyBlob,
  readSshPrivateKey,
  signSshCertificate,
  type SshCertificateRequest,
} from './ssh-certificate.ts';
import { readRevocationList, writeRevocationList } from './ssh-revocation-list.ts';

const openssh = new OpenSsh();
afterAll(() => openssh.remove());

const authorityFile = openssh.generate('ed25519');
const authority = readSshPrivateKey(readFileSync(authorityFile, 'utf8'));
const request: SshCertificateRequest = {
  publicKey: Buffer.from(
    signingKey(Buffer.alloc(32, 7)).publicKey.export({ format: 'jwk' }).x ?? '',
    'base64url',
  ),
  serial: 2n ** 63n + 5n,
  keyId: 'writ lse_1: claude for ada',
  principals: ['deploy', 'web'],
  validAfter: Date.UTC(2026, 0, 2, 3, 4, 5),
  validBefore: Date.UTC(2026, 0, 2, 3, 9, 5, 1),
  forceCommand: null,
  sourceAddresses: [],
  extensions: [],
};

function fileOf(certificate: Buffer): string {
  const file = `${openssh.generate('ed25519')}-made.pub`;
  writeFileSync(file, `ssh-ed25519-cert-v01@openssh.com ${certificate.toString('base64')}\n`);
  return file;
}

function shown(changes: Partial<SshCertificateRequest>): string {
  const certificate = signSshCertificate({ ...request, ...changes }, authority, Buffer.alloc(32, 1));
  return execFileSync('ssh-keygen', ['-L', '-f', fileOf(certificate)], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  });
}

describe('ssh-keygen reads the certificate as it was meant', () => {
  test('with no more than is asked for', () => {
    const text = shown({});
    expect(text).toContain('Type: ssh-ed25519-cert-v01@openssh.com user certificate');
    expect(text).toMatch(/Signing CA: ED25519 SHA256:\S+ \(using ssh-ed25519\)/);
    expect(text).toContain('Key ID: "writ lse_1: claude for ada"');
    expect(text).toContain('Serial: 9223372036854775813');
    expect(text).toContain('Valid: from 2026-01-02T03:04:05 to 2026-01-02T03:09:06');
    expect(text).toMatch(
      /Principals: \n\s+deploy\n\s+web\n\s+Critical Options: \(none\)\n\s+Extensions: \(none\)/,
    );
  });

  test('with options and extensions', () => {
    const text = shown({
      forceCommand: 'uptime -p',
      sourceAddresses: ['10.0.0.0/8', '::1'],
      extensions: ['permit-pty', 'permit-agent-forwarding'],
    });
    expect(text).toMatch(
      /Critical Options: \n\s+force-command uptime -p\n\s+source-address 10\.0\.0\.0\/8,::1\n/,
    );
    expect(text).toMatch(/Extensions: \n\s+permit-agent-forwarding\n\s+permit-pty\n/);
  });
});

test('a certificate for nobody, which would be for everybody, is never signed', () => {
  expect(() => signSshCertificate({ ...request, principals: [] }, authority, Buffer.alloc(32))).toThrow(
    'nobody',
  );
});

describe('the authority’s private key', () => {
  test.each([
    [
      'encrypted',
      () => {
        const file = openssh.generate('ed25519');
        execFileSync('ssh-keygen', ['-q', '-p', '-N', 'secret', '-f', file]);
        return readFileSync(file, 'utf8');
      },
      'it is encrypted',
    ],
    ['of another kind', () => readFileSync(openssh.generate('ecdsa'), 'utf8'), 'it is no Ed25519 key'],
    ['none at all', () => 'hunter2', 'it is not in the form of OpenSSH'],
    [
      'cut short',
      () => {
        const lines = readFileSync(authorityFile, 'utf8').split('\n');
        return [...lines.slice(0, 2), ...lines.slice(-2)].join('\n');
      },
      'it is cut short',
    ],
  ])('that is %s is refused, and not repeated', (_, text, why) => {
    expect(() => readSshPrivateKey(text())).toThrow(`the SSH authority's private key cannot be used: ${why}`);
  });

  test('is the one that ssh-keygen made', () => {
    expect(`ssh-ed25519 ${publicKeyBlob(authority).toString('base64')}`).toBe(
      openssh.publicLine(authorityFile),
    );
  });
});

describe('ssh-keygen finds in the list what was revoked', () => {
  const blob = publicKeyBlob(authority);
  const certificates = [1n, 2n, 2n ** 64n - 1n].map((serial) =>
    fileOf(signSshCertificate({ ...request, serial }, authority, Buffer.alloc(32, 1))),
  );
  const revoked = (serials: readonly bigint[]): boolean[] => {
    const list = `${openssh.generate('ed25519')}.krl`;
    writeFileSync(list, writeRevocationList(blob, serials, 1_790_000_000_000));
    expect(readRevocationList(readFileSync(list), blob)).toEqual(serials);
    return certificates.map((file) => spawnSync('ssh-keygen', ['-Q', '-f', list, file]).status !== 0);
  };
  test.each([
    [[], [false, false, false]],
    [[2n], [false, true, false]],
    [
      [2n ** 64n - 1n, 1n],
      [true, false, true],
    ],
  ])('%s', (serials, expected) => {
    expect(revoked(serials)).toEqual(expected);
  });

  test('a list of somebody else’s is not overwritten, an empty one is taken over', () => {
    const list = `${openssh.generate('ed25519')}.krl`;
    execFileSync('ssh-keygen', ['-q', '-k', '-f', list]);
    expect(readRevocationList(readFileSync(list), blob)).toEqual([]);
    execFileSync('ssh-keygen', ['-q', '-k', '-u', '-f', list, `${authorityFile}.pub`]);
    expect(() => readRevocationList(readFileSync(list), blob)).toThrow('not written by Writ');
    const other = writeRevocationList(publicKeyBlob(signingKey(Buffer.alloc(32, 8))), [1n], 1);
    expect(() => readRevocationList(other, blob)).toThrow('not written by Writ');
  });
});
