/** How a program inside learns that it may not: in its own protocol, with the reason as far as that can carry it. */
import { STATUS_CODES } from 'node:http';
import type { Refusal } from './connection.ts';

const statuses = {
  malformed: 400,
  policy: 403,
  request: 403,
  address: 403,
  unreachable: 502,
  fault: 502,
} as const;

/** Many programs show of a refused tunnel the status line alone; longer ones are cut by some. */
const longestPhrase = 300;

export interface HttpAnswer {
  readonly status: number;
  readonly phrase: string;
  readonly body: string;
}

export function httpAnswer(refusal: Refusal): HttpAnswer {
  const status = statuses[refusal.kind];
  const said = sentences(refusal);
  return {
    status,
    phrase: `${STATUS_CODES[status]}: writ: ${said.join('. ')}`
      .replaceAll(/[^ -~]/g, '?')
      .slice(0, longestPhrase),
    body: said.map((line) => `writ: ${line}\n`).join(''),
  };
}

/** A whole response, after which the connection ends. */
export function rawResponse({ status, phrase, body }: HttpAnswer): string {
  return (
    `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}

/** RFC 1928 section 6. The protocol has no room for a reason; the log has it. */
export function socksReply({ kind }: Refusal): number {
  return { malformed: 1, policy: 2, request: 2, address: 2, unreachable: 4, fault: 1 }[kind];
}

export function sentences({ kind, target, reason, missing, advice }: Refusal): string[] {
  const what = kind === 'unreachable' || kind === 'fault' ? 'no connection' : 'refused';
  return [
    kind === 'request' ? `${what}: ${target}: ${reason}` : `${what}: connecting to ${target}: ${reason}`,
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(advice === null ? [] : [advice]),
  ];
}
