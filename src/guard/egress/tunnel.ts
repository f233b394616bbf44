/** Bytes both ways once a connection is made. What a client says first is looked at; the rest passes unread. */
import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { ClientHelloReader, type FirstBytes } from './client-hello.ts';
import { stopOutcome, type Connected, type Way } from './connect.ts';
import type { Outcome } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { nextChunk } from './read.ts';

export interface Patience {
  /** Without a byte either way, milliseconds. */
  readonly idle: number;
  /** From the first byte of a TLS greeting to its last, milliseconds. */
  readonly greeting: number;
}

/** Carries one tunnel to its end. For hosts whose TLS ends here another one takes this one's place. */
export type Carry = (client: Socket, connected: Connected, patience: Patience, way: Way) => Promise<End>;

export interface End {
  readonly outcome: Outcome;
  /** Why, where it was ended for what was said inside: a clause. */
  readonly mismatch?: string;
  readonly encryptedName?: boolean;
}

const tlsPort = 443;
/** After the other side has gone, for what is still on its way, milliseconds. */
const drainPatience = 5000;

/** To the end, both sockets destroyed and the entry written. */
export async function tunnel(
  way: Way,
  client: Socket,
  connected: Connected,
  carry: Carry,
  patience: Patience,
): Promise<void> {
  const { upstream, entry, address } = connected;
  const { outcome, mismatch, encryptedName } = await carry(client, connected, patience, way);
  const bytes = { address, up: upstream.bytesWritten, down: upstream.bytesRead };
  client.destroy();
  upstream.destroy();
  const ended = outcome === 'stopped' ? stopOutcome(way) : outcome;
  if (mismatch !== undefined) await entry.alert('egress-mismatch', { reason: mismatch });
  await entry.closed(ended, bytes, {
    ...(mismatch === undefined ? {} : { reason: mismatch }),
    ...(encryptedName === true ? { encryptedName } : {}),
  });
}

export const carryUnread: Carry = async (client, { upstream, wanted, stop }, patience) => {
  const over = Promise.withResolvers<End>();
  const end = (outcome: Outcome) => (): void => over.resolve({ outcome });
  upstream.setTimeout(patience.idle, end('idle'));
  stop.addEventListener('abort', end('stopped'));
  if (stop.aborted) end('stopped')();
  for (const socket of [client, upstream]) socket.on('error', () => {});
  // Also while the client has said nothing yet.
  upstream.once('close', () => {
    if (!upstream.readableEnded) end('broken')();
  });

  let encryptedName = false;
  const both = async (): Promise<void> => {
    upstream.pipe(client);
    const first = await greeting(client, patience.greeting);
    const mismatch = first === null ? null : mismatchOf(wanted.endpoint, first.read);
    if (mismatch !== null) {
      over.resolve({ outcome: 'mismatch', mismatch });
      return;
    }
    encryptedName = first?.read.kind === 'hello' && first.read.encryptedName;
    if (first !== null) upstream.write(first.bytes);
    client.pipe(upstream);
    try {
      await Promise.all([finished(client), finished(upstream)]);
      over.resolve({ outcome: 'closed' });
    } catch {
      // A server that has said all and is gone answers further words with a reset; the client still hears it out.
      const said = upstream.readableEnded && client.errored === null;
      if (said && !client.destroyed) await drained(client);
      over.resolve({ outcome: said ? 'closed' : 'broken' });
    }
  };
  both().catch(end('broken'));
  const ended = await over.promise;
  return { ...ended, encryptedName };
};

async function drained(client: Socket): Promise<void> {
  const signal = AbortSignal.timeout(drainPatience);
  await finished(client, { readable: false, signal }).catch(() => {});
}

interface Greeting {
  readonly bytes: Buffer;
  readonly read: FirstBytes;
}

/** All that came until it was clear what it is; null where the client ends without a word. */
export async function greeting(client: Socket, patience: number): Promise<Greeting | null> {
  const reader = new ClientHelloReader();
  let late = false;
  let timer: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      const chunk = await nextChunk(client);
      timer ??= setTimeout(() => {
        late = true;
        client.destroy();
      }, patience);
      const { bytes } = reader.received;
      if (chunk === null) return bytes.length === 0 ? null : { bytes, read: { kind: 'broken' } };
      const read = reader.read(chunk);
      if (read.kind !== 'incomplete')
        return { bytes: reader.received.bytes, read: late ? { kind: 'broken' } : read };
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Why what the client says is not for the host that it asked for: a clause, or null. */
export function mismatchOf({ host, port, address }: Endpoint, first: FirstBytes): string | null {
  if (first.kind === 'broken') return 'what begins as TLS is none';
  if (first.kind !== 'hello')
    return port === tlsPort ? 'something else than TLS is spoken on port 443' : null;
  const named = first.serverName?.toLowerCase().replace(/\.$/, '') ?? null;
  if (address !== null) return named === null ? null : `TLS names the server ${printable(named)}`;
  if (named === null) return 'TLS names no server';
  return named === host ? null : `TLS names the server ${printable(named)}`;
}

function printable(name: string): string {
  return name.replaceAll(/[^!-~]/g, '?').slice(0, 253);
}
