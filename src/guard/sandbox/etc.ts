/** What `/etc` holds inside: a few files made for the sandbox, and of the host's only those listed here. */
import { isUtf8 } from 'node:buffer';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxHome, sandboxUser } from './environment.ts';

/**
 * Data that programs need to run and that tells nothing of the host's people, secrets or services. Not listed and
 * never to be: shadow, ssh, sudoers, ssl/private, machine-id, resolv.conf, and tools' own files that hold logins
 * (npmrc, pip.conf, gitconfig, wgetrc, maven's settings.xml).
 */
const hostFiles = [
  '/etc/ImageMagick-6',
  '/etc/ImageMagick-7',
  '/etc/alternatives',
  '/etc/ca-certificates/extracted',
  '/etc/debian_version',
  '/etc/fonts',
  '/etc/groff/man.local',
  '/etc/groff/mdoc.local',
  '/etc/inputrc',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/magic',
  '/etc/manpath.config',
  '/etc/maven/logging/simplelogger.properties',
  '/etc/maven/m2.conf',
  '/etc/mime.types',
  '/etc/os-release',
  '/etc/perl',
  '/etc/pki/ca-trust/extracted',
  '/etc/pki/tls/certs',
  '/etc/protocols',
  '/etc/services',
  '/etc/shells',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/texmf',
  '/etc/timezone',
];
/** Runtimes that keep part of themselves there: python3.11, java-17-openjdk. */
const runtimes = /^(python3(\.\d+)?|java-\d+-openjdk)$/;

/** Copies and links cost no mount, of which each costs bubblewrap a tenth of a millisecond. */
export type EtcEntry =
  | { readonly kind: 'bind'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly to: string }
  | { readonly kind: 'copy'; readonly path: string; readonly content: string };

/** Largest file that is copied, bytes. */
const largestCopy = 16 * 1024;

/** Those of the listed files that this host has. */
export function hostEtc(): EtcEntry[] {
  const found = readdirSync('/etc').filter((name) => runtimes.test(name));
  const paths = [...hostFiles, ...found.map((name) => join('/etc', name))];
  return paths.filter((path) => existsSync(path)).map(etcEntry);
}

function etcEntry(path: string): EtcEntry {
  const real = realpathSync(path);
  if (real.startsWith('/usr/')) return { kind: 'link', path, to: real };
  const file = statSync(real);
  if (file.isFile() && file.size <= largestCopy) {
    const bytes = readFileSync(real);
    if (isUtf8(bytes)) return { kind: 'copy', path, content: bytes.toString() };
  }
  return { kind: 'bind', path };
}

export interface EtcRequest {
  readonly uid: number;
  readonly gid: number;
  readonly identity: { readonly name: string; readonly email: string };
}

/** Path to content. */
export function generatedFiles({ uid, gid, identity }: EtcRequest): Readonly<Record<string, string>> {
  const root = uid === 0 ? '' : 'root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n';
  const rootGroup = gid === 0 ? '' : 'root:x:0:\n';
  return {
    '/etc/passwd':
      `${sandboxUser}:x:${uid}:${gid}:Writ:${sandboxHome}:/bin/bash\n${root}` +
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    '/etc/group': `${sandboxUser}:x:${gid}:\n${rootGroup}nogroup:x:65534:\n`,
    '/etc/hosts': '127.0.0.1 localhost writ\n::1 localhost ip6-localhost\n',
    '/etc/hostname': 'writ\n',
    '/etc/nsswitch.conf':
      'passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n',
    // Only git's own ownership check is switched off: user ids inside are mapped, and the view holds one repository.
    '/etc/gitconfig':
      `[user]\n\tname = ${gitValue(identity.name)}\n\temail = ${gitValue(identity.email)}\n` +
      '[safe]\n\tdirectory = *\n',
  };
}

/** Quoted for git's configuration (git-config(1), "Values"). */
function gitValue(text: string): string {
  const escaped = text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll(/[\0-\x1f\x7f]/g, ' ');
  return `"${escaped}"`;
}
