/** `writ-exec attest` beside a sandbox: what it says of connections that it must not trust, memory checked. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attest } from '../../src/guard/identity/attest.ts';
import { buildNative } from '../sandbox/workshop.ts';

const program = resolve('native/build/writ-exec-sanitized');
const folder = mkdtempSync(join(tmpdir(), 'writ-attest-'));
const server = createServer({ pauseOnConnect: true });
const open: Socket[] = [];

beforeAll(async () => {
  buildNative('sanitized');
  await once(server.listen(join(folder, 'socket')), 'listening');
});
afterAll(() => {
  for (const socket of open) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true });
});

/** A connection as the server has it, from this very process. */
async function connection(): Promise<Socket> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  open.push(connect(join(folder, 'socket')));
  const [socket] = await accepted;
  open.push(socket);
  return socket;
}

test('a process that is in no sandbox is refused, its launcher too', async () => {
  const [caller, launcher] = [await connection(), await connection()];
  const refused = { workload: null, refused: 'the caller is outside of every sandbox', stranger: true };
  expect(await attest(program, caller, launcher)).toEqual(refused);
  expect(await attest(program, launcher, caller)).toEqual(refused);
  // Both are still of use.
  const received = once(launcher, 'data') as Promise<[Buffer]>;
  launcher.resume();
  open
    .filter((socket) => socket !== launcher && socket !== caller)
    .forEach((socket) => socket.write('still here'));
  expect((await received)[0].toString()).toBe('still here');
});

test('so is a connection that is gone, or none', async () => {
  const [caller, launcher] = [await connection(), await connection()];
  caller.destroy();
  expect(await attest(program, caller, launcher)).toEqual({
    workload: null,
    refused: 'the connection is closed',
    stranger: false,
  });
  const { status, stdout, stderr } = spawnSync(program, ['attest'], { encoding: 'utf8', env: {} });
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^writ: the caller is not known: /);
  expect(spawnSync(program, ['attest', 'more'], { env: {} }).status).toBe(2);
});

test('whoever has gone meanwhile is no stranger, and still gets nothing', async () => {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const script = 'import socket,sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])';
  expect(spawnSync('python3', ['-c', script, join(folder, 'socket')]).status).toBe(0);
  const [caller] = await accepted;
  open.push(caller);
  expect(await attest(program, caller, await connection())).toMatchObject({
    workload: null,
    stranger: false,
  });
});

test('a connection that is no Unix socket has nobody behind it', async () => {
  const tcp = createServer();
  await once(tcp.listen(0, '127.0.0.1'), 'listening');
  const address = tcp.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = once(tcp, 'connection') as Promise<[Socket]>;
  open.push(connect(address.port, '127.0.0.1'));
  const [socket] = await accepted;
  open.push(socket);
  const attested = await attest(program, socket, await connection());
  expect(attested).toMatchObject({ workload: null, stranger: true });
  tcp.close();
});
