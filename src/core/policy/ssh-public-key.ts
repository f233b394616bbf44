import { Buffer } from 'node:buffer';

const kinds = [
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
];

/** Type and base64 of a public key line (RFC 4253 section 6.6), without its comment; null if it is none. */
export function sshPublicKey(line: string): { readonly kind: string; readonly blob: Buffer } | null {
  const [, kind = '', base64 = ''] = /^(\S+) ([A-Za-z0-9+/]+={0,2})( [^\r\n\0]*)?$/.exec(line) ?? [];
  if (!kinds.includes(kind) || base64.length % 4 !== 0) return null;
  const blob = Buffer.from(base64, 'base64');
  // The blob repeats the type; a key whose two types differ was tampered with or cut.
  const named = blob.length > 4 ? blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1') : '';
  return named === kind && blob.length > 4 + named.length + 4 && fieldsFill(blob) ? { kind, blob } : null;
}

export function isSshPublicKey(line: string): boolean {
  return sshPublicKey(line) !== null;
}

/** All length-prefixed fields together are exactly the blob. */
function fieldsFill(blob: Buffer): boolean {
  let offset = 0;
  while (offset + 4 <= blob.length) offset += 4 + blob.readUInt32BE(offset);
  return offset === blob.length;
}
