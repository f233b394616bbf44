/** A request inside a tunnel, where there is only one way to read it (RFC 9112). */
import type { IncomingMessage } from 'node:http';
import { parseAuthority, type Endpoint } from '../egress/endpoint.ts';
import { plainPath } from '../egress/http-message.ts';

export interface Asked {
  readonly method: string;
  /** For the server: path and query as they came. */
  readonly target: string;
  /** For policy and the log: no query. */
  readonly path: string;
}

const tlsPort = 443;

export function readAsked(
  { method = '', url = '', httpVersion, headers, rawHeaders }: IncomingMessage,
  to: Endpoint,
): Asked | { readonly malformed: string } {
  const [, path, query = ''] = /^(\/[!-"$->@-~]*)(\?[!-~]*)?$/.exec(url) ?? [];
  if (path === undefined) return { malformed: 'it does not ask for a path' };
  if (!['1.0', '1.1'].includes(httpVersion)) return { malformed: 'it is not of HTTP/1.1' };
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  const named = parseAuthority(headers.host ?? '', tlsPort);
  const same = 'host' in named && named.host === to.host && named.port === to.port;
  if (hosts.length !== 1 || !same) return { malformed: 'its Host field names another host than the tunnel' };
  if (headers.upgrade !== undefined) return { malformed: 'connections that end here are not upgraded' };
  if (method === 'TRACE') return { malformed: 'TRACE repeats what nobody is to see' };
  const coding = headers['transfer-encoding'];
  if (
    coding !== undefined &&
    (coding.toLowerCase() !== 'chunked' || headers['content-length'] !== undefined)
  ) {
    return { malformed: 'the length of its body can be read in more than one way' };
  }
  const plain = plainPath(path);
  if (plain === null) return { malformed: 'its path can be read in more than one way' };
  return { method, target: path + query, path: plain };
}
