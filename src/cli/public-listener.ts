/** The public endpoints over TCP, where they were asked for: on loopback, or with TLS anywhere. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createPlain, type Server } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { issuerOf, type AuthorityContext } from '../authority/context.ts';
import { createPublicApp } from '../authority/http/public.ts';
import { WritError } from '../core/model/errors.ts';
import { assertListenable, parseAddress, type Listening } from './listen-address.ts';

const limits = {
  requestTimeout: 10_000,
  headersTimeout: 5_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16 * 1024,
} as const;
const mostConnections = 1024;

/** @throws WritError `listen_refused`, `listen_failed` */
export async function startPublicListener(
  authority: AuthorityContext,
  listen: Listening,
  report: (error: unknown) => void,
): Promise<Server> {
  const { host, port } = parseAddress(listen.address);
  assertListenable(listen);
  if (issuerOf(authority) === null && isWildcard(host)) {
    throw new WritError('listen_refused', `${host} is no address that anybody could be told`, {
      hint: 'Name the address under which this is reached: issuer, in organisation.yaml',
    });
  }
  const answer = getRequestListener(createPublicApp(authority, report).fetch, {
    overrideGlobalObjects: false,
  });
  const server = create(listen, (request, response) => void answer(request, response));
  server.maxConnections = mostConnections;
  const listening = once(server, 'listening');
  server.listen(port, host);
  try {
    await listening;
  } catch (cause) {
    throw new WritError(
      'listen_failed',
      `${listen.address} cannot be listened on: ${(cause as Error).message}`,
      {
        hint: 'Choose another with: writ up --listen HOST:PORT, or none with: writ up --listen off',
        cause,
      },
    );
  }
  const { port: given } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  if (!isWildcard(host))
    authority.identity.listener = `${listen.certificate === undefined ? 'http' : 'https'}://${name}:${given}`;
  return server;
}

/** Every address of the machine. */
function isWildcard(host: string): boolean {
  return /^(0\.0\.0\.0|[0:]+)$/.test(host);
}

function create({ certificate, key }: Listening, handler: Parameters<typeof createPlain>[1]): Server {
  if (certificate === undefined || key === undefined) return createPlain(limits, handler);
  const tls = { cert: readFileSync(certificate), key: readFileSync(key), minVersion: 'TLSv1.2' } as const;
  return createTls({ ...limits, ...tls }, handler);
}
