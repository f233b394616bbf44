/** Sockets of a session: nobody but the guard's own user opens one, whatever folder it lies in. */
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import type { Server } from 'node:net';

export async function listenPrivately(server: Server, socket: string): Promise<void> {
  server.listen(socket);
  await once(server, 'listening');
  chmodSync(socket, 0o600);
}
