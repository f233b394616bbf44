/**
 * What going through a session's proxy costs against going straight: the same client and server in one run, in turn.
 * As inside a sandbox, the client comes over a Unix socket; the relay's loopback hop is measured by its own row.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseRange } from '../src/core/policy/addresses.ts';
import { startEgress } from '../src/guard/egress/proxy.ts';

const rounds = Number(process.argv[2] ?? 40);
const warmUp = 5;
const megabytes = 32;
const chunk = Buffer.alloc(1 << 20, 'x');

const folder = mkdtempSync(join(tmpdir(), 'writ-bench-'));
const socketPath = join(folder, 'egress.sock');
const loopback = ['127.0.0.0/8'].flatMap((text) => parseRange(text) ?? []);

/** Sends what it is asked for: one byte says how many megabytes. */
const server = createServer((socket) => {
  socket
    .on('error', () => {})
    .once('data', (asked: Buffer) => {
      let left = asked[0] ?? 0;
      const push = (): void => {
        while (left > 0) {
          left -= 1;
          if (!socket.write(chunk)) return;
        }
        socket.end('.');
      };
      socket.on('drain', push);
      push();
    });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

const egress = await startEgress({
  socket: socketPath,
  decide: async () => ({
    decision: 'allow',
    policies: [],
    missing: [],
    reason: '',
    advice: null,
    policyVersion: '1',
    privateRanges: loopback,
  }),
  record: async () => {},
  resolve: async () => ['127.0.0.1'],
  onRefused: () => {},
  report: (error) => process.stderr.write(`${String(error)}\n`),
  clock: Date.now,
});
const relayPort = port === 65_535 ? port - 1 : port + 1;
const relay = spawn(
  resolve('native/build/writ-exec'),
  ['relay', '--listen', `127.0.0.2:${relayPort}=${socketPath}`, '--', 'sleep', '600'],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);

async function through(socket: Socket): Promise<Socket> {
  socket.write(`CONNECT bench.example:${port} HTTP/1.1\r\nHost: bench.example\r\n\r\n`);
  await once(socket, 'data');
  return socket;
}

const ways: Readonly<Record<string, () => Promise<Socket>>> = {
  direct: async () => connect(port, '127.0.0.1'),
  proxy: () => through(connect(socketPath)),
  'relay and proxy': () => through(connect({ port: relayPort, host: '127.0.0.2', noDelay: true })),
};

async function fetched(open: () => Promise<Socket>, amount: number): Promise<number> {
  const started = performance.now();
  const socket = await open();
  socket.write(Buffer.of(amount));
  socket.resume();
  await once(socket, 'end');
  socket.destroy();
  return performance.now() - started;
}

const times = new Map<string, { readonly small: number[]; readonly large: number[] }>(
  Object.keys(ways).map((name) => [name, { small: [], large: [] }]),
);
try {
  await reachable();
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [name, open] of Object.entries(ways)) {
      const small = await fetched(open, 0);
      const large = await fetched(open, megabytes);
      if (round < 0) continue;
      times.get(name)?.small.push(small);
      times.get(name)?.large.push(large);
    }
  }
} finally {
  relay.kill();
  await egress.stop();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}

async function reachable(): Promise<void> {
  for (;;) {
    const socket = connect(relayPort, '127.0.0.2');
    const [name] = await Promise.race(
      ['connect', 'error'].map((event) =>
        once(socket, event).then(
          () => [event],
          () => ['error'],
        ),
      ),
    );
    socket.destroy();
    if (name === 'connect') return;
    await new Promise((done) => setTimeout(done, 20));
  }
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;
const round2 = (value: number): number => Math.round(value * 100) / 100;
const direct = times.get('direct') ?? { small: [], large: [] };
const results = [...times].map(([name, { small, large }]) => ({
  name,
  connectionMs: round2(quantile(small, 0.5)),
  connectionP95Ms: round2(quantile(small, 0.95)),
  addedMs: round2(quantile(small, 0.5) - quantile(direct.small, 0.5)),
  megabytesPerSecond: Math.round((megabytes / quantile(large, 0.5)) * 1000),
  throughputToDirect: round2(quantile(direct.large, 0.5) / quantile(large, 0.5)),
}));
console.table(results);
console.log(JSON.stringify({ bench: 'egress', rounds, megabytes, results }));
