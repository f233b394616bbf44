/** SOCKS version 5 (RFC 1928): CONNECT alone, without authentication, since nobody else reaches this socket. */
import type { Socket } from 'node:net';
import { parseEndpoint, type Endpoint, type Malformed } from './endpoint.ts';
import { take } from './read.ts';

const version = 5;
const noAuthentication = 0;
const noneAcceptable = 0xff;
const connectCommand = 1;

export const socksReplies = { succeeded: 0, commandUnknown: 7, addressUnknown: 8 } as const;

/** What the client asks for; null when the conversation is over, with what there was to say already said. */
export async function socksRequest(
  client: Socket,
): Promise<Endpoint | (Malformed & { readonly host: string }) | null> {
  const greeting = await take(client, 2);
  if (greeting?.[0] !== version) return null;
  const methods = await take(client, greeting[1] ?? 0);
  if (methods === null || !methods.includes(noAuthentication)) {
    client.write(Buffer.of(version, noneAcceptable));
    return null;
  }
  client.write(Buffer.of(version, noAuthentication));
  const request = await take(client, 4);
  if (request === null || request[0] !== version) return null;
  const [, command, , kind] = request;
  if (command !== connectCommand) {
    client.write(socksReplyBytes(socksReplies.commandUnknown));
    return null;
  }
  const host = await readAddress(client, kind ?? 0);
  if (host === undefined) {
    client.write(socksReplyBytes(socksReplies.addressUnknown));
    return null;
  }
  const port = await take(client, 2);
  if (host === null || port === null) return null;
  const endpoint = parseEndpoint(host, port.readUInt16BE(0));
  return 'malformed' in endpoint ? { ...endpoint, host } : endpoint;
}

/** Undefined for a kind that is not known. */
async function readAddress(client: Socket, kind: number): Promise<string | null | undefined> {
  if (kind === 1) return (await take(client, 4))?.join('.') ?? null;
  if (kind === 4) return (await take(client, 16))?.toString('hex').match(/.{4}/g)?.join(':') ?? null;
  if (kind !== 3) return undefined;
  const length = await take(client, 1);
  if (length === null) return null;
  return (await take(client, length[0] ?? 0))?.toString('latin1') ?? null;
}

/** With no address of ours: it would tell the sandbox about this machine. */
export function socksReplyBytes(reply: number): Buffer {
  return Buffer.of(version, reply, 0, 1, 0, 0, 0, 0, 0, 0);
}
