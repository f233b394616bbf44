/**
 * Ends the TLS of a tunnel to a host for which there is a secret, and speaks TLS of its own to the server: HTTP/1.1 on
 * both sides. The server is verified before the first request goes on, at the address that the proxy looked at.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { Connected, Way } from '../egress/connect.ts';
import type { Outcome } from '../egress/connection.ts';
import { greeting, mismatchOf, type Carry, type End } from '../egress/tunnel.ts';
import { exchange, type Hall } from './exchange.ts';
import { http1, Outward, type Trust } from './outward.ts';

export interface Termination {
  /** With which the proxy is the host to programs inside. */
  readonly inward: (host: string) => Promise<SecureContext>;
  readonly outward: Trust;
  readonly placed: Hall['placed'];
  readonly seen: Hall['seen'];
}

const maxHeaderBytes = 64 * 1024;
/** For a client to hear the last answer, milliseconds. */
const drainPatience = 5000;

/** One for all tunnels of a session. */
export function terminating(termination: Termination): Carry {
  const queues = new WeakMap<Socket, Queue>();
  const server = httpServer(queues);
  return async (client, connected, patience, way) => {
    server.timeout = patience.idle;
    let silence: Outcome = 'closed';
    const giveUp = (outcome: Outcome) => (): void => {
      silence = outcome;
      client.destroy();
    };
    client.setTimeout(patience.idle, giveUp('idle'));
    connected.stop.addEventListener('abort', giveUp('stopped'));
    const first = await greeting(client, patience.greeting);
    client.setTimeout(0);
    if (first === null) return { outcome: silence };
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
      ALPNProtocols: [...http1],
    });
    const { hall, outward } = openHall(termination, connected, way);
    queues.set(secure, new Queue(hall));
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

function httpServer(queues: WeakMap<Socket, Queue>): Server {
  const server = createServer(
    { maxHeaderSize: maxHeaderBytes, requestTimeout: 0, insecureHTTPParser: false, keepAliveTimeout: 65_000 },
    (request, response) => {
      const queue = queues.get(request.socket);
      if (queue === undefined) response.destroy();
      else queue.serve(request, response);
    },
  );
  server.maxHeadersCount = 200;
  server.on('clientError', (_error, socket: Socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  return server;
}

/** Requests of one tunnel, in their order: there is one connection to the server, and one answer at a time. */
class Queue {
  readonly #hall: Hall;
  #last: Promise<void> = Promise.resolve();

  constructor(hall: Hall) {
    this.#hall = hall;
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const { way } = this.#hall;
    this.#last = this.#last
      .then(() => (response.destroyed ? undefined : exchange(this.#hall, request, response)))
      .catch((error: unknown) => {
        if (!way.ended.aborted) way.report(error);
        response.destroy();
      });
  }
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
