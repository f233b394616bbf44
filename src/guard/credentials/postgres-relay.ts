/**
 * A database for one session: a Unix socket like a server's own. The guard logs in upstream with the role that was
 * lent, and only then connects the two; neither role nor password is the client's to choose, or to see.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { z } from 'zod';
import { scramFinal, scramFirst, type ScramFinal } from '../../core/identity/scram.ts';
import { WritError } from '../../core/model/errors.ts';
import { listenPrivately } from '../private-socket.ts';
import type { LeaseHolder } from './lease-holder.ts';
import {
  fatalError,
  readFirst,
  readMessage,
  saslInitial,
  saslResponse,
  startup,
  tlsRequest,
  type FirstMessage,
  type Message,
} from './postgres-messages.ts';

/** What a lease of the broker `postgres` brings. */
const login = z.object({
  host: z.string(),
  port: z.int(),
  database: z.string(),
  tls: z.enum(['verify', 'off']),
  ca: z.string().nullable(),
  user: z.string(),
  password: z.string(),
});
type Login = z.output<typeof login>;
type Startup = Extract<FirstMessage, { kind: 'startup' }>;

const mostConnections = 200;
const handshakeWithinMs = 30_000;

export interface PostgresRelay {
  /** Ends every connection. */
  close(): void;
}

/** @param socket path of the socket to make, in the session's own folder */
export async function startPostgresRelay(socket: string, holder: LeaseHolder): Promise<PostgresRelay> {
  const open = new Set<Socket>();
  const server: Server = createServer((client) => {
    open.add(client);
    client.once('close', () => open.delete(client)).on('error', () => client.destroy());
    serve(client, holder, open).catch((error: unknown) => {
      const refusal = error instanceof WritError ? error : null;
      const message = refusal?.message ?? 'the connection to the database failed';
      client.end(fatalError(refusal === null ? '08006' : '28000', message, refusal?.hint ?? null));
    });
  });
  server.maxConnections = mostConnections;
  await listenPrivately(server, socket);
  return {
    close() {
      server.close();
      for (const one of open) one.destroy();
    },
  };
}

async function serve(client: Socket, holder: LeaseHolder, open: Set<Socket>): Promise<void> {
  const overdue = setTimeout(() => client.destroy(), handshakeWithinMs);
  try {
    const first = await readStartup(client);
    if (first === null) return;
    const lent = login.parse((await holder.use()).secret);
    const upstream = await connectUpstream(lent);
    open.add(upstream);
    upstream.once('close', () => open.delete(upstream)).on('error', () => upstream.destroy());
    client.once('close', () => upstream.destroy());
    if (first.kind === 'cancel') {
      // Names a backend and its secret, both of which only its own client was told.
      upstream.end(first.bytes);
      client.end();
      return;
    }
    const rest = await authenticate(client, upstream, first, lent);
    client.write(rest);
    upstream.once('close', () => client.end());
    client.pipe(upstream);
    upstream.pipe(client);
  } finally {
    clearTimeout(overdue);
  }
}

/** Null when the client has gone. */
async function readStartup(
  client: Socket,
): Promise<Exclude<FirstMessage, { kind: 'encryption' | 'invalid' }> | null> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(client)) {
    bytes = Buffer.concat([bytes, chunk]);
    for (let read = readFirst(bytes); read !== null; read = readFirst(bytes)) {
      const { message, rest } = read;
      bytes = rest;
      if (message.kind === 'invalid') throw new WritError('protocol_invalid', 'that is no PostgreSQL client');
      if (message.kind !== 'encryption') {
        if (rest.length > 0) throw new WritError('protocol_invalid', 'the client did not wait for an answer');
        return message;
      }
      client.write('N'); // nobody else can listen on this socket
    }
  }
  return null;
}

async function connectUpstream({ host, port, tls, ca }: Login): Promise<Socket> {
  const local = host.startsWith('/');
  const plain = local ? connect(`${host}/.s.PGSQL.${port}`) : connect({ host, port });
  await once(plain, 'connect');
  if (local || tls === 'off') return plain;
  plain.write(tlsRequest);
  const [answer] = (await once(plain, 'data')) as [Buffer];
  if (answer.toString('latin1') !== 'S') {
    plain.destroy();
    throw new WritError('upstream_insecure', 'the database server does not speak TLS');
  }
  const name = isIP(host) === 0 ? { servername: host } : {};
  const secure = connectTls({ socket: plain, host, ...name, ...(ca === null ? {} : { ca }) });
  await once(secure, 'secureConnect');
  return secure;
}

/** Resolves with what the server says after it let us in, beginning with that. */
async function authenticate(
  client: Socket,
  upstream: Socket,
  first: Startup,
  { user, database, password }: Login,
): Promise<Buffer> {
  const parameters = new Map(first.parameters);
  parameters.delete('replication');
  upstream.write(startup(first.version, parameters.set('user', user).set('database', database)));
  const nonce = randomBytes(18).toString('base64');
  let proof = null as ScramFinal | null;
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(upstream)) {
    bytes = Buffer.concat([bytes, chunk]);
    for (let read = readMessage(bytes); read !== null; read = readMessage(bytes)) {
      const { message, rest } = read;
      if (message.type === 'E') throw new WritError('upstream_refused', refusalIn(message));
      if (message.type !== 'R') {
        client.write(message.bytes); // such as which minor version of the protocol it speaks
        bytes = rest;
        continue;
      }
      const text = message.body.toString('utf8', 4);
      switch (message.body.readUInt32BE(0)) {
        case 0:
          return bytes;
        case 10:
          if (!text.split('\0').includes('SCRAM-SHA-256')) throw otherMethod();
          upstream.write(saslInitial(scramFirst(nonce)));
          break;
        case 11:
          proof = scramFinal(password, nonce, text);
          if (proof === null) throw otherMethod();
          upstream.write(saslResponse(proof.message));
          break;
        case 12:
          if (proof?.isGenuine(text) !== true) throw otherMethod();
          break;
        default: // would say the password, or a digest as good as it
          throw otherMethod();
      }
      bytes = rest;
    }
  }
  throw new WritError('upstream_refused', 'the database closed the connection');
}

function otherMethod(): WritError {
  return new WritError('upstream_refused', 'the database asks for another proof than SCRAM-SHA-256', {
    hint: 'Let its pg_hba.conf ask for scram-sha-256 from the roles that Writ makes.',
  });
}

/** By its SQLSTATE and message: of an error before the session, neither holds a secret. */
function refusalIn({ body }: Message): string {
  const fields = body.toString('utf8').split('\0');
  const field = (letter: string) => fields.find((one) => one.startsWith(letter))?.slice(1) ?? '';
  return `the database refuses the connection: ${field('M')} (${field('C')})`;
}

/** Leaves the socket open and paused when its reader stops. */
function chunksOf(socket: Socket): AsyncIterable<Buffer> {
  return socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}
