/**
 * The repository's own server for one session: git speaks plain HTTP to a socket, and the guard adds the credential
 * on the way out. It serves this one repository, and pushes only where the credential is for writing.
 */
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { WritError } from '../../core/model/errors.ts';
import type { LeaseHolder } from './lease-holder.ts';
import { servePrivately } from '../private-http.ts';

/** What a lease of a broker for Git brings. */
const access = z.object({
  url: z.string(),
  username: z.string(),
  password: z.string(),
  access: z.enum(['read', 'write']),
  ca: z.string().nullable(),
});
type Access = z.output<typeof access>;

export interface GitRelayOptions {
  /** Path of the socket to make, in the session's own folder. */
  readonly socket: string;
  /** The repository's path on its server, `Acme/Shop.git`. */
  readonly path: string;
  readonly holder: LeaseHolder;
  readonly report: (error: unknown) => void;
}

export interface GitRelay {
  /** Ends every connection. */
  close(): void;
}

/** The path under which git inside asks for the repository. */
export const insidePath = '/repository';

const requestHeaders = names(
  'accept accept-encoding accept-language content-type content-encoding git-protocol user-agent pragma',
);
const responseHeaders = names(
  'content-type content-encoding content-length cache-control expires pragma etag last-modified',
);

export function startGitRelay(options: GitRelayOptions): Promise<GitRelay> {
  return servePrivately({
    ...options,
    serve: (request, response) => forward(options, request, response),
    refuse,
  });
}

/** Smart HTTP (git's http-protocol), of which these four requests are all. */
type Service = 'git-upload-pack' | 'git-receive-pack';

function serviceOf({ method, url }: http.IncomingMessage): { service: Service; rest: string } | null {
  const [, rest = '', asked, posted] =
    /^\/repository(\/info\/refs\?service=(git-(?:upload|receive)-pack)|\/(git-(?:upload|receive)-pack))$/.exec(
      url ?? '',
    ) ?? [];
  const service = (method === 'GET' ? asked : method === 'POST' ? posted : undefined) as Service | undefined;
  return service === undefined ? null : { service, rest };
}

async function forward(
  { path, holder }: GitRelayOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const asked = serviceOf(request);
  if (asked === null) throw new WritError('request_refused', 'only fetching and pushing this repository');
  const lent = access.parse((await holder.use()).secret);
  if (asked.service === 'git-receive-pack' && lent.access !== 'write') {
    throw new WritError('request_refused', 'the credential of this session is for reading');
  }
  const outgoing = send(lent, `${path}${asked.rest}`, request);
  response.once('close', () => outgoing.destroy());
  const answered = once(outgoing, 'response') as Promise<[http.IncomingMessage]>;
  pipeline(request, outgoing).catch(() => outgoing.destroy());
  let incoming: http.IncomingMessage;
  try {
    [incoming] = await answered;
  } catch {
    throw new WritError('upstream_unreachable', 'the Git server cannot be reached');
  }
  const status = incoming.statusCode ?? 502;
  if (status >= 300 && status < 500) {
    // A redirection would lead elsewhere, and a question for another login is not the task's to answer.
    incoming.resume();
    throw new WritError(
      'upstream_refused',
      `the Git server answers ${status} to the credential of this session`,
    );
  }
  response.writeHead(status, chosen(incoming.headers, responseHeaders));
  await pipeline(incoming, response);
}

function send({ url, username, password, ca }: Access, path: string, request: http.IncomingMessage) {
  const base = new URL(url);
  const secure = base.protocol === 'https:';
  return (secure ? https : http).request({
    hostname: base.hostname.replace(/^\[|\]$/g, ''),
    port: base.port,
    path: `${base.pathname.replace(/\/+$/, '')}/${encodeURI(path)}`,
    method: request.method,
    auth: `${username}:${password}`,
    headers: chosen(request.headers, requestHeaders),
    ...(secure && ca !== null ? { ca } : {}),
  });
}

function chosen(headers: http.IncomingHttpHeaders, wanted: ReadonlySet<string>): http.OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => wanted.has(name)));
}

/** Git shows the text of such an answer after `remote:`. */
function refuse(response: http.ServerResponse, { code, message, hint }: WritError): void {
  const status = code === 'upstream_unreachable' ? 502 : 403;
  const text = ['writ: ', message, ...(hint === null ? [] : ['. ', hint]), '\n'].join('');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(text);
}

function names(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
