/** HTTP for one session's programs, over a socket of its own. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { WritError } from '../core/model/errors.ts';
import { listenPrivately } from './private-socket.ts';

interface PrivateHttp {
  readonly socket: string;
  /** Answers; what it throws as a `WritError` is the program's to know. */
  readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** In the form of the service that stands behind, so that programs show the reason. */
  readonly refuse: (response: ServerResponse, reason: WritError) => void;
  readonly report: (error: unknown) => void;
}

const mostConnections = 100;
const headersWithinMs = 30_000;

/** A request may take as long as it likes: some are watches, or the push of a large repository. */
export async function servePrivately({
  socket,
  serve,
  refuse,
  report,
}: PrivateHttp): Promise<{ close(): void }> {
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!(error instanceof WritError)) report(error);
      if (error instanceof WritError && !response.headersSent) refuse(response, error);
      else response.destroy();
    });
  });
  server.headersTimeout = headersWithinMs;
  server.maxConnections = mostConnections;
  await listenPrivately(server, socket);
  return {
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
