/**
 * Ends the TLS of a tunnel to a host for which there is a secret, and speaks TLS of its own to the server: HTTP/1.1 on
 * both sides. The server is verified before the first request goes on, at the address that the proxy looked at.
 */
import { Agent, createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { connect, TLSSocket, type SecureContext } from 'node:tls';
import { once } from 'node:events';
import { WritError } from '../../core/model/errors.ts';
import type { Connected, Way } from '../egress/connect.ts';
import type { Outcome } from '../egress/connection.ts';
import type { Endpoint } from '../egress/endpoint.ts';
import { greeting, mismatchOf, type Carry, type End } from '../egress/tunnel.ts';
import { exchange, type Hall } from './exchange.ts';

export interface Termination {
  /** With which the proxy is the host to programs inside. */
  readonly inward: (host: string) => Promise<SecureContext>;
  /** Whom the proxy trusts to be the host. */
  readonly outward: (endpoint: Endpoint) => Promise<SecureContext>;
  readonly placed: Hall['placed'];
  readonly seen: Hall['seen'];
}

const maxHeaderBytes = 64 * 1024;
/** For a client to hear the last answer, milliseconds. */
const drainPatience = 5000;
const http1 = ['http/1.1'];

/** One for all tunnels of a session. */
export function terminating(termination: Termination): Carry {
  const halls = new WeakMap<Socket, Hall>();
  const server = httpServer(halls);
  return async (client, connected, patience, way) => {
    server.timeout = patience.idle;
    const first = await greeting(client, patience.greeting);
    if (first === null) return { outcome: 'closed' };
    const mismatch =
      mismatchOf(connected.wanted.endpoint, first.read) ??
      (first.read.kind === 'hello'
        ? null
        : 'something else than TLS is spoken to a host whose requests are read');
    if (mismatch !== null) return { outcome: 'mismatch', mismatch };
    client.unshift(first.bytes);
    const secure = new TLSSocket(client, {
      isServer: true,
      secureContext: await termination.inward(connected.wanted.endpoint.host),
      ALPNProtocols: http1,
    });
    const { hall, outward } = openHall(termination, connected, way);
    halls.set(secure, hall);
    const ended = endOf(secure, outward, connected);
    server.emit('connection', secure);
    try {
      return await ended;
    } finally {
      secure.destroy();
      outward.destroy();
    }
  };
}

function httpServer(halls: WeakMap<Socket, Hall>): Server {
  const server = createServer(
    { maxHeaderSize: maxHeaderBytes, requestTimeout: 0, insecureHTTPParser: false, keepAliveTimeout: 65_000 },
    (request, response) => {
      const hall = halls.get(request.socket);
      if (hall === undefined) response.destroy();
      else {
        exchange(hall, request, response).catch((error: unknown) => {
          if (!hall.way.ended.aborted) hall.way.report(error);
          response.destroy();
        });
      }
    },
  );
  server.maxHeadersCount = 200;
  server.on('clientError', (_error, socket: Socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  return server;
}

interface Opened {
  readonly hall: Hall;
  readonly outward: Outward;
}

function openHall({ outward, placed, seen }: Termination, connected: Connected, way: Way): Opened {
  const server = new Outward(connected, outward);
  // Nobody may wait for it before the client asks for something.
  server.agent.catch(() => {});
  return { hall: { way, connected, agent: server.agent, placed, seen }, outward: server };
}

/** The one TLS connection to the server, for one request after the other. */
class Outward {
  readonly agent: Promise<Agent>;
  readonly #upstream: Socket;
  onGone: () => void = () => {};

  constructor({ upstream, wanted }: Connected, context: Termination['outward']) {
    this.#upstream = upstream;
    this.agent = this.#open(wanted.endpoint, context);
  }

  async #open(endpoint: Endpoint, context: Termination['outward']): Promise<Agent> {
    const socket = connect({
      socket: this.#upstream,
      servername: endpoint.host,
      ALPNProtocols: http1,
      secureContext: await context(endpoint),
    });
    socket.once('close', () => this.onGone());
    try {
      await once(socket, 'secureConnect');
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
      throw new WritError('upstream_unverified', `the server cannot be verified (${code})`, { cause });
    }
    socket.on('error', () => {});
    return new OneConnection(socket);
  }

  destroy(): void {
    this.#upstream.destroy();
  }
}

class OneConnection extends Agent {
  #socket: TLSSocket | null;

  constructor(socket: TLSSocket) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#socket = socket;
  }

  override createConnection(): TLSSocket {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null || socket.destroyed) throw new Error('the server has closed the connection');
    return socket;
  }
}

async function endOf(secure: TLSSocket, outward: Outward, { stop }: Connected): Promise<End> {
  const over = Promise.withResolvers<End>();
  const end = (outcome: Outcome) => (): void => over.resolve({ outcome });
  stop.addEventListener('abort', end('stopped'));
  if (stop.aborted) end('stopped')();
  secure.on('timeout', end('idle')).on('error', end('broken')).once('close', end('closed'));
  outward.onGone = () => {
    // What was answered last may still be on its way to the client.
    secure.end();
    setTimeout(end('closed'), drainPatience).unref();
  };
  return over.promise;
}
