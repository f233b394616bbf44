/** The guard's way into a database: over TLS, for clients of any kind, and against what is no client at all. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WritError } from '../../src/core/model/errors.ts';
import type { AuthorityPort } from '../../src/guard/authority-port.ts';
import { LeaseHolder } from '../../src/guard/credentials/lease-holder.ts';
import { readFirst, readMessage } from '../../src/guard/credentials/postgres-messages.ts';
import { startPostgresRelay, type PostgresRelay } from '../../src/guard/credentials/postgres-relay.ts';
import { startShopDatabase, type ShopDatabase } from './database.ts';

const folder = mkdtempSync(join(tmpdir(), 'writ-relay-'));
const password = 'of the task alone';
let shop: ShopDatabase;
let front: Server;
beforeAll(async () => {
  shop = await startShopDatabase();
  await shop.query(`create role task login password '${password}'`);
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'ca')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...files, ...names], { stdio: 'ignore' });
  front = await startTlsFront();
});
afterAll(async () => {
  front.close();
  await shop.stop();
  rmSync(folder, { recursive: true });
});

/** The server as it is seen over TCP: it answers the request for TLS, and carries what comes to its socket. */
async function startTlsFront(): Promise<Server> {
  const secureContext = createSecureContext({
    key: readFileSync(join(folder, 'key')),
    cert: readFileSync(join(folder, 'ca')),
  });
  const server = createServer((plain) => {
    plain.on('error', () => plain.destroy());
    plain.once('data', (first: Buffer) => {
      if (first.toString('hex') !== '0000000804d2162f') return plain.end('E');
      plain.write('S');
      const secure = new TLSSocket(plain, { isServer: true, secureContext });
      const upstream = connect(`${shop.host}/.s.PGSQL.5432`);
      for (const one of [secure, upstream]) one.on('error', () => one.destroy());
      secure.pipe(upstream);
      return upstream.pipe(secure);
    });
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return server;
}

let relays = 0;
async function relayTo(
  secret: object | WritError,
): Promise<{ relay: PostgresRelay; socket: string; host: string }> {
  relays += 1;
  const host = mkdtempSync(join(folder, `${relays}-`));
  const lease = { id: 'lse_1', expiresAt: Date.now() + 600_000 };
  const authority = {
    requestLease: async () => {
      if (secret instanceof WritError) return { refusal: { reason: secret.message, advice: secret.hint } };
      return { lease, secret };
    },
    useLease: async () => {},
  } as unknown as AuthorityPort;
  const facts = { writ: 'w', session: 's', credential: 'shop-db', renews: false, clock: Date.now };
  const socket = join(host, '.s.PGSQL.5432');
  return { relay: await startPostgresRelay(socket, new LeaseHolder({ authority, ...facts })), socket, host };
}

const login = () => ({
  host: 'localhost',
  port: (front.address() as AddressInfo).port,
  database: shop.database,
  tls: 'verify',
  ca: readFileSync(join(folder, 'ca'), 'utf8'),
  user: 'task',
  password,
});

async function ask(host: string, sql = 'select current_user as who'): Promise<unknown> {
  const client = new Client({ host, user: 'anybody', database: 'anything', password: 'none' });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<{ who: string }>(sql)).rows[0]?.who;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end().catch(() => {});
  }
}

describe('over TLS', () => {
  test('logs in where the certificate is right for the host', async () => {
    const { relay, host } = await relayTo(login());
    expect(await Promise.all([ask(host), ask(host), ask(host)])).toEqual(['task', 'task', 'task']);
    relay.close();
  });

  test.each([
    ['of nobody who is trusted', { ca: null }],
    ['for another host', { host: '127.0.0.1' }],
  ])('does not with a certificate %s', async (_, changes) => {
    const { relay, host } = await relayTo({ ...login(), ...changes });
    expect(await ask(host)).toBe('writ: the connection to the database failed');
    relay.close();
  });

  test('does not in clear, where the server has no TLS', async () => {
    const plain = createServer((socket) => socket.once('data', () => socket.end('N'))).listen(0, 'localhost');
    await once(plain, 'listening');
    const { relay, host } = await relayTo({ ...login(), port: (plain.address() as AddressInfo).port });
    expect(await ask(host)).toBe('writ: the database server does not speak TLS');
    relay.close();
    plain.close();
  });
});

describe('a client is told, as by its server,', () => {
  test('why it is lent nothing', async () => {
    const refusal = new WritError('x', 'nothing permits it', { hint: 'Ask somebody.' });
    const { relay, host } = await relayTo(refusal);
    expect(await ask(host)).toBe('writ: nothing permits it');
    relay.close();
  });

  test('that the database does not take the login, without the login', async () => {
    const { relay, host } = await relayTo({ ...login(), password: 'another' });
    const told = await ask(host);
    expect(told).toBe(
      'writ: the database refuses the connection: password authentication failed for user "task" (28P01)',
    );
    relay.close();
  });
});

test('a server that asks for the password itself does not get it', async () => {
  const seen: Buffer[] = [];
  const nosy = createServer((socket: Socket) => {
    socket.once('data', () => socket.write(Buffer.from('520000000800000003', 'hex'))); // cleartext, please
    socket.on('data', (chunk: Buffer) => seen.push(chunk)).on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(nosy, 'listening');
  const { port } = nosy.address() as AddressInfo;
  const { relay, host } = await relayTo({ ...login(), host: '127.0.0.1', port, tls: 'off', ca: null });
  expect(await ask(host)).toBe('writ: the database asks for another proof than SCRAM-SHA-256');
  expect(Buffer.concat(seen).toString('latin1')).not.toContain(password);
  relay.close();
  nosy.close();
});

test('cancelling reaches the backend that it names', async () => {
  const { relay, host } = await relayTo(login());
  const client = new Client({ host, user: 'x', database: 'x' });
  await client.connect();
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const sleeping = client
    .query('select pg_sleep(600)')
    .catch((error: unknown) => (error as { code: string }).code);
  const cancel = Buffer.alloc(16);
  [16, 80_877_102, processID].forEach((value, at) => cancel.writeUInt32BE(value, at * 4));
  cancel.writeInt32BE(secretKey, 12);
  connect(join(host, '.s.PGSQL.5432')).end(cancel);
  expect(await sleeping).toBe('57014');
  await client.end();
  relay.close();
});

describe('what is no client', () => {
  test.each([
    ['nothing', ''],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
    ['a length beyond any', '7fffffff00030000'],
    ['a length of nothing', '0000000000030000'],
    ['the protocol of long ago', '000000090002000000'],
    ['a name without a value', '0000000d000300007573657200'],
    ['words before an answer', '0000000804d2162f00000009000300000051000000'],
  ])('%s is refused or cut off, and the next client served', async (_, bytes) => {
    const { relay, socket, host } = await relayTo(login());
    const odd = connect(socket);
    odd.end(Buffer.from(bytes, 'hex'));
    const answer: Buffer[] = [];
    for await (const chunk of odd as AsyncIterable<Buffer>) answer.push(chunk);
    expect(Buffer.concat(answer).toString('latin1')).not.toContain('task');
    expect(await ask(host)).toBe('task');
    relay.close();
  });

  /** How many bytes a reader accounts for; none where it refuses them. */
  function accounted(bytes: Buffer): number {
    try {
      const next = readMessage(bytes);
      return next === null ? bytes.length : next.message.bytes.length + next.rest.length;
    } catch (error) {
      if (error instanceof RangeError) return bytes.length;
      throw error;
    }
  }

  test('no bytes make the readers fail otherwise, or read past the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (given) => {
        const bytes = Buffer.from(given);
        expect(accounted(bytes)).toBe(bytes.length);
        expect(readFirst(bytes)?.rest.length ?? 0).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
});
