/** Servers of one test, closed after it. */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';

const open: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(open.splice(0).map((server) => new Promise((done) => server.close(done))));
});

async function listening(server: Server): Promise<number> {
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return (server.address() as AddressInfo).port;
}

/** A port of loopback on which nobody listens any more. */
export async function vacant(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((done) => server.close(done));
  return port;
}

export const tcp = (serve: (socket: Socket) => unknown): Promise<number> =>
  listening(createServer({ allowHalfOpen: true }, (socket) => void serve(socket)));
export const web = (serve: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> =>
  listening(createHttpServer(serve));
export const echo = (): Promise<number> => tcp((socket) => void socket.pipe(socket));

export const socksRequest = (address: readonly number[], port: number, command = 1): Buffer =>
  Buffer.from([5, 1, 0, 5, command, 0, ...address, port >> 8, port & 255]);
export const named = (host: string | Buffer): number[] => [3, host.length, ...Buffer.from(host)];
