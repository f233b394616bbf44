/** The API server of a cluster for one session, over a socket: the guard adds the token on the way out. */
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { WritError } from '../../core/model/errors.ts';
import { servePrivately } from '../private-http.ts';
import type { LeaseHolder } from './lease-holder.ts';

/** What a lease of the broker `kubernetes` brings. */
const access = z.object({ address: z.string(), ca: z.string().nullable(), token: z.string() });
type Access = z.output<typeof access>;

export interface KubernetesRelay {
  close(): void;
}

/** RFC 9110 section 7.6.1, whose login it is, and as whom to act. */
const notForwarded =
  /^(host|connection|proxy-.*|keep-alive|te|trailer|transfer-encoding|upgrade|authorization|cookie|forwarded|via|x-forwarded-.*|x-remote-.*|impersonate-.*)$/;
const notReturned =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|set-cookie|alt-svc)$/;

export function startKubernetesRelay(
  socket: string,
  holder: LeaseHolder,
  report: (error: unknown) => void,
): Promise<KubernetesRelay> {
  return servePrivately({
    socket,
    serve: (request, response) => forward(holder, request, response),
    refuse,
    report,
  });
}

async function forward(
  holder: LeaseHolder,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const path = request.url ?? '';
  if (!/^\/[!-~]*$/.test(path)) throw new WritError('request_refused', 'that is no path of an API server');
  if (request.headers.upgrade !== undefined) {
    throw new WritError('request_refused', 'exec, attach and port-forward are not passed on');
  }
  const outgoing = send(access.parse((await holder.use()).secret), path, request);
  response.once('close', () => outgoing.destroy());
  const came = once(outgoing, 'response') as Promise<[http.IncomingMessage]>;
  pipeline(request, outgoing).catch(() => outgoing.destroy());
  let incoming: http.IncomingMessage;
  try {
    [incoming] = await came;
  } catch {
    throw new WritError('upstream_unreachable', 'the API server cannot be reached');
  }
  const headers = Object.entries(incoming.headers).filter(([name]) => !notReturned.test(name));
  response.writeHead(incoming.statusCode ?? 502, Object.fromEntries(headers));
  response.flushHeaders(); // watches answer for as long as they like
  await pipeline(incoming, response);
}

function send({ address, ca, token }: Access, path: string, request: http.IncomingMessage) {
  const base = new URL(address);
  const secure = base.protocol === 'https:';
  const headers = Object.entries(request.headers).filter(([name]) => !notForwarded.test(name));
  return (secure ? https : http).request({
    hostname: base.hostname.replace(/^\[|\]$/g, ''),
    port: base.port,
    path: `${base.pathname.replace(/\/+$/, '')}${path}`,
    method: request.method,
    headers: { ...Object.fromEntries(headers), authorization: `Bearer ${token}` },
    ...(secure && ca !== null ? { ca } : {}),
  });
}

/** As the API server itself refuses (meta/v1 Status), so that clients show the reason. */
function refuse(response: http.ServerResponse, { code, message, hint }: WritError): void {
  const status = code === 'upstream_unreachable' ? 502 : 403;
  const text = `writ: ${message}${hint === null ? '' : `. ${hint}`}`;
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: text,
    reason: 'Forbidden',
    code: status,
  };
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(body));
}
