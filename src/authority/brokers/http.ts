/** Speaks to the HTTP APIs of upstreams: JSON or forms, no redirections, bounded answers, and errors that repeat no secret. */
import { readFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import type { z } from 'zod';
import { boundedText } from '../../core/model/bounded-text.ts';
import { WritError } from '../../core/model/errors.ts';

export interface UpstreamCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Instead of a body in JSON. */
  readonly form?: URLSearchParams;
  /** File of certificates to trust instead of the system's. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly body: string;
}

export const formType = 'application/x-www-form-urlencoded';
const largestAnswer = 1024 * 1024;

/** @throws the system's own errors, whose codes tell why */
export async function callUpstream(url: URL, call: UpstreamCall): Promise<UpstreamAnswer> {
  const { method, headers, ca, signal } = call;
  const { body, type } = contentOf(call);
  const trusted = ca === undefined ? {} : { ca: await readFile(ca, 'utf8') };
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const request = (url.protocol === 'https:' ? https : http).request(
    url,
    {
      method,
      signal,
      agent: false,
      headers: {
        accept: 'application/json',
        'user-agent': 'writ',
        ...headers,
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...trusted,
    },
    resolve,
  );
  request.on('error', reject).end(body);
  const answer = await promise;
  const content = await boundedText(answer, largestAnswer);
  if (content === null) throw new WritError('upstream_failed', 'the upstream answers at too great a length');
  return { status: answer.statusCode ?? 0, body: content };
}

function contentOf({ body, form }: UpstreamCall): {
  readonly body: string | undefined;
  readonly type: string;
} {
  if (form !== undefined) return { body: form.toString(), type: formType };
  return { body: body === undefined ? undefined : JSON.stringify(body), type: 'application/json' };
}

/** @throws WritError `upstream_failed` for an answer of another shape */
export function answered<Schema extends z.ZodType>(
  { body }: UpstreamAnswer,
  schema: Schema,
): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    throw new WritError('upstream_failed', 'the upstream answers in another form than it is known for');
  }
}

/**
 * For what an upstream refuses to make. A refusal means that nothing came into being; a failure leaves that open.
 * @throws WritError `upstream_refused`, `upstream_failed`
 */
export function assertMade({ status }: UpstreamAnswer, name: string): void {
  if (status >= 200 && status < 300) return;
  const refused = status >= 400 && status < 500;
  throw new WritError(
    refused ? 'upstream_refused' : 'upstream_failed',
    `${name} ${refused ? 'refuses' : 'fails'} (${status})`,
  );
}
