/** Sockets of a session: nobody but the guard's own user opens one, whatever folder it lies in. */
import { once } from 'node:events';
import { chmodSync, closeSync, constants, openSync } from 'node:fs';
import type { Server } from 'node:net';
import { basename, dirname } from 'node:path';

/** Through the folder's descriptor: the whole path may be longer than a socket's address can be (unix(7)). */
export async function listenPrivately(server: Server, socket: string): Promise<void> {
  const folder = openSync(dirname(socket), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    server.listen(`/proc/self/fd/${folder}/${basename(socket)}`);
    await once(server, 'listening');
    chmodSync(socket, 0o600);
  } finally {
    closeSync(folder);
  }
}
