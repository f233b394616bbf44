/** An HTTPS API on loopback that keeps what it was asked, byte for byte after TLS, and answers as a test says. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { certify, type Certified } from './certificates.ts';

export interface Heard {
  /** `GET /path`. */
  readonly what: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** By path, with headers and body repeated at `/echo`. */
export class Api implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'writ-api-'));
  readonly certified: Certified;
  readonly heard: Heard[] = [];
  connections = 0;
  serve: (heard: Heard, response: ServerResponse) => unknown = echo;
  readonly #server: Server;

  constructor(names: readonly string[]) {
    this.certified = certify(this.folder, names);
    const { key, cert } = this.certified;
    const listener: RequestListener = (request, response) => void this.#answer(request, response);
    this.#server = createServer({ key, cert }, listener);
    this.#server.on('secureConnection', (_socket: TLSSocket) => (this.connections += 1));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks = (await request.toArray()) as Buffer[];
    const heard = {
      what: `${request.method} ${request.url}`,
      headers: request.headers,
      body: Buffer.concat(chunks).toString('latin1'),
    };
    this.heard.push(heard);
    await this.serve(heard, response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function echo(heard: Heard, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(heard));
}
