/** The real ssh-keygen, as the judge of our own reading of SSH signatures. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class OpenSsh {
  readonly #folder = mkdtempSync(join(tmpdir(), 'writ-ssh-'));
  #made = 0;

  /** @returns the private key's file; the public one is beside it */
  generate(...kind: string[]): string {
    const file = this.#fresh('key');
    execFileSync('ssh-keygen', ['-q', '-t', ...kind, '-N', '', '-C', 'test', '-f', file]);
    return file;
  }

  /** The public key's line, without its comment. */
  publicLine(keyFile: string): string {
    return readFileSync(`${keyFile}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  }

  /** The public key's file, after certification by another key. */
  certify(keyFile: string, authorityFile: string): string {
    execFileSync('ssh-keygen', ['-q', '-s', authorityFile, '-I', 'id', '-n', 'maria', `${keyFile}.pub`]);
    return `${keyFile}-cert.pub`;
  }

  sign(keyFile: string, message: string, namespace: string, ...options: string[]): string {
    return execFileSync('ssh-keygen', ['-Y', 'sign', '-q', '-n', namespace, '-f', keyFile, ...options], {
      input: message,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  verifies(armored: string, message: string, namespace: string, publicLine: string): boolean {
    const signature = this.#fresh('sig');
    const signers = this.#fresh('signers');
    writeFileSync(signature, armored);
    writeFileSync(signers, `maria ${publicLine}\n`);
    const options = ['-Y', 'verify', '-I', 'maria', '-n', namespace, '-f', signers, '-s', signature];
    return spawnSync('ssh-keygen', options, { input: message }).status === 0;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #fresh(name: string): string {
    this.#made += 1;
    return join(this.#folder, `${name}-${this.#made}`);
  }
}
