/** Certificates of a test's own authority, made by OpenSSL. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certified {
  /** Path of the authority's certificate. */
  readonly authority: string;
  readonly key: string;
  readonly cert: string;
}

export function certify(folder: string, names: readonly string[]): Certified {
  const make = (...args: string[]): void => {
    const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...fresh, ...args], { cwd: folder, stdio: 'pipe' });
  };
  make('-subj', '/CN=Test', '-keyout', 'ca.key', '-out', 'ca.pem');
  const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`;
  const leaf = ['-addext', alternatives, '-addext', 'basicConstraints=critical,CA:FALSE'];
  make(
    '-subj',
    '/CN=API',
    ...leaf,
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
  );
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return { authority: join(folder, 'ca.pem'), key: text('key.pem'), cert: text('cert.pem') };
}
