/** A real Git server: git's own http-backend behind HTTP, which lets in one login and notes what it was asked. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface GitServer {
  readonly url: string;
  /** `METHOD path status`, in order. */
  readonly requests: string[];
  /** Logins that are let in, as `user:password`. */
  readonly logins: Set<string>;
  /** Makes an empty bare repository and returns its folder. */
  create(path: string): string;
  stop(): Promise<void>;
}

export async function startGitServer(): Promise<GitServer> {
  const root = mkdtempSync(join(tmpdir(), 'writ-git-'));
  const logins = new Set<string>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const given = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64');
    const welcome = logins.has(given.toString());
    response.once('close', () => requests.push(`${request.method} ${request.url} ${response.statusCode}`));
    if (welcome) backend(root, request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    logins,
    create: (path) => {
      const folder = join(root, path);
      execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder]);
      execFileSync('git', ['-C', folder, 'config', 'http.receivepack', 'true']);
      return folder;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(root, { recursive: true });
    },
  };
}

/** CGI (RFC 3875), as far as git http-backend speaks it. */
function backend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '', 'http://x');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: 'task',
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURI(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.once('close', () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const lines = all.subarray(0, end).toString().split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => line.split(/: ?/, 2) as [string, string]));
    const status = Number.parseInt(headers['Status'] ?? '200', 10);
    delete headers['Status'];
    response.writeHead(status, headers).end(all.subarray(end + 4));
  });
}
