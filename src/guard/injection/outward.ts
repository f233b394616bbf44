/** The proxy's own TLS connection to a server: one for each tunnel, for one request after the other. */
import { once } from 'node:events';
import { Agent, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { WritError } from '../../core/model/errors.ts';
import type { Connected } from '../egress/connect.ts';
import type { Endpoint } from '../egress/endpoint.ts';

/** Whom the proxy trusts to be a host. */
export type Trust = (endpoint: Endpoint) => Promise<SecureContext>;

/** All that is spoken on both sides (RFC 7301). */
export const http1 = ['http/1.1'] as const;

export class Outward {
  readonly agent: Promise<Agent>;
  readonly #upstream: Socket;
  onGone: () => void = () => {};

  constructor({ upstream, wanted }: Connected, context: Trust) {
    this.#upstream = upstream;
    this.agent = this.#open(wanted.endpoint, context);
  }

  async #open(endpoint: Endpoint, context: Trust): Promise<Agent> {
    const socket = connect({
      socket: this.#upstream,
      servername: endpoint.host,
      ALPNProtocols: [...http1],
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
  readonly #socket: TLSSocket;
  #used = false;

  constructor(socket: TLSSocket) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#socket = socket;
  }

  /** An error goes to the request that waits: thrown, it would go to nobody. */
  override createConnection(
    _options: ClientRequestArgs,
    done?: (error: Error | null, socket: Duplex) => void,
  ): TLSSocket | undefined {
    if (!this.#used && !this.#socket.destroyed) {
      this.#used = true;
      return this.#socket;
    }
    done?.(new Error('the server has closed the connection'), this.#socket);
    return undefined;
  }
}
