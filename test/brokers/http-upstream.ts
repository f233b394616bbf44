/** An upstream's HTTP API on loopback, as a function from request to answer. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  /** `POST /path`. */
  readonly what: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
}

type Answer = readonly [status: number, body?: unknown] | null;

export interface HttpUpstream {
  readonly url: string;
  readonly asked: Asked[];
  stop(): Promise<void>;
}

/** @param answer status and JSON; null hangs up */
export async function startHttpUpstream(
  answer: (asked: Asked) => Answer | Promise<Answer>,
): Promise<HttpUpstream> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const one: Asked = {
        what: `${request.method} ${request.url}`,
        headers: request.headers as Asked['headers'],
        body: contentOf(body, request.headers['content-type']),
      };
      asked.push(one);
      const given = await answer(one);
      if (given === null) return response.destroy();
      const [status, value] = given;
      return response.writeHead(status).end(value === undefined ? '' : JSON.stringify(value));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Forms as an object too. */
function contentOf(body: string, type: string | undefined): unknown {
  if (body === '') return null;
  if (type === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(body));
  return JSON.parse(body);
}
