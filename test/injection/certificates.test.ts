/** The certificates that the proxy shows inside, read by OpenSSL alone. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSessionAuthority } from '../../src/guard/injection/session-authority.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'writ-certificates-'));
const root = join(folder, 'root.pem');
let port = 0;
/** Whose certificate is shown to the next client. */
let shown = 'api.example';
const server = createServer((socket) => {
  void authority
    .then((made) => made.contextFor(shown))
    .then((secureContext) => new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => {}));
});
const authority = createSessionAuthority(['api.example', 'files.example'], Date.now());

beforeAll(async () => {
  writeFileSync(root, (await authority).certificate);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

async function verify(host: string): Promise<string> {
  const args = [
    '-connect',
    `127.0.0.1:${port}`,
    '-CAfile',
    root,
    '-verify_hostname',
    host,
    '-verify_return_error',
  ];
  const asked = run('openssl', ['s_client', ...args, '-x509_strict']);
  asked.child.stdin?.end();
  const { stdout } = await asked.catch((error: { stdout: string }) => error);
  return /Verif(?:y return code|ication error): (.*)/.exec(stdout)?.[1] ?? stdout;
}

test.each([
  ['api.example', 'api.example', '0 (ok)'],
  ['files.example', 'files.example', '0 (ok)'],
  ['api.example', 'files.example', 'hostname mismatch'],
  ['bank.example', 'bank.example', 'permitted subtree violation'],
])('a certificate for %s is good for %s: %s', async (of, host, expected) => {
  shown = of;
  expect(await verify(host)).toContain(expected);
});

test('the authority signs certificates and is nothing else', () => {
  const text = execFileSync('openssl', ['x509', '-in', root, '-noout', '-text'], { encoding: 'utf8' });
  expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  expect(text).toMatch(/Key Usage: critical\s+Certificate Sign\n/);
  expect(text).toMatch(/Name Constraints: critical\s+Permitted:\s+DNS:api\.example\s+DNS:files\.example/);
});
