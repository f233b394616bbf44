/** Signing with a person's own SSH key, through OpenSSH: from a file, or by the agent that holds it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { approvalNamespace } from '../core/identity/approval-statement.ts';
import { WritError } from '../core/model/errors.ts';
import { say } from './output.ts';
import { publicSshKeys } from './people.ts';

/** @throws WritError `signing_key_missing`, `signing_failed` */
export async function signWithSsh(statement: string, keyFile?: string): Promise<string> {
  const key = keyFile ?? defaultKey();
  const child = spawn('ssh-keygen', ['-Y', 'sign', '-n', approvalNamespace, '-f', key], {
    // A passphrase is asked for at the terminal; standard input carries what is signed.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}).end(statement);
  child.stderr.on('data', (said: Buffer) => {
    if (said.includes('user presence')) say('touch your security key to sign');
  });
  const ended = new Promise<number>((resolve, reject) =>
    child.on('error', reject).on('close', (code) => resolve(code ?? 1)),
  );
  const [signature, complaint, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]).catch((cause: unknown) => {
    throw new WritError('signing_failed', 'ssh-keygen cannot be run', {
      hint: 'Install OpenSSH: apt-get install openssh-client',
      cause,
    });
  });
  if (status === 0) return signature;
  throw new WritError(
    'signing_failed',
    `ssh-keygen could not sign: ${complaint.trim().split('\n').at(-1) ?? ''}`,
    {
      hint: 'Name a private key, or a public key that your agent holds, with --key FILE',
    },
  );
}

/** The private key beside the first public one; the public one itself where an agent holds the private one. */
function defaultKey(): string {
  const [first] = publicSshKeys();
  if (first === undefined) {
    throw new WritError('signing_key_missing', 'there is no SSH key in ~/.ssh', {
      hint: 'Name one with --key FILE',
    });
  }
  const privateKey = first.file.replace(/\.pub$/, '');
  return existsSync(privateKey) ? privateKey : first.file;
}
