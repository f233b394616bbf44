import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { OpenSsh } from '../../test/ssh/openssh.ts';
import { approvalNamespace } from '../core/identity/approval-statement.ts';
import { verifySshSignature } from '../core/identity/ssh-signature.ts';
import { sshPublicKey } from '../core/policy/ssh-public-key.ts';
import { signWithSsh } from './ssh-sign.ts';

const statement = '{"approval":"apr_1","decision":"grant"}';
const openssh = new OpenSsh();
const folder = mkdtempSync(join(tmpdir(), 'writ-agent-'));
const socket = join(folder, 'agent');
let agent: ChildProcess;

beforeAll(async () => {
  // In the foreground, so that it ends with its process.
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  while (!existsSync(socket)) await sleep(5);
  vi.stubEnv('SSH_AUTH_SOCK', socket);
  vi.stubEnv('SSH_ASKPASS_REQUIRE', 'never');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  const gone = once(agent, 'exit');
  agent.kill();
  await gone;
  openssh.remove();
  rmSync(folder, { recursive: true });
});

function signer(signature: string, keyFile: string): string {
  const blob = sshPublicKey(openssh.publicLine(keyFile))?.blob ?? Buffer.alloc(0);
  return verifySshSignature(signature, statement, approvalNamespace, [{ person: 'ada', blob }]);
}

describe('a person signs', () => {
  test.each(['ed25519', 'ecdsa', 'rsa'])('with the file of their %s key', async (kind) => {
    const key = openssh.generate(kind);
    expect(signer(await signWithSsh(statement, key), key)).toBe('ada');
  });

  test('with the agent, given the public key alone', async () => {
    const key = openssh.generate('ed25519');
    execFileSync('ssh-add', ['-q', key], { stdio: 'ignore' });
    rmSync(key);
    expect(signer(await signWithSsh(statement, `${key}.pub`), key)).toBe('ada');
  });

  test('not with a key that there is not, that is none, or that the agent does not hold', async () => {
    const none = join(folder, 'none');
    writeFileSync(none, 'no key\n', { mode: 0o600 });
    const elsewhere = openssh.generate('ed25519');
    rmSync(elsewhere);
    for (const key of [join(folder, 'missing'), none, `${elsewhere}.pub`, '-Y']) {
      await expect(signWithSsh(statement, key)).rejects.toMatchObject({ code: 'signing_failed' });
    }
  });

  test('and is told to touch a security key while ssh-keygen waits for that', async () => {
    const waiting = join(folder, 'ssh-keygen');
    const lines = [
      '#!/bin/sh',
      'echo "Confirm user presence for key ED25519-SK" >&2',
      'cat >&2',
      'echo signed',
    ];
    writeFileSync(waiting, lines.join('\n'), { mode: 0o700 });
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await signWithSsh(statement, join(folder, 'key'))).toBe('signed\n');
    expect(said.mock.calls.join('')).toContain('touch your security key');
    said.mockRestore();
    rmSync(waiting);
  });

  test('not where ssh-keygen is missing, and is told what to install', async () => {
    vi.stubEnv('PATH', folder);
    const refusal = signWithSsh(statement, join(folder, 'key'));
    await expect(refusal).rejects.toMatchObject({ hint: expect.stringContaining('openssh') });
  });
});
