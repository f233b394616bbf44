/** `writ up --listen` and `writ keys`, as an operator uses them. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { World } from '../cli/world.ts';

const world = new World();
beforeAll(() => {
  world.must('init', '--yes');
  world.must('down');
});
afterAll(() => world.dispose());

interface Status {
  readonly running: boolean;
  readonly issuer: string | null;
}
const status = () => world.json('status') as Status;

test('nothing is listened on until it is asked for, and then it is remembered', async () => {
  world.must('up');
  expect(status().issuer).toBeNull();
  expect(world.writ(['up', '--listen', '127.0.0.1:0']).stderr).toContain('[already_up]');
  world.must('down');
  world.must('up', '--listen', '127.0.0.1:0');
  const { issuer } = status();
  const discovered = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as {
    issuer: string;
  };
  expect(discovered.issuer).toBe(issuer);
  world.must('down');
  world.must('exec', '--', 'true');
  expect(status().issuer).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  world.must('down');
  world.must('up', '--listen', 'off');
  expect(status().issuer).toBeNull();
  world.must('down');
});

test('anywhere but on loopback with TLS alone, whose key is private', async () => {
  expect(world.writ(['up', '--listen', '0.0.0.0:0']).stderr).toContain('[listen_refused]');
  expect(world.writ(['up', '--listen', 'localhost']).stderr).toContain('[listen_refused]');
  const [key, certificate] = [join(world.root, 'key.pem'), join(world.root, 'certificate.pem')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  const names = ['-subj', '/CN=id.acme.example', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  chmodSync(key, 0o644);
  const listen = ['up', '--listen', 'localhost:0', '--tls-certificate', certificate];
  expect(world.writ(listen).stderr).toContain('[listen_refused]');
  expect(world.writ([...listen, '--tls-key', key]).stderr).toContain('[listen_refused]');
  chmodSync(key, 0o600);
  world.must(...listen, '--tls-key', key);
  const { issuer } = status();
  expect(issuer).toMatch(/^https:/);
  const response = once(
    get(`${issuer}/.well-known/spiffe-bundle`, { ca: readFileSync(certificate) }),
    'response',
  );
  const [message] = (await response) as [NodeJS.ReadableStream];
  expect(JSON.parse(await text(message))).toMatchObject({ spiffe_refresh_hint: 300 });
  world.must('down');
});

test('where the port is taken, nothing is half started', async () => {
  const other = createServer();
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const { port } = other.address() as AddressInfo;
  expect(world.writ(['up', '--listen', `127.0.0.1:${port}`]).stderr).toMatch(
    /listen_failed[^]*\[start_failed\]/,
  );
  expect(world.json('status')).toEqual({ running: false });
  other.close();
  await once(other, 'close');
  world.must('up');
  expect(status().issuer).toBe(`http://127.0.0.1:${port}`);
});

test('keys are listed with their states, and rotated by name', () => {
  interface Keys {
    readonly keys: readonly { readonly use: string; readonly state: string; readonly kid: string }[];
  }
  const states = (listed: unknown) => (listed as Keys).keys.map(({ use, state }) => `${use} ${state}`);
  expect(states(world.json('keys'))).toEqual(['x509-svid active', 'jwt-svid active']);
  expect(states(world.json('keys', 'rotate', 'jwt-svid'))).toEqual(['jwt-svid active', 'jwt-svid next']);
  expect(states(world.json('keys', 'list'))).toEqual([
    'x509-svid active',
    'jwt-svid active',
    'jwt-svid next',
  ]);
  expect(world.writ(['keys']).stdout).toMatch(/jwt-svid {3}\S{43} {2}next {4}signs from 20/);
  expect(world.writ(['keys', 'rotate', 'nonsense']).status).toBe(2);
});
