/**
 * What the injecting proxy costs against a direct TLS request: the same client and server in one run, in turn, and the
 * tunnel that passes unread for comparison. Entries are not written here: `log` measures what one costs.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request as send, type IncomingMessage } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';
import { filled, host, InjectingDesk, secret, unreadHost } from '../test/injection/desk.ts';

const rounds = Number(process.argv[2] ?? 200);
const warmUp = 20;
const requestsEach = 20;
const megabytes = 16;
const large = Buffer.alloc(megabytes << 20, 'x');

await using at = await new InjectingDesk().open();
at.api.serve = ({ what, headers }, response) => {
  if (headers.authorization !== `Bearer ${secret}`) response.writeHead(401).end();
  else response.end(what === 'GET /v1/large' ? large : '{"ok":true}');
};
const ca = readFileSync(at.api.certified.authority);
const withSecret = { authorization: `Bearer ${secret}` };

interface Way {
  readonly open: () => Promise<TLSSocket>;
  readonly headers: Readonly<Record<string, string>>;
}

const ways: Readonly<Record<string, Way>> = {
  direct: {
    async open() {
      const socket = connect({ host: '127.0.0.1', port: at.port, servername: host, ca });
      await once(socket, 'secureConnect');
      return socket;
    },
    headers: withSecret,
  },
  'tunnel, unread': { open: () => at.secure(unreadHost, unreadHost), headers: withSecret },
  'tunnel, injected': { open: () => at.secure(), headers: filled },
};

class OneSocket extends Agent {
  readonly #socket: TLSSocket;
  constructor(socket: TLSSocket) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#socket = socket;
  }
  override createConnection(): TLSSocket {
    return this.#socket;
  }
}

async function ask(agent: Agent, { headers }: Way, path: string): Promise<void> {
  const outgoing = send({ agent, host, port: at.port, path, headers }).end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`answered with ${answer.statusCode}`);
  await answer.resume().toArray();
}

/** Milliseconds: a connection with its first request, one of many further requests, and one large answer. */
async function measure(way: Way): Promise<readonly [first: number, further: number, large: number]> {
  const started = performance.now();
  const socket = await way.open();
  const agent = new OneSocket(socket);
  await ask(agent, way, '/v1/small');
  const first = performance.now() - started;
  const before = performance.now();
  for (let count = 0; count < requestsEach; count += 1) await ask(agent, way, '/v1/small');
  const further = (performance.now() - before) / requestsEach;
  const atLarge = performance.now();
  await ask(agent, way, '/v1/large');
  const took = performance.now() - atLarge;
  agent.destroy();
  socket.destroy();
  return [first, further, took];
}

const times = new Map<string, (readonly [number, number, number])[]>(
  Object.keys(ways).map((name) => [name, []]),
);
for (let round = -warmUp; round < rounds; round += 1) {
  for (const [name, way] of Object.entries(ways)) {
    const taken = await measure(way);
    if (round >= 0) times.get(name)?.push(taken);
  }
}

const median = (name: string, which: 0 | 1 | 2): number =>
  (times.get(name) ?? []).map((one) => one[which]).toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ??
  Number.NaN;
const rounded = (value: number): number => Math.round(value * 100) / 100;
const results = Object.keys(ways).map((name) => ({
  name,
  firstRequestMs: rounded(median(name, 0)),
  furtherRequestMs: rounded(median(name, 1)),
  megabytesPerSecond: Math.round((megabytes / median(name, 2)) * 1000),
  firstToDirect: rounded(median(name, 0) / median('direct', 0)),
  furtherToDirect: rounded(median(name, 1) / median('direct', 1)),
  throughputToDirect: rounded(median('direct', 2) / median(name, 2)),
}));
console.table(results);
console.log(JSON.stringify({ bench: 'inject', rounds, requestsEach, megabytes, results }));
