/** writ-exec's relay and hook as built for use, and again with the address and undefined-behaviour sanitizers. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { join, resolve } from 'node:path';
import {
  constantFrom,
  dictionary,
  json,
  jsonValue,
  nat,
  object,
  oneof,
  sample,
  string,
  tuple,
} from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildNative, until } from './workshop.ts';

/** Texts near JSON, the same in every run. */
const samples = sample(
  oneof(
    json({ maxDepth: 3 }),
    dictionary(string({ maxLength: 5 }), jsonValue({ maxDepth: 2 }), { maxKeys: 3 }).map((value) =>
      JSON.stringify(value, null, 1),
    ),
    tuple(
      object({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
      nat(60),
      constantFrom('', ',', '"', '}', '{', '0', '.', 'e', '\\', '\t'),
    ).map(([text, at, inserted]) => text.slice(0, at) + inserted + text.slice(at + 1)),
  ).filter((text) => text.isWellFormed()),
  { numRuns: 120, seed: 7 },
);

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const build = resolve(import.meta.dirname, '../../native/build');

const builds = [
  ['writ-exec', 'all'],
  ['writ-exec-sanitized', 'sanitized'],
] as const;
const tokenText = 'secret-token_1.2~\n';

/** Asked of a guard that never answers, before everything else: it takes all of the hook's patience. */
const unanswered = new Map<string, Promise<{ status: number | null; stderr: string; tookMs: number }>>();
const silentFolder = mkdtempSync(join(tmpdir(), 'writ-native-'));
const silent = createServer((socket) => socket.on('error', () => {}).write('HTTP/1.1 200 OK\r\n'));

beforeAll(async () => {
  const [socket, token] = [join(silentFolder, 'hook.sock'), join(silentFolder, 'token')];
  writeFileSync(token, tokenText);
  await new Promise<void>((done) => silent.listen(socket, done));
  for (const [name, target] of builds) {
    buildNative(target);
    unanswered.set(name, askInVain(join(build, name), socket, token));
  }
});
afterAll(() => {
  silent.close();
  rmSync(silentFolder, { recursive: true, force: true });
});

/** Timed where it runs: this process may be busy with other tests when the end comes. */
const timed = `begun=\${EPOCHREALTIME/./}; "$@"; status=$?; echo $(( (\${EPOCHREALTIME/./} - begun) / 1000 )); exit $status`;

async function askInVain(program: string, socket: string, token: string) {
  const child = spawn('bash', ['-c', timed, 'bash', program, 'hook', socket, token]);
  child.stdin.end('{}');
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stderr, tookMs: Number(stdout) };
}

describe.each(builds)('%s', (name, target) => {
  const program = join(build, name);
  let folder: string;
  const servers: Server[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'writ-native-'));
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function serve(
    handler: (socket: Socket) => void,
    path = join(folder, `${servers.length}-${Date.now()}.sock`),
  ): Promise<string> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      handler(socket);
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(path, done));
    return path;
  }

  it('says how it is used', () => {
    for (const args of [[], ['nonsense'], ['relay'], ['relay', '--listen', '127.0.0.1:48787=/x']]) {
      const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
      expect(status).toBe(2);
      expect(stderr).toMatch(/^writ: usage: writ-exec .*\n$/);
    }
    for (const args of [['init'], ['launch', '--nonsense']]) {
      const { status, stderr } = spawnSync(program, args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'ignore'],
      });
      expect(status).toBe(125);
      expect(stderr).toMatch(/^writ: .*\n$/);
    }
  });

  describe('hook', () => {
    const event = '{"tool_name":"Bash","tool_input":{"command":"ls"}}';
    let token: string;
    beforeAll(() => {
      token = join(folder, 'token');
      writeFileSync(token, tokenText);
    });

    const hook = (socket: string, input: string | Buffer = event, tokenFile = token) =>
      new Promise<{ status: number | string | null; stdout: string; stderr: string }>((done) => {
        const child = execFile(
          program,
          ['hook', socket, tokenFile],
          { maxBuffer: 1 << 24 },
          (error, stdout, stderr) =>
            done({ status: error === null ? 0 : (error.code ?? null), stdout, stderr }),
        );
        child.stdin?.on('error', () => {});
        child.stdin?.end(input);
      });
    const answering = (
      answer: string | Buffer | readonly (string | Buffer)[],
      seen: { request?: string } = {},
    ) =>
      serve((socket) => {
        let text = '';
        socket.on('data', (data) => {
          text += data.toString();
          const head = text.indexOf('\r\n\r\n');
          const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
          if (head < 0 || Buffer.byteLength(text.slice(head + 4)) < length) return;
          seen.request = text;
          void (async () => {
            for (const part of [answer].flat()) {
              socket.write(part);
              await new Promise((next) => setTimeout(next, 5));
            }
            socket.end();
          })();
        });
      });
    const response = (body: string, head = 'HTTP/1.1 200 OK') =>
      `${head}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const verdict =
      '{"hookSpecificOutput":{"permissionDecision":"deny","permissionDecisionReason":"nein: \\u00e9 ünï"}}';

    it('carries the event to the guard, and its answer back', async () => {
      const seen: { request?: string } = {};
      const outcome = await hook(await answering(response(verdict), seen));
      expect(outcome).toEqual({ status: 0, stdout: verdict, stderr: '' });
      expect(seen.request).toBe(
        `POST /hook HTTP/1.1\r\nHost: guard\r\nAuthorization: Bearer secret-token_1.2~\r\nContent-Type: application/json\r\nContent-Length: ${event.length}\r\nConnection: close\r\n\r\n${event}`,
      );
    });

    const chunked = (chunks: string[], end = '0\r\n\r\n') =>
      `HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n${chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)};x=y\r\n${chunk}\r\n`).join('')}${end}`;

    it.each([
      ['in one piece', response('{"a":[1,-2.5e+10,true,false,null,{}," \\" "]}')],
      ['byte by byte', response('{ }').split('')],
      ['in chunks', chunked(['{"a"', ':', '1}'])],
      ['in chunks, byte by byte', chunked(['{"a"', ':1', '}']).split('')],
      ['with more behind it', `${response('{"a":1}')}HTTP/1.1 500 No\r\n\r\n`],
      ['large', response(`{"a":"${'x'.repeat(3_000_000)}"}`)],
    ])('takes an answer that comes %s', async (_, answer) => {
      const { status, stdout, stderr } = await hook(await answering(answer));
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(JSON.parse(stdout)).toBeTypeOf('object');
    });

    it.each([
      ['status 500', response(verdict, 'HTTP/1.1 500 Internal Server Error'), /status 500/],
      ['status 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', /status 204/],
      ['a redirect', response(verdict, 'HTTP/1.1 307 Temporary Redirect'), /status 307/],
      ['a cut body', response(verdict).slice(0, -1), /cut short/],
      ['a cut head', 'HTTP/1.1 200 OK\r\nContent-', /cut short/],
      ['nothing', [], /cut short/],
      ['no length', `HTTP/1.1 200 OK\r\n\r\n${verdict}`, /understood/],
      ['two lengths', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}`, /understood/],
      [
        'length and chunks',
        `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
        /understood/,
      ],
      ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}', /understood/],
      ['a huge length', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}', /understood/],
      ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}', /understood/],
      ['a wrong chunk', chunked(['{}']).replace('{}\r\n', '{}xx'), /understood/],
      ['a chunk of no size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n{}\r\n', /understood/],
      ['cut chunks', chunked(['{}'], '0\r\n'), /cut short/],
      ['a gzip encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', /understood/],
      ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', /understood/],
      ['HTTP/1.0', response(verdict, 'HTTP/1.0 200 OK'), /understood/],
      ['no line ends', 'x'.repeat(100_000), /understood/],
      ['a folded field', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\n{}', /understood/],
      ['a NUL in the head', 'HTTP/1.1 200 OK\r\nA: \0\r\nContent-Length: 2\r\n\r\n{}', /understood/],
      ['text', response('denied'), /not JSON/],
      ['an empty body', response(''), /not JSON/],
      ['an array', response('[]'), /not JSON/],
      ['an open object', response('{"a":1'), /not JSON/],
      ['more than an object', response('{}{}'), /not JSON/],
      ['a trailing comma', response('{"a":1,}'), /not JSON/],
      ['a bad number', response('{"a":01}'), /not JSON/],
      ['a bad escape', response('{"a":"\\x"}'), /not JSON/],
      ['a raw line end', response('{"a":"\n"}'), /not JSON/],
      ['too deep a body', response(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`), /not JSON/],
      ['too large a body', response(`{"a":"${'x'.repeat(5_000_000)}"}`), /more than 4194304 bytes/],
    ] as const)('denies for %s', async (_, answer, reason) => {
      const outcome = await hook(await answering(answer));
      expect(outcome).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(reason) });
      expect(outcome.stderr).toMatch(/^writ: denied: [^\n]*\n$/);
    });

    it.each([
      ['no guard', '/nonexistent/hook.sock', {}, /cannot be reached/],
      ['too long a path', `/${'x'.repeat(200)}`, {}, /path is not valid/],
      ['no token', null, { token: '/nonexistent' }, /token/],
      ['an empty token', null, { content: '\n' }, /token is empty/],
      ['a token with a line in it', null, { content: 'a\r\nX-Admin: yes' }, /token is not valid/],
      ['a token of any size', null, { token: '/dev/zero' }, /more than 4096/],
      [
        'too large an event',
        null,
        { input: Buffer.alloc(4 * 1024 * 1024 + 1, 0x20) },
        /assistant sent more than 4194304/,
      ],
    ] as const)(
      'denies for %s',
      async (_, path, given: { token?: string; content?: string; input?: Buffer }, reason) => {
        const file = given.token ?? join(folder, 'other-token');
        if (given.content !== undefined) writeFileSync(file, given.content);
        const tokenFile = given.token === undefined && given.content === undefined ? token : file;
        const outcome = await hook(
          path === null ? await answering(response(verdict)) : path,
          given.input,
          tokenFile,
        );
        expect(outcome).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(reason) });
      },
    );

    it('denies when it is interrupted, or its own streams are not there', async () => {
      let asked = 0;
      const socket = await serve(() => (asked += 1));
      for (const [index, signal] of (['SIGTERM', 'SIGINT', 'SIGHUP'] as const).entries()) {
        const child = spawn(program, ['hook', socket, token], { stdio: ['pipe', 'ignore', 'ignore'] });
        child.stdin.end(event);
        await until(() => asked > index, 'the question');
        child.kill(signal);
        expect(await once(child, 'exit')).toEqual([2, null]);
      }
      for (const closed of ['<&-', '>&-', '>/dev/full']) {
        const path = await answering(response(verdict));
        const child = spawn(
          'sh',
          ['-c', `printf '%s' '${event}' | "$@" ${closed}`, 'sh', program, 'hook', path, token],
          { stdio: 'ignore' },
        );
        expect(await once(child, 'exit')).toEqual([2, null]);
      }
    });

    it('takes for JSON what is an object of it', async () => {
      for (const body of samples) {
        const { status } = await hook(await answering(response(body)));
        expect({ body, status }).toEqual({ body, status: isObject(body) ? 0 : 2 });
      }
    });

    it('denies before the assistant loses patience', async () => {
      const { status, stderr, tookMs } = (await unanswered.get(name)) ?? {};
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/no answer in time/) });
      expect(tookMs).toBeGreaterThan(20_000);
      expect(tookMs).toBeLessThan(29_000);
    });
  });

  describe('relay', () => {
    // An address of its own for each: no two tests, here or in another run, want the same one.
    let addresses = 0;
    const relay = (socket: string, argv: readonly string[] = ['sleep', '60']) => {
      addresses += 1;
      const host = `127.${1 + (process.pid % 250)}.${target.length}.${addresses}`;
      const listen = `${host}:8787=${socket}`;
      return { host, listen, child: spawn(program, ['relay', '--listen', listen, '--', ...argv]) };
    };
    const dial = async (host: string): Promise<Socket> => {
      for (let attempt = 0; ; attempt += 1) {
        const socket = connect({ port: 8787, host, allowHalfOpen: true });
        try {
          await once(socket, 'connect');
          return socket;
        } catch (error) {
          if (attempt > 300) throw error;
          await new Promise((next) => setTimeout(next, 10));
        }
      }
    };
    const read = async (socket: Readable): Promise<Buffer> => {
      const parts: Buffer[] = [];
      socket.on('data', (data) => parts.push(data));
      await once(socket, 'end');
      return Buffer.concat(parts);
    };
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

    it('carries many connections at once, both ways, with half-closed ends', async () => {
      const socket = await serve((peer) => {
        const hash = createHash('sha256');
        peer.on('data', (data) => hash.update(data));
        // The whole request is read before the answer starts: only a half-close can tell its end.
        peer.on('end', () => peer.end(Buffer.concat([hash.digest(), Buffer.alloc(300_000, 0x61)])));
      });
      const { host, child } = relay(socket);
      await Promise.all(
        Array.from({ length: 200 }, async (_, i) => {
          const body = randomBytes(i * 1000);
          const client = await dial(host);
          client.end(body);
          const answer = await read(client);
          expect(answer.subarray(0, 32).toString('hex')).toBe(digest(body));
          expect(answer.length).toBe(300_032);
        }),
      );
      child.kill();
      await once(child, 'exit');
    });

    it('holds back a sender whose reader is slow, and loses nothing', async () => {
      const sent = randomBytes(20_000_000);
      let received = 0;
      const hash = createHash('sha256');
      const socket = await serve((peer) => {
        peer.on('data', (data) => {
          received += data.length;
          hash.update(data);
          if (received < 1_000_000) {
            peer.pause();
            setTimeout(() => peer.resume(), 20);
          }
        });
        peer.on('end', () => peer.end(hash.digest('hex')));
      });
      const { host, child } = relay(socket);
      const client = await dial(host);
      client.end(sent);
      expect((await read(client)).toString()).toBe(digest(sent));
      child.kill();
      await once(child, 'exit');
    });

    it('resets what it cannot connect, and answers what is cut with a reset', async () => {
      const { host, child } = relay('/nonexistent/model.sock');
      const client = await dial(host);
      const [error] = (await once(client, 'error').catch((caught: unknown) => [caught])) as [
        NodeJS.ErrnoException,
      ];
      expect(error.code).toBe('ECONNRESET');
      child.kill();
      await once(child, 'exit');
    });

    it.each([
      [['sh', '-c', 'exit 42'], 42],
      [['no-such-program'], 127],
      [['/'], 126],
    ])('ends as its command does: %j', async (argv, code) => {
      const { child } = relay('/nonexistent', argv);
      expect(await once(child, 'exit')).toEqual([code, null]);
    });

    it("leaves its command's place, streams and children as they are", async () => {
      const outputOf = async (...argv: string[]) => {
        const { child } = relay('/nonexistent', argv);
        child.stdin.end('through\n');
        const [output] = await Promise.all([read(child.stdout), once(child, 'close')]);
        return output.toString().replace(String(child.pid), 'its own');
      };
      expect(await outputOf('cat')).toBe('through\n');
      expect(await outputOf('readlink', '/proc/self')).toBe('its own\n');
      expect(await outputOf('cat', '/proc/thread-self/children')).toBe('');
      const bare = spawnSync('ls', ['/proc/self/fd'], { encoding: 'utf8' });
      expect(await outputOf('ls', '/proc/self/fd')).toBe(bare.stdout);
    });

    it('is killed by signals for the command, and frees its port', async () => {
      const { host, listen, child } = relay('/nonexistent');
      (await dial(host)).on('error', () => {}).destroy();
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
      const again = () => spawnSync(program, ['relay', '--listen', listen, '--', 'true']);
      await until(() => again().status === 0, 'the port');
    });

    it.each([
      '0.0.0.0:8787=/x',
      '10.0.0.1:8787=/x',
      '127.0.0.1:-1=/x',
      '127.0.0.1:99999=/x',
      '127.0.0.1:=/x',
      '127.0.0.1:8787',
      '8787=/x',
      'localhost:1=/x',
      '127.0.0.1:87x=/x',
      '127.0.0.1:8787=',
      `127.0.0.1:8787=/${'x'.repeat(200)}`,
    ])('refuses to listen on %s', (listener) => {
      const { status, stderr } = spawnSync(program, ['relay', '--listen', listener, '--', 'true'], {
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({
        status: 125,
        stderr: expect.stringMatching(/^writ: relay: [^\n]*\n$/),
      });
    });
  });
});
