/**
 * The Workload API as a standard client meets it, from inside real sandboxes, and what everybody else gets: nothing.
 */
import { spawnSync, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ecThumbprint, jwkOf } from '../../src/core/identity/ec-key.ts';
import { World } from '../cli/world.ts';

const grpc = { invalidArgument: 3, permissionDenied: 7, unavailable: 14 } as const;

interface Answer {
  readonly method: string;
  readonly code?: number;
  readonly details?: string;
  readonly reply?: Readonly<Record<string, never>>;
}

interface X509Reply {
  readonly svids: readonly {
    readonly spiffe_id: string;
    readonly x509_svid: Bytes;
    readonly x509_svid_key: Bytes;
    readonly bundle: Bytes;
  }[];
}
interface Bytes {
  readonly data: readonly number[];
}

const world = new World();
const started: ChildProcess[] = [];

beforeAll(() => {
  buildSync({
    entryPoints: [join(import.meta.dirname, 'workload-client.ts')],
    outfile: join(world.repository, 'client.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    logLevel: 'error',
  });
  copyFileSync(join(import.meta.dirname, 'workload.proto'), join(world.repository, 'workload.proto'));
  world.must('init', '--yes');
});
afterAll(() => {
  for (const child of started) child.kill();
  world.dispose();
});

const command = ['node', 'client.mjs', 'workload.proto'] as const;
const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);

/** Runs the client in a sandbox of its own, to its end. */
function inside(...steps: readonly object[]): Answer[] {
  const { status, stdout, stderr } = world.writ([
    'exec',
    '--',
    ...command,
    'env',
    ...steps.map((step) => JSON.stringify(step)),
  ]);
  if (status !== 0) throw new Error(`${status}: ${stderr}`);
  return lines(stdout);
}

/** A client in a sandbox that waits for what it is told to ask. */
class Inside {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  readonly name: string;

  constructor(name: string, ...args: readonly string[]) {
    this.name = name;
    this.#child = world.start(['exec', ...args, '--', ...command, 'env']);
    started.push(this.#child);
    this.#child.stdin.on('error', () => {}); // it may have ended: then its answers end as well
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(step: object, answers = 1): Promise<Answer[]> {
    this.#child.stdin.write(`${JSON.stringify(step)}\n`);
    return this.next(answers);
  }

  async next(answers: number): Promise<Answer[]> {
    const all: Answer[] = [];
    while (all.length < answers) {
      const { value, done } = await this.#answers.next();
      if (done === true) throw new Error(`${this.name} has ended`);
      all.push(JSON.parse(value) as Answer);
    }
    return all;
  }

  end(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    this.#child.stdin.end();
    return gone;
  }
}

const bytes = ({ data }: Bytes) => Buffer.from(data);
const jwtRequest = { method: 'FetchJWTSVID', request: { audience: ['https://sts.cloud.example'] } };
function firstSvid(answer: Answer | undefined): { spiffe_id: string; svid: string } {
  const reply = answer?.reply as unknown as { svids: { spiffe_id: string; svid: string }[] } | undefined;
  const [svid] = reply?.svids ?? [];
  if (svid === undefined) throw new Error(`no SVID: ${JSON.stringify(answer)}`);
  return svid;
}

function bundlesOf(answer: Answer | undefined): [string, Bytes][] {
  const reply = answer?.reply as unknown as { bundles: Record<string, Bytes> } | undefined;
  return Object.entries(reply?.bundles ?? {});
}

const sessionFolders = () =>
  readdirSync(join(world.writHome, 'run')).filter((name) => name.startsWith('ses_'));
const socketOf = (session: string) => join(world.writHome, 'run', session, 'workload.sock');

/** Asks the socket from outside of every sandbox. */
function outside(address: string, prefix: readonly string[] = [], node: string = process.execPath): Answer[] {
  const argv = [
    ...prefix,
    node,
    join(world.repository, 'client.mjs'),
    join(world.repository, 'workload.proto'),
    `unix://${address}`,
    JSON.stringify(jwtRequest),
  ];
  const { stdout, stderr } = spawnSync(argv[0] ?? '', argv.slice(1), {
    cwd: world.repository,
    encoding: 'utf8',
    env: { PATH: world.environment['PATH'] },
    timeout: 30_000,
  });
  return stdout === '' ? [{ method: 'none', details: stderr }] : lines(stdout);
}

describe('a standard client in a sandbox', () => {
  test('gets its X.509-SVID with key and bundle, and again when keys are rotated', async () => {
    const task = new Inside('renewed');
    const answers = await task.ask({ method: 'FetchX509SVID', messages: 2 });
    world.must('keys', 'rotate', 'x509-svid');
    answers.push(...(await task.next(1)));
    await task.end();
    const svids = answers.map(({ reply }) => (reply as unknown as X509Reply | undefined)?.svids[0]);
    const certificates = svids.map((svid) => {
      if (svid === undefined) throw new Error(`no SVID: ${JSON.stringify(answers).slice(0, 500)}`);
      const certificate = new X509Certificate(bytes(svid.x509_svid));
      const ca = new X509Certificate(bytes(svid.bundle));
      expect(certificate.subjectAltName).toBe(`URI:${svid.spiffe_id}`);
      expect(certificate.verify(ca.publicKey)).toBe(true);
      const key = createPrivateKey({ key: bytes(svid.x509_svid_key), format: 'der', type: 'pkcs8' });
      expect(certificate.checkPrivateKey(key)).toBe(true);
      return certificate;
    });
    expect(svids[0]?.spiffe_id).toMatch(
      /^spiffe:\/\/[a-z0-9.-]+\/assistant\/local\/task\/writ_[0-9a-z]{25}$/,
    );
    expect(certificates[0]?.serialNumber).not.toBe(certificates[1]?.serialNumber);
    // It is the key that the writ is bound to.
    const { claims } = world.json('show', svids[0]?.spiffe_id.split('/').at(-1) ?? '') as {
      claims: { taskKey: string };
    };
    expect(claims.taskKey).toBe(ecThumbprint(jwkOf(certificates[0]!.publicKey)));
  });

  test('gets a JWT-SVID that the bundle verifies, and has it validated', async () => {
    const [fetched, bundles] = inside(jwtRequest, { method: 'FetchJWTBundles', messages: 1 });
    const { spiffe_id: id, svid } = firstSvid(fetched);
    const [[domain, set] = ['', { data: [] }]] = bundlesOf(bundles);
    expect(id.startsWith(`${domain}/assistant/local/task/`)).toBe(true);
    const keys = JSON.parse(bytes(set).toString()) as { keys: { use?: string }[] };
    expect(keys.keys.map(({ use }) => use)).toEqual(['jwt-svid']);
    // jose knows the use `sig` alone; the specification's is another.
    const plain = { keys: keys.keys.map((key) => ({ ...key, use: 'sig' })) } as JSONWebKeySet;
    const { payload } = await jwtVerify(svid, createLocalJWKSet(plain), {
      audience: 'https://sts.cloud.example',
    });
    expect(payload.sub).toBe(id);

    const validate = (audience: string, token: string) => ({
      method: 'ValidateJWTSVID',
      request: { audience, svid: token },
    });
    const [good, otherAudience, changed] = inside(
      validate('https://sts.cloud.example', svid),
      validate('https://other.example', svid),
      validate(
        'https://sts.cloud.example',
        svid.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      ),
    );
    expect(good?.reply).toMatchObject({ spiffe_id: id, claims: { fields: { sub: { stringValue: id } } } });
    expect([otherAudience?.code, changed?.code]).toEqual([grpc.invalidArgument, grpc.invalidArgument]);
  });

  test('is refused without the security header, and what makes no sense', () => {
    const codes = inside(
      { ...jwtRequest, header: [] },
      { ...jwtRequest, header: ['false'] },
      { ...jwtRequest, header: ['true', 'true'] },
      { method: 'FetchX509SVID', messages: 1, header: [] },
      { method: 'FetchX509Bundles', messages: 1, header: ['TRUE'] },
      { method: 'FetchJWTSVID', request: { audience: [] } },
      { method: 'FetchJWTSVID', request: { audience: [''] } },
      { method: 'ValidateJWTSVID', request: { audience: '', svid: 'x' } },
      {
        method: 'FetchJWTSVID',
        request: { audience: ['a'], spiffe_id: 'spiffe://acme.example/assistant/other/task/1' },
      },
    ).map(({ code }) => code);
    expect(codes).toEqual([...Array<number>(8).fill(grpc.invalidArgument), grpc.permissionDenied]);
  });

  test('is told of keys that are rotated', async () => {
    const task = new Inside('follower');
    const authorities = ([answer]: readonly Answer[]) =>
      bundlesOf(answer).map(([, set]) => bytes(set).length)[0] ?? 0;
    const before = authorities(await task.ask({ method: 'FetchJWTBundles', messages: 2 }));
    world.must('keys', 'rotate', 'jwt-svid');
    expect(authorities(await task.next(1))).toBeGreaterThan(before * 1.5);
    await task.end();
  });

  test('that was left behind by its parent is still of the task', () => {
    world.write(
      'orphan.sh',
      `(setsid ${command.join(' ')} env '${JSON.stringify(jwtRequest)}' >answer.tmp && mv answer.tmp answer.json) &
while [ ! -e answer.json ]; do sleep 0.1; done`,
    );
    world.must('exec', '--', 'sh', 'orphan.sh');
    expect(lines(world.read('answer.json'))[0]?.reply).toMatchObject({ svids: [{}] });
  });
});

describe('nobody else gets anything', () => {
  const refused = { method: 'FetchJWTSVID', code: grpc.permissionDenied };
  const tasks: Inside[] = [];
  let sessions: string[] = [];

  beforeAll(async () => {
    tasks.push(new Inside('one'));
    sessions = [];
    await tasks[0]?.ask(jwtRequest);
    sessions.push(...sessionFolders());
    tasks.push(new Inside('two'));
    await tasks[1]?.ask(jwtRequest);
    sessions.push(...sessionFolders().filter((name) => !sessions.includes(name)));
  });
  afterAll(async () => {
    for (const task of tasks) await task.end();
  });

  const identity = async (task: Inside | undefined) => {
    const [answer] = (await task?.ask(jwtRequest)) ?? [];
    return firstSvid(answer).spiffe_id;
  };

  test('one task has no way to the identity of another', async () => {
    const [one, two] = [await identity(tasks[0]), await identity(tasks[1])];
    expect(one).not.toBe(two);
    const [asked] =
      (await tasks[0]?.ask({ ...jwtRequest, request: { audience: ['a'], spiffe_id: two } })) ?? [];
    expect(asked).toMatchObject(refused);
    const [other] = inside({ ...jwtRequest, address: `unix://${socketOf(sessions[1] ?? '')}` });
    expect(other?.code).toBe(grpc.unavailable);
  });

  test('a process of the same user outside of every task, and that is on record', () => {
    expect(outside(socketOf(sessions[0] ?? ''))).toMatchObject([refused]);
    const alerts = world.json('log', 'search', '--type', 'alert') as {
      entry: { session: string; data: object };
    }[];
    const data = { kind: 'identity-refused', reason: 'the caller is outside of every sandbox' };
    expect(alerts.map(({ entry }) => [entry.session, entry.data])).toEqual([[sessions[0], data]]);
  });

  test("nor does the socket that all of the user's processes share give it away", async () => {
    const { claims } = (world.json('list') as { claims: { id: string } }[])[0] ?? { claims: { id: '' } };
    for (const [path, body] of Object.entries({
      '/v1/svids/jwt': { writ: claims.id, audience: ['a'], workload: null },
      '/v1/svids/x509': { writ: claims.id, publicKey: {}, workload: null },
      '/v1/leases': {},
      [`/v1/writs/${claims.id}/renew`]: {},
      [`/v1/writs/${claims.id}/close`]: { reason: 'not its guard' },
    })) {
      const answer = await post(join(world.writHome, 'run', 'writ.sock'), path, body);
      expect([answer.status, answer.code]).toEqual([403, 'guard_only']);
    }
  });

  test('what was issued is on record with the executable that asked', () => {
    interface Issued {
      readonly entry: {
        readonly data: { readonly workload: { readonly path: string; readonly sha256: string } };
      };
    }
    const [newest] = world.json('log', 'search', '--type', 'identity.issued') as Issued[];
    expect(newest?.entry.data.workload.path).toMatch(/node$/);
    expect(newest?.entry.data.workload.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  const socket = () => socketOf(sessions[0] ?? '');
  const process1 = () => processOf(sessions[0] ?? '');
  const ways: Readonly<Record<string, () => Answer[]>> = {
    'a process in a sandbox of its own making': () =>
      outside(socket(), [
        'bwrap',
        '--unshare-pid',
        '--bind',
        '/',
        '/',
        '--dev',
        '/dev',
        '--proc',
        '/proc',
        '--',
      ]),
    'a process whose parent has gone': () => outside(socket(), ['setsid', '--fork', '--wait']),
  };
  const waysOfRoot: Readonly<Record<string, () => Answer[]>> = {
    "root, by the path that leads into the sandbox's view": () =>
      outside(`/proc/${process1()}/root/run/writ/workload.sock`),
    "root, who enters the sandbox's namespaces": () =>
      outside(
        '/run/writ/workload.sock',
        ['nsenter', '-t', process1(), '-m', '-p', '-n', '-i', '-u', '--wd=/', '--'],
        readlinkSync(`/proc/${process1()}/exe`),
      ),
  };
  const tried = process.getuid?.() === 0 ? { ...ways, ...waysOfRoot } : ways;
  test.each(Object.entries(tried))('%s', (_, ask) => {
    expect(ask()).toMatchObject([refused]);
  });

  test('nor the task itself when its writ has ended', async () => {
    const { claims } = world.json('issue') as { claims: { id: string } };
    const task = new Inside('revoked', '--writ', claims.id);
    expect(firstSvid((await task.ask(jwtRequest))[0]).spiffe_id).toContain(claims.id);
    const [svid] = await task.ask({ method: 'FetchX509SVID', messages: 1 });
    expect(firstSvid(svid).spiffe_id).toContain(claims.id);
    const before = sessionFolders();
    world.must('revoke', claims.id, '--reason', 'to test');
    await expect(task.ask(jwtRequest)).rejects.toThrow('revoked has ended');
    await task.end();
    expect(sessionFolders().length).toBe(before.length - 1);
  });
});

test('a certificate is renewed when half of its time is over', () => {
  world.organisation((document) => document.setIn(['limits', 'svidTtl'], '2s'));
  world.must('down'); // so that the next start has that limit from its beginning
  const serials = inside({ method: 'FetchX509SVID', messages: 3 }).map(({ reply }) => {
    const [svid] = (reply as unknown as X509Reply | undefined)?.svids ?? [];
    return svid === undefined ? null : new X509Certificate(bytes(svid.x509_svid)).serialNumber;
  });
  expect(new Set(serials.filter((serial) => serial !== null)).size).toBe(3);
});

async function post(socketPath: string, path: string, body: object) {
  const outgoing = request({ socketPath, path, method: 'POST' });
  outgoing.end(JSON.stringify(body));
  const [message] = (await once(outgoing, 'response')) as [IncomingMessage];
  const { error } = (await json(message)) as { error: { code: string } };
  return { status: message.statusCode, code: error.code };
}

/** Some process of the session's sandbox, as this machine numbers it. */
function processOf(session: string): string {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`WRIT_SESSION=${session}`);
      } catch {
        return false;
      }
    });
  if (found === undefined) throw new Error(`${session} has no process`);
  return found;
}
