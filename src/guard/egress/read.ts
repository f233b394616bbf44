/** A socket piece by piece, before it is handed on to somebody who lets it flow; and its last words. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What has come next; null at the end, or when the socket is gone. */
export async function nextChunk(socket: Socket): Promise<Buffer | null> {
  for (;;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) return chunk;
    if (socket.readableEnded || socket.destroyed) return null;
    await readable(socket);
  }
}

/** Exactly so many bytes, with the rest left for later; null when they do not come. */
export async function take(socket: Socket, length: number): Promise<Buffer | null> {
  let taken = Buffer.alloc(0);
  while (taken.length < length) {
    const chunk = await nextChunk(socket);
    if (chunk === null) return null;
    taken = Buffer.concat([taken, chunk]);
  }
  if (taken.length > length) socket.unshift(taken.subarray(length));
  return taken.subarray(0, length);
}

/** Puts back what was read too far, and returns the socket to the state in which it can flow. */
export async function putBack(socket: Socket, chunk: Buffer): Promise<void> {
  socket.unshift(chunk);
  // Node notices only at the next turn that nobody listens for `readable` any more.
  await new Promise((resolve) => setImmediate(resolve));
}

async function readable(socket: Socket): Promise<void> {
  const events = ['readable', 'end', 'close', 'error'] as const;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => resolve();
  for (const event of events) socket.once(event, done);
  await promise;
  for (const event of events) socket.off(event, done);
}

/** For the other side to hear the last words, milliseconds. */
const lastPatience = 2000;

/** Ends the connection, whether the other side goes on talking or not. */
export function sayLast(socket: Duplex, words: string | Buffer): void {
  const timer = setTimeout(() => socket.destroy(), lastPatience);
  socket.once('close', () => clearTimeout(timer));
  socket.end(words);
  // What still comes is read, or its end would never be seen.
  socket.resume();
}
