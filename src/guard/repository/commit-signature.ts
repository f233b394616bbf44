/** SSH signatures on commits (gitformat-signature, OpenSSH PROTOCOL.sshsig). */
import { createHash } from 'node:crypto';
import { verifySshSignature } from '../../core/identity/ssh-signature.ts';
import { WritError } from '../../core/model/errors.ts';
import { sshPublicKey } from '../../core/policy/ssh-public-key.ts';

export type SignatureCheck =
  | {
      readonly good: true;
      /** `SHA256:…` of the key, as ssh-keygen -l prints it. */ readonly fingerprint: string;
    }
  | { readonly good: false; readonly why: string };

/**
 * Whether a commit carries the SSH signature of one of the signers, given as public key lines. The very bytes
 * that hash to the commit's id are checked: no git, program or configuration stands in between.
 */
export function checkSignature(commit: Buffer, signers: readonly string[]): SignatureCheck {
  const parts = signedParts(commit.toString('latin1'));
  if (typeof parts === 'string') return { good: false, why: parts };
  const keys = signers.flatMap((line) => {
    const key = sshPublicKey(line);
    return key === null ? [] : [{ person: fingerprintOf(key.blob), blob: key.blob }];
  });
  try {
    const payload = Buffer.from(parts.payload, 'latin1');
    return { good: true, fingerprint: verifySshSignature(parts.signature, payload, 'git', keys) };
  } catch (error) {
    if (!(error instanceof WritError)) throw error;
    if (error.code === 'signature_key_unknown')
      return { good: false, why: 'it is not signed by an allowed signer' };
    return { good: false, why: error.message };
  }
}

function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The signature and what it covers: the commit without its signature headers. Else why there is none. */
function signedParts(commit: string): { readonly payload: string; readonly signature: string } | string {
  const end = commit.indexOf('\n\n');
  const headers = (end < 0 ? commit : commit.slice(0, end)).split(/\n(?! )/);
  const isSignature = (header: string) => /^gpgsig(-sha256)? /.test(header);
  const signatures = headers.filter(isSignature);
  const [header] = signatures;
  if (header === undefined) return 'it is not signed';
  if (signatures.length > 1) return 'it carries several signatures';
  const signature = header.replace(/^gpgsig(-sha256)? /, '').replaceAll('\n ', '\n');
  if (!signature.startsWith('-----BEGIN SSH SIGNATURE-----\n'))
    return 'its signature is not an SSH signature';
  const payload =
    headers.filter((line) => !isSignature(line)).join('\n') + (end < 0 ? '' : commit.slice(end));
  return { payload, signature: `${signature.trimEnd()}\n` };
}
