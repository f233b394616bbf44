/** A proxy of one session in this process, its policy and names as a test says, and everything that it recorded. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRange } from '../../src/core/policy/addresses.ts';
import type { Refusal, Ruled, Wanted } from '../../src/guard/egress/connection.ts';
import type { EgressRecord } from '../../src/guard/egress/ledger.ts';
import { startEgress, type Egress, type EgressOptions } from '../../src/guard/egress/proxy.ts';

export interface Answer {
  readonly status: number;
  readonly phrase: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const loopback = ['127.0.0.0/8', '::1'].flatMap((text) => parseRange(text) ?? []);

export class Desk implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'writ-egress-'));
  readonly socket = join(this.directory, 'egress.sock');
  readonly records: EgressRecord[] = [];
  readonly refused: Refusal[] = [];
  readonly faults: unknown[] = [];
  readonly asked: string[] = [];
  /** Names and what they lead to; all lead to loopback unless told otherwise. */
  readonly names = new Map<string, readonly string[]>();
  /** What policy says; by default that everything may go, to loopback too. */
  rule: (wanted: Wanted) => Partial<Ruled> = () => ({});
  policyVersion = '1';
  #egress: Egress | null = null;

  async open(options: Partial<EgressOptions> = {}): Promise<this> {
    this.#egress = await startEgress({
      socket: this.socket,
      decide: async (wanted) => ({
        decision: 'allow',
        policies: ['test.allows'],
        missing: [],
        reason: 'the test says so',
        advice: null,
        policyVersion: this.policyVersion,
        privateRanges: loopback,
        ...this.rule(wanted),
      }),
      record: async (records) => void this.records.push(...records),
      resolve: async (name) => {
        this.asked.push(name);
        return this.names.get(name) ?? ['127.0.0.1'];
      },
      onRefused: (refusal) => this.refused.push(refusal),
      report: (error) => this.faults.push(error),
      clock: Date.now,
      ...options,
    });
    return this;
  }

  stop(): Promise<void> {
    return this.#egress?.stop() ?? Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  of(type: EgressRecord['type']): EgressRecord['data'][] {
    return this.records.filter((record) => record.type === type).map(({ data }) => data);
  }

  client(): Socket {
    return connect({ path: this.socket, allowHalfOpen: true }).on('error', () => {});
  }

  /** Sends bytes and collects what comes back until the end. */
  async say(text: string | Buffer): Promise<Buffer> {
    const socket = this.client();
    socket.write(text);
    return collect(socket);
  }

  /** A tunnel, and what the proxy answered to the request for it. */
  async tunnel(
    target: string,
  ): Promise<{ readonly socket: Socket; readonly answer: Pick<Answer, 'status' | 'phrase'> }> {
    const socket = this.client();
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
    let head = '';
    while (!head.includes('\r\n\r\n')) {
      const byte = socket.read(1) as Buffer | null;
      if (byte !== null) head += byte.toString('latin1');
      else if (socket.destroyed || socket.readableEnded) throw new Error('the proxy is gone');
      else await Promise.race(['readable', 'end', 'close'].map((event) => once(socket, event)));
    }
    await new Promise((resolve) => setImmediate(resolve));
    const [, status, phrase = ''] = /^HTTP\/1\.1 (\d+) (.*)\r\n/.exec(head) ?? [];
    return { socket, answer: { status: Number(status), phrase } };
  }

  /** A plain request through the proxy. */
  async fetch(
    url: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const request = httpRequest({
      socketPath: this.socket,
      path: url,
      method: options.method ?? 'GET',
      headers: { host: new URL(url).host, ...options.headers },
      agent: false,
    });
    request.once('error', reject).once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
      response.once('end', () => {
        const { statusCode = 0, statusMessage = '', headers } = response;
        resolve({
          status: statusCode,
          phrase: statusMessage,
          headers,
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    request.end(options.body);
    return promise;
  }
}

export async function collect(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.once('end', resolve).once('close', resolve);
  await promise;
  return Buffer.concat(chunks);
}

/** Waits for what others do in their own time. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`in vain: waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
