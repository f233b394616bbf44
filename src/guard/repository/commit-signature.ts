/** SSH signatures on commits (gitformat-signature, OpenSSH PROTOCOL.sshsig), verified by the system's ssh-keygen. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, systemProgram } from './run-program.ts';

export type SignatureCheck =
  | { readonly good: true; /** `SHA256:…` of the key. */ readonly fingerprint: string }
  | { readonly good: false; readonly why: string };

/**
 * Whether a commit carries the SSH signature of one of the signers, given as public key lines. The very bytes
 * that hash to the commit's id are checked, and no git or configuration stands in between.
 */
export async function checkSignature(
  commit: Buffer,
  signers: readonly string[],
  directory: string,
): Promise<SignatureCheck> {
  const parts = signedParts(commit.toString('latin1'));
  if (typeof parts === 'string') return { good: false, why: parts };
  const keygen = systemProgram('ssh-keygen');
  if (keygen === null) return { good: false, why: 'its signature cannot be checked without ssh-keygen' };
  const signature = join(directory, 'signature');
  const allowed = join(directory, 'allowed-signers');
  await writeFile(signature, parts.signature, 'latin1');
  await writeFile(allowed, signers.flatMap(allowedLine).join(''));
  const { code, stdout } = await runProgram(
    keygen,
    ['-Y', 'verify', '-f', allowed, '-I', 'signer', '-n', 'git', '-s', signature],
    { cwd: directory, input: Buffer.from(parts.payload, 'latin1') },
  );
  const fingerprint = /^Good "git" signature for signer with \S+ key (SHA256:[A-Za-z0-9+/]{43})$/m.exec(
    stdout.toString('latin1'),
  )?.[1];
  if (code === 0 && fingerprint !== undefined) return { good: true, fingerprint };
  return { good: false, why: 'its signature is not by an allowed signer' };
}

/** A public key alone, so that a comment or option of the registered line cannot widen what is allowed. */
function allowedLine(signer: string): string[] {
  const key = /^((?:sk-)?(?:ssh|ecdsa)-[a-z0-9-]+(?:@openssh\.com)? [A-Za-z0-9+/=]+)(?:\s|$)/.exec(
    signer,
  )?.[1];
  return key === undefined ? [] : [`signer namespaces="git" ${key}\n`];
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
