/** Sockets of a session: nobody but the guard's own user opens one, whatever folder it lies in. */
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import type { Server } from 'node:net';

export async function listenPrivately(server: Server, socket: string): Promise<void> {
  server.listen(socket);
  await once(server, 'listening');
  await chmod(socket, 0o600);
}
