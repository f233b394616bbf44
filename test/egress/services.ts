/** What development needs from outside, in small, on one TLS port of loopback: registries, git, a file server. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

export class Services implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'writ-services-'));
  readonly #server: Server;
  /** Paths, in the order in which they were asked for. */
  readonly asked: string[] = [];
  /** What was put to the file server, by path. */
  readonly uploads = new Map<string, Buffer>();
  readonly download = Buffer.alloc(3 << 20, 'a file of some size\n');
  readonly tarball: Buffer;
  readonly #wheel: Buffer;
  readonly #module: Buffer;

  constructor(names: readonly string[]) {
    const { key, cert } = this.#certificate(names);
    this.tarball = this.#package();
    [this.#wheel, this.#module] = this.#archives();
    this.#repository();
    this.#server = createServer({ key, cert }, (request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', webSocket);
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.#port;
  }

  get authority(): string {
    return readFileSync(join(this.directory, 'ca.pem'), 'utf8');
  }

  get integrity(): string {
    return `sha512-${createHash('sha512').update(this.tarball).digest('base64')}`;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #run(program: string, ...args: readonly string[]): void {
    execFileSync(program, args, { cwd: this.directory, stdio: 'pipe' });
  }

  #certificate(names: readonly string[]): { key: Buffer; cert: Buffer } {
    const alternatives = names.map((name) => `DNS:${name}`).join(',');
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    this.#run('openssl', 'req', '-x509', ...key, '-subj', '/CN=Test', '-keyout', 'ca.key', '-out', 'ca.pem');
    this.#run(
      'openssl',
      'req',
      '-x509',
      ...key,
      '-subj',
      '/CN=Services',
      '-addext',
      `subjectAltName=${alternatives}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
    );
    return {
      key: readFileSync(join(this.directory, 'key.pem')),
      cert: readFileSync(join(this.directory, 'cert.pem')),
    };
  }

  /** An npm package that compiles a program when it is installed. */
  #package(): Buffer {
    const folder = join(this.directory, 'package');
    mkdirSync(folder);
    const scripts = { install: 'cc -o answer answer.c' };
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'answer', version: '1.0.0', scripts }),
    );
    writeFileSync(join(folder, 'answer.c'), '#include <stdio.h>\nint main(void) { puts("forty-two"); }\n');
    this.#run('tar', 'czf', 'answer.tgz', 'package');
    return readFileSync(join(this.directory, 'answer.tgz'));
  }

  /** A wheel, and a module of Go's as its proxy protocol has it. */
  #archives(): [Buffer, Buffer] {
    const script = `
import zipfile
with zipfile.ZipFile('answer-1.0-py3-none-any.whl', 'w') as wheel:
    wheel.writestr('answer.py', 'print("forty-two")\\n')
    wheel.writestr('answer-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: answer\\nVersion: 1.0\\n')
    wheel.writestr('answer-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr('answer-1.0.dist-info/RECORD', '')
with zipfile.ZipFile('module.zip', 'w') as module:
    module.writestr('acme.example/answer@v1.0.0/go.mod', 'module acme.example/answer\\n')
    module.writestr('acme.example/answer@v1.0.0/answer.go', 'package answer\\n\\nconst Text = "forty-two"\\n')
`;
    this.#run('python3', '-c', script);
    return [
      readFileSync(join(this.directory, 'answer-1.0-py3-none-any.whl')),
      readFileSync(join(this.directory, 'module.zip')),
    ];
  }

  #repository(): void {
    this.#run('git', 'init', '--quiet', '--initial-branch=main', 'work');
    writeFileSync(join(this.directory, 'work', 'lib.txt'), 'forty-two\n');
    const as = ['-c', 'user.name=Test', '-c', 'user.email=test@acme.example', '-C', 'work'];
    this.#run('git', ...as, 'add', '.');
    this.#run('git', ...as, 'commit', '--quiet', '-m', 'Library');
    this.#run('git', 'clone', '--quiet', '--bare', 'work', 'git/lib.git');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `https://${request.headers.host}`);
    this.asked.push(url.pathname);
    const [service] = url.hostname.split('.');
    if (service === 'code') return this.#git(url, request, response);
    if (request.method === 'PUT') {
      const chunks = await request.toArray();
      this.uploads.set(url.pathname, Buffer.concat(chunks as Buffer[]));
      response.writeHead(201).end('stored\n');
      return;
    }
    const found = this.#files(url)[`${service}${url.pathname}`];
    if (found === undefined) response.writeHead(404).end('no such thing\n');
    else
      response.writeHead(200, { 'content-type': found.type ?? 'application/octet-stream' }).end(found.body);
  }

  #files({ origin }: URL): Readonly<Record<string, { body: string | Buffer; type?: string }>> {
    const dist = { tarball: `${origin}/answer/-/answer-1.0.0.tgz`, integrity: this.integrity };
    const version = { name: 'answer', version: '1.0.0', dist, hasInstallScript: true };
    const packument = { name: 'answer', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } };
    const go = 'go/acme.example/answer/@v';
    return {
      'npm/answer': { body: JSON.stringify(packument), type: 'application/json' },
      'npm/answer/-/answer-1.0.0.tgz': { body: this.tarball },
      'pypi/simple/answer/': { body: '<a href="/answer-1.0-py3-none-any.whl">answer</a>', type: 'text/html' },
      'pypi/answer-1.0-py3-none-any.whl': { body: this.#wheel },
      [`${go}/list`]: { body: 'v1.0.0\n' },
      [`${go}/v1.0.0.info`]: { body: '{"Version":"v1.0.0"}' },
      [`${go}/v1.0.0.mod`]: { body: 'module acme.example/answer\n' },
      [`${go}/v1.0.0.zip`]: { body: this.#module },
      'files/download': { body: this.download },
      'files/slow': { body: this.download },
      'files/hello': { body: 'hello from outside\n', type: 'text/plain' },
    };
  }

  /** RFC 3875, as far as git's own server needs it. */
  #git(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: join(this.directory, 'git'),
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'],
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
        GIT_PROTOCOL: request.headers['git-protocol'] as string | undefined,
      },
    });
    request.pipe(backend.stdin);
    backend.stdin.on('error', () => {});
    let head = '';
    backend.stdout.on('data', (chunk: Buffer) => {
      if (response.headersSent) {
        response.write(chunk);
        return;
      }
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const fields = head
        .slice(0, end)
        .split('\r\n')
        .map((line) => line.split(': '));
      const status = fields.find(([name]) => name === 'Status')?.[1] ?? '200';
      response.writeHead(Number.parseInt(status, 10), fields.filter(([name]) => name !== 'Status').flat());
      response.write(Buffer.from(head.slice(end + 4), 'latin1'));
    });
    backend.stdout.on('end', () => response.end());
  }
}

/** RFC 6455, as far as one short text each way needs it. */
function webSocket(request: IncomingMessage, socket: Duplex): void {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.once('data', (frame: Buffer) => {
    const length = (frame[1] ?? 0) & 0x7f;
    const text = frame.subarray(6, 6 + length).map((byte, at) => byte ^ (frame[2 + (at % 4)] ?? 0));
    const answer = Buffer.concat([Buffer.from('heard: '), text]);
    socket.write(Buffer.concat([Buffer.of(0x81, answer.length), answer]));
  });
  socket.on('error', () => {});
}
