import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSshPublicKey, sshPublicKey } from './ssh-public-key.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGRz1IrTtrE0kZ2VxFfHgEZIXEVBUmY3T0ZYd8a1x2vS';

test.each([['ed25519'], ['rsa'], ['ecdsa']])('takes what ssh-keygen makes: %s', (type) => {
  const folder = mkdtempSync(join(tmpdir(), 'writ-key-'));
  try {
    const path = join(folder, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'a comment', '-f', path]);
    const line = readFileSync(`${path}.pub`, 'utf8').trim();
    expect(sshPublicKey(line)?.kind).toBe(line.split(' ')[0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ['', ''],
  ['without base64', 'ssh-ed25519'],
  ['of an unknown type', key.replace('ssh-ed25519', 'ssh-dss')],
  ['of another type than it says', key.replace('ssh-ed25519', 'ssh-rsa')],
  ['cut short', key.slice(0, -4)],
  ['with a byte more', `${key}AAAA`],
  ['with options before it', `cert-authority ${key}`],
  ['on two lines', `${key} a\n${key} b`],
  ['with two spaces', key.replace(' ', '  ')],
])('refuses a key %s', (_, line) => {
  expect(isSshPublicKey(line)).toBe(false);
});

test('takes a comment, and crashes on nothing', () => {
  expect(isSshPublicKey(`${key} ada@laptop of hers`)).toBe(true);
  fc.assert(fc.property(fc.base64String(), (base64) => void isSshPublicKey(`ssh-rsa ${base64}`)));
});
