/**
 * The one way out of a sandbox: HTTP, CONNECT and SOCKS on one Unix socket of the session. It holds no credential and
 * asks for none: what can reach the socket is the session itself.
 */
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WritError } from '../../core/model/errors.ts';
import { listenPrivately } from '../private-socket.ts';
import { httpAnswer, rawResponse, socksReply } from './answers.ts';
import { connectOut, refuse, type Connected, type Way } from './connect.ts';
import type { Refusal, Ruled, Wanted } from './connection.ts';
import { parseAuthority, type Endpoint } from './endpoint.ts';
import { forward } from './forward.ts';
import { Ledger, type EgressRecord } from './ledger.ts';
import type { Resolve } from './names.ts';
import { Pace } from './pace.ts';
import { nextChunk, putBack, sayLast } from './read.ts';
import { socksReplies, socksReplyBytes, socksRequest } from './socks.ts';
import { carryUnread, tunnel, type Carry, type Patience } from './tunnel.ts';

export interface EgressOptions {
  /** Path of the Unix socket to make. It is the caller's to put where only the session can reach it. */
  readonly socket: string;
  readonly decide: (wanted: Wanted) => Promise<Ruled>;
  /** Resolves when the entries are durable. */
  readonly record: (records: readonly EgressRecord[]) => Promise<void>;
  readonly resolve: Resolve;
  readonly onRefused: (refusal: Refusal) => void;
  readonly report: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** For hosts whose TLS ends here; null for all that pass unread. */
  readonly terminate?: (endpoint: Endpoint) => Carry | null;
  readonly patience?: Partial<Patience>;
}

export interface Egress {
  /** Ends every connection at once, and resolves when that is on record. */
  stop(): Promise<void>;
}

const mostConnections = 256;
/** New connections: more than any build opens for long, and few enough for the log. */
const burst = 1000;
const perSecond = 100;
const maxHeaderBytes = 64 * 1024;
/** Until a client has said what it wants, milliseconds. */
const openingPatience = 30_000;
const usualPatience: Patience = { idle: 15 * 60_000, greeting: 10_000 };
/** How often open tunnels are held against a policy that may have changed, milliseconds. */
const reviewEvery = 1000;

/** @throws WritError `egress_failed` when the socket cannot be made */
export async function startEgress(options: EgressOptions): Promise<Egress> {
  const proxy = new Proxy(options);
  await proxy.listen(options.socket);
  return proxy;
}

class Proxy implements Egress {
  readonly #options: EgressOptions;
  readonly #patience: Patience;
  readonly #ending = new AbortController();
  readonly #ledger: Ledger;
  readonly #way: Way;
  readonly #clients = new Set<Socket>();
  readonly #open = new Map<Connected, AbortController>();
  /** Everything that still has something to record. */
  readonly #busy = new Set<Promise<void>>();
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  readonly #http = createHttpServer(
    { maxHeaderSize: maxHeaderBytes, requestTimeout: 0, insecureHTTPParser: false, keepAliveTimeout: 65_000 },
    (request, response) => this.#track(forward(this.#way, request, response, this.#patience)),
  );
  #review: NodeJS.Timeout | null = null;
  #stopped: Promise<void> | null = null;
  #policyVersion = '';

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#patience = { ...usualPatience, ...options.patience };
    this.#ledger = new Ledger(options.record, options.clock);
    this.#way = {
      decide: options.decide,
      resolve: options.resolve,
      onRefused: options.onRefused,
      report: options.report,
      onOpen: (connected, withdraw) => this.#watch(connected, withdraw),
      ledger: this.#ledger,
      pace: new Pace(burst, perSecond),
      ended: this.#ending.signal,
    };
    this.#server.maxConnections = mostConnections;
    // The only one that holds for connections which are handed in.
    this.#http.timeout = this.#patience.idle;
    this.#http.maxHeadersCount = 200;
    this.#http.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#track(this.#connect(request, socket as Socket, head)),
    );
    this.#http.on('clientError', (_error, socket: Duplex) => {
      if (socket.writable) sayLast(socket, 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
  }

  async listen(path: string): Promise<void> {
    try {
      await listenPrivately(this.#server, path);
    } catch (cause) {
      throw new WritError('egress_failed', `cannot listen on ${path}`, { cause });
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#ending.abort();
    for (const withdraw of this.#open.values()) withdraw.abort();
    this.#server.close();
    this.#stopReview();
    for (const client of this.#clients) client.destroy();
    while (this.#busy.size > 0) await Promise.allSettled(this.#busy);
    await this.#ledger.close().catch(this.#options.report);
  }

  #track(work: Promise<void>): void {
    const done = work.catch(this.#options.report).finally(() => this.#busy.delete(done));
    this.#busy.add(done);
  }

  #accept(socket: Socket): void {
    this.#clients.add(socket);
    socket.once('close', () => this.#clients.delete(socket)).on('error', () => {});
    if (this.#ending.signal.aborted) socket.destroy();
    else this.#track(this.#greet(socket));
  }

  /** Which protocol it is shows in the first byte: SOCKS begins with its version, HTTP with a letter. */
  async #greet(socket: Socket): Promise<void> {
    const timer = setTimeout(() => socket.destroy(), openingPatience);
    try {
      const first = await nextChunk(socket);
      if (first === null) {
        socket.destroy();
        return;
      }
      await putBack(socket, first);
      if (first[0] === 5) await this.#socks(socket, timer);
      else this.#http.emit('connection', socket);
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    // From here on the tunnel's own patience counts.
    client.setTimeout(0).on('error', () => {});
    const endpoint = parseAuthority(request.url ?? '', null);
    const answer = (refusal: Refusal): void => sayLast(client, rawResponse(httpAnswer(refusal)));
    if ('malformed' in endpoint) {
      const refusal = malformed(request.url ?? '', endpoint.malformed);
      answer(await refuse(this.#way, 'connect', refusal, []));
      return;
    }
    if (head.length > 0) client.unshift(head);
    const connected = await connectOut(this.#way, { protocol: 'connect', endpoint, request: null });
    if (!('upstream' in connected)) answer(connected);
    else {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      await this.#carry(client, connected);
    }
  }

  async #socks(client: Socket, timer: NodeJS.Timeout): Promise<void> {
    const endpoint = await socksRequest(client);
    clearTimeout(timer);
    if (endpoint === null) {
      sayLast(client, '');
      return;
    }
    if ('malformed' in endpoint) {
      const refusal = malformed(endpoint.host, endpoint.malformed);
      sayLast(client, socksReplyBytes(socksReply(await refuse(this.#way, 'socks5', refusal, []))));
      return;
    }
    const connected = await connectOut(this.#way, { protocol: 'socks5', endpoint, request: null });
    if (!('upstream' in connected)) sayLast(client, socksReplyBytes(socksReply(connected)));
    else {
      client.write(socksReplyBytes(socksReplies.succeeded));
      await this.#carry(client, connected);
    }
  }

  async #carry(client: Socket, connected: Connected): Promise<void> {
    const carry = this.#options.terminate?.(connected.wanted.endpoint) ?? carryUnread;
    await tunnel(this.#way, client, connected, carry, this.#patience);
  }

  #watch(connected: Connected, withdraw: AbortController): void {
    if (this.#ending.signal.aborted) withdraw.abort();
    this.#open.set(connected, withdraw);
    this.#review ??= setInterval(() => this.#track(this.#reviewOpen()), reviewEvery).unref();
    connected.upstream.once('close', () => {
      this.#open.delete(connected);
      if (this.#open.size === 0) this.#stopReview();
    });
  }

  /** A policy that no longer allows what is open ends it. While none can be asked, the writ's own life is the bound. */
  async #reviewOpen(): Promise<void> {
    const [first] = this.#open.keys();
    if (first === undefined || this.#ending.signal.aborted) return;
    const ruled = await this.#options.decide(first.wanted).catch(() => null);
    if (ruled === null || ruled.policyVersion === this.#policyVersion) return;
    for (const [connected, withdraw] of this.#open) {
      const { decision } = await this.#options.decide(connected.wanted);
      if (decision !== 'allow') withdraw.abort();
    }
    this.#policyVersion = ruled.policyVersion;
  }

  #stopReview(): void {
    if (this.#review !== null) clearInterval(this.#review);
    this.#review = null;
  }
}

function malformed(target: string, reason: string): Refusal {
  return { kind: 'malformed', decision: 'deny', target, reason, missing: [], advice: null };
}
