/** Authorities that the owners of this machine added to its distribution's: for most, those of a company's proxy. */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contribution } from '../contribution.ts';
import { trustVariables } from './trust-variables.ts';

/** Where distributions have them put: Debian's, Red Hat's, Arch's and SUSE's families. */
const places = [
  '/usr/local/share/ca-certificates/**/*.crt',
  '/etc/pki/ca-trust/source/anchors/*',
  '/etc/ca-certificates/trust-source/anchors/*',
  '/etc/pki/trust/anchors/*',
];
/** And what they make of all together. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
];
const certificate = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const insideAdded = '/run/writ/added-roots.pem';

let known: string | undefined;

/** PEM; empty where there are none. Read once: who adds one starts Writ again. */
export function addedAuthorities(): string {
  known ??= authoritiesIn(places);
  return known;
}

/** @param patterns globs of files that hold certificates, among other things */
export function authoritiesIn(patterns: readonly string[]): string {
  return globSync(patterns).sort().flatMap(readCertificates).join('\n');
}

function readCertificates(file: string): readonly string[] {
  try {
    return readFileSync(file, 'latin1').match(certificate) ?? [];
  } catch {
    return []; // a folder, or not ours to read: then it is no root of ours either
  }
}

/** Most programs go by the system's bundle; those with roots of their own are told of these. */
export function contributeMachineTrust(folder: string): Contribution {
  const added = addedAuthorities();
  const bundle = bundles.find((path) => existsSync(path));
  if (added === '' || bundle === undefined) return { environment: {}, binds: [] };
  const source = join(folder, 'added-roots.pem');
  writeFileSync(source, `${added}\n`, { flag: 'wx', mode: 0o644 });
  return {
    environment: trustVariables(bundle, insideAdded),
    binds: [{ source, target: insideAdded, mode: 'ro' }],
  };
}
