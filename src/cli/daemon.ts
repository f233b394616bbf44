/** The embedded Writ: authority and guard in one process, speaking to each other over the same API as apart. */
import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { createAuthority, type Authority } from '../authority/authority.ts';
import { brokers } from '../authority/brokers/all.ts';
import { secretReader } from '../authority/brokers/broker.ts';
import { sealingKey } from '../authority/brokers/seal.ts';
import { issuerOf, type WritEnded } from '../authority/context.ts';
import { createAuthorityApp } from '../authority/http/app.ts';
import { openFileKeyStore } from '../authority/keys/file-key-store.ts';
import { publishPolicy } from '../authority/services/publish-policy.ts';
import { exportLog } from '../authority/store/export.ts';
import type { Store } from '../authority/store/port.ts';
import { openSqliteStore } from '../authority/store/sqlite.ts';
import { signingKey } from '../core/identity/keys.ts';
import { idRandomBytes, newId } from '../core/identity/ids.ts';
import { errorBody, WritError } from '../core/model/errors.ts';
import { signerFromSeed, type NoteSigner } from '../core/log/verifier-key.ts';
import { loadBundle, type Bundle } from '../core/policy/bundle.ts';
import { personByLogin } from '../core/policy/organisation.ts';
import { authorityClient, type Send } from '../guard/authority-client.ts';
import { enforcementReached } from '../guard/enforcement.ts';
import { endSessionsOf, forgetVerdicts, killSession, type Guard } from '../guard/guard.ts';
import { guardRoutes } from '../guard/http.ts';
import { TaskKeys } from '../guard/identity/task-keys.ts';
import { WritKeys } from '../guard/identity/writ-keys.ts';
import { TaskLimits } from '../guard/task-limits.ts';
import { launcherServer } from '../guard/launcher/server.ts';
import { detectMachine } from '../guard/sandbox/machine.ts';
import { systemPath } from '../guard/sandbox/environment.ts';
import { endSession, openSession } from '../guard/session.ts';
import { findToolchain } from '../guard/toolchain.ts';
import { readDatabaseUrl, type Configuration } from './configuration.ts';
import { launchSocketName, socketName } from './connection.ts';
import { acquireDaemonLock } from './daemon-lock.ts';
import type { DaemonStatus } from './daemon-client.ts';
import { readGovernance, stockGovernance } from './governance.ts';
import { GovernanceFolder } from './governance-folder.ts';
import { guardName, socketAddress, type Home } from './home.ts';
import { fromKeyring } from './keyring.ts';
import { loadOrCreateSeed } from './keys.ts';
import { say } from './output.ts';
import { currentLogin } from './people.ts';
import type { Listening } from './listen-address.ts';
import { keepProbing, startDoctor } from './probe-schedule.ts';

/** Runs until it is told to stop. Returns at once when another process holds this WRIT_HOME. */
export async function runDaemon(home: Home, configuration: Configuration): Promise<void> {
  const lock = acquireDaemonLock(home);
  if (lock === null) return;
  leaveMemoryOutOfCores();
  try {
    const signer = signerFromSeed(logOrigin, loadOrCreateSeed(home, 'log'));
    writeFileSync(home.verifierKey, `${signer.vkey}\n`);
    const authority = await openAuthority(home, configuration, signer);
    try {
      await serve(home, authority, signer, configuration);
    } finally {
      await authority.close();
    }
  } finally {
    lock.release();
  }
}

/** It holds keys and what tasks are lent (core(5), "Controlling which mappings are written to the core dump"). */
function leaveMemoryOutOfCores(): void {
  writeFileSync('/proc/self/coredump_filter', '0');
}

async function serve(
  home: Home,
  authority: Authority,
  signer: NoteSigner,
  { governance, database, listen: publicAddress, probeHours = 24 }: Configuration,
): Promise<void> {
  const folder = new GovernanceFolder(authority, governance);
  await folder.adopt();

  const app = new Hono();
  app.onError((error, context) => {
    report(error);
    const known = error instanceof WritError ? error : new WritError('unexpected', error.message);
    return context.json(errorBody(known), 409);
  });
  const routes = createAuthorityApp(authority.context, report);
  const login = currentLogin();
  const callerNow = () => personByLogin(organisationOf(authority), login);
  const toAuthority: Send = async (path, { method = 'GET', body, signal } = {}) =>
    routes.request(
      path,
      { method, ...(body === undefined ? {} : sized(body)), ...(signal === undefined ? {} : { signal }) },
      { caller: callerNow(), guard: true },
    );
  const versionInForce = () => authority.context.policy.bundle?.version;
  const guard = createGuard(home, governance, authorityClient(toAuthority), versionInForce);
  authority.context.events.on('ended', ({ writ, state, reason }: WritEnded) =>
    endSessionsOf(guard, writ, `the writ ${writ} is ${state}: ${reason}`),
  );
  authority.context.events.on('killed', ({ session, reason }) => killSession(guard, session, reason));
  authority.context.events.on('policy', () => forgetVerdicts(guard));
  const stopped = Promise.withResolvers<void>();
  let goingDown = false;
  app.route('/guard', guardRoutes(guard));
  app.mount('/v1', (request) => routes.fetch(request, { caller: callerNow() }));
  app.get('/daemon/status', async (context) =>
    context.json({
      ...(await describe(authority, guard, signer, folder)),
      store: database === undefined ? 'sqlite' : 'postgresql',
    }),
  );
  app.post('/daemon/policy', async (context) => {
    const { folder: named } = await context.req.json<{ folder: string }>();
    return context.json(await publishPolicy(authority.context, readGovernance(named), callerNow()));
  });
  app.post('/daemon/export', async (context) => {
    const { directory } = await context.req.json<{ directory: string }>();
    const { origin, size } = await exportLog(authority.context.store.log, directory);
    return context.json({ directory, origin, size });
  });
  app.post('/daemon/stop', (context) => {
    setImmediate(stopped.resolve);
    return context.body(null, 204);
  });

  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void answer(request, response));
  const launchers = launcherServer({
    async open(request, channel) {
      if (goingDown)
        throw new WritError('going_down', 'Writ is going down', { hint: 'Try again in a moment' });
      return openSession(guard, request, channel);
    },
    end: (session, end) => endSession(guard, session, end),
    used: (session, usage) => guard.sessions.get(session)?.task?.told(usage),
    report,
  });
  // First, since it can fail for reasons of the machine's, and then nothing else must be left open.
  const publicly = publicAddress === undefined ? null : await listenPublicly(authority, publicAddress);
  await listen(server, home, socketName);
  await listen(launchers, home, launchSocketName);
  folder.watch();
  const { log } = authority.context.store;
  using _probing = keepProbing({ log, intervalHours: probeHours, clock: Date.now, probe: startDoctor });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopped.resolve);
  say(`up for ${home.root}, process ${process.pid}`);
  await stopped.promise;

  await folder.close();
  goingDown = true;
  for (const session of guard.sessions.values())
    session.channel.send({ type: 'kill', reason: 'Writ is going down' });
  // Launchers report how their commands ended before nobody listens any more.
  await settled(() => guard.sessions.size === 0, 5000);
  let answered = false;
  launchers.close();
  publicly?.close();
  publicly?.closeAllConnections();
  server.close(() => (answered = true));
  await settled(() => answered, 1000);
  server.closeAllConnections();
  await settled(() => guard.sessions.size === 0, 2000);
}

/** Origin of the log: what its checkpoints are signed for. */
const logOrigin = 'writ.local/log';

async function openAuthority(
  home: Home,
  { database }: Configuration,
  signer: NoteSigner,
): Promise<Authority> {
  const store =
    database === undefined
      ? await openSqliteStore({ path: home.database, signer })
      : await openPostgres(readDatabaseUrl(database), signer);
  return createAuthority({
    store,
    writKey: signingKey(loadOrCreateSeed(home, 'writ')),
    keyStore: openFileKeyStore(join(home.keys, 'svid')),
    leasing: {
      brokers,
      sealingKey: sealingKey(loadOrCreateSeed(home, 'seal')),
      secret: secretReader(process.env, fromKeyring),
    },
    stock: stockGovernance(),
    clock: Date.now,
    random: randomBytes,
    report,
    embeddedGuard: guardName(home),
  });
}

/** Loaded only where it is asked for. */
async function listenPublicly({ context }: Authority, address: Listening): Promise<HttpServer> {
  const { startPublicListener } = await import('./public-listener.ts');
  return startPublicListener(context, address, report);
}

/** Its driver is loaded only where it is used. */
async function openPostgres(connectionString: string, signer: NoteSigner): Promise<Store> {
  const { openPostgresStore } = await import('../authority/store/postgres.ts');
  return openPostgresStore({ connectionString, signer });
}

/** With its length, or the routes would read it once more to know that it is not too long. */
function sized(body: unknown): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const text = JSON.stringify(body);
  return { body: text, headers: { 'content-length': String(Buffer.byteLength(text)) } };
}

/** @param versionInForce of the authority in this process, so that the policy is not asked for with every use */
function createGuard(
  home: Home,
  governance: string,
  authority: Guard['authority'],
  versionInForce: () => string | undefined,
): Guard {
  const machine = detectMachine();
  const callerPath = (process.env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const toolchain = findToolchain(callerPath, machine.systemDirectories);
  let parsed: { version: string; bundle: Bundle } | null = null;
  return {
    name: guardName(home),
    authority,
    machine,
    clock: Date.now,
    newId: (prefix) => newId(prefix, Date.now(), randomBytes(idRandomBytes)),
    taskKeys: new TaskKeys(),
    writKeys: new WritKeys(authority),
    tasks: new TaskLimits(Date.now),
    searchPath: [...toolchain.searchPath, ...systemPath],
    callerPath,
    toolchain,
    environment: process.env,
    governance,
    stateDirectory: home.root,
    runDirectory: home.run,
    sessions: new Map(),
    report,
    async bundle() {
      if (parsed !== null && parsed.version === versionInForce()) return parsed.bundle;
      const { version, files } = await authority.policy(parsed?.version ?? null);
      if (parsed === null || (files !== null && parsed.version !== version)) {
        const { bundle } = loadBundle(files ?? {}, stockGovernance());
        if (bundle === null) throw new Error('the authority gave out a policy that does not load');
        parsed = { version, bundle };
      }
      return parsed.bundle;
    },
  };
}

function organisationOf({ context }: Authority) {
  return context.policy.bundle?.organisation ?? { people: {} };
}

async function describe(
  authority: Authority,
  guard: Guard,
  signer: NoteSigner,
  folder: GovernanceFolder,
): Promise<Omit<DaemonStatus, 'store'>> {
  const { policy, store } = authority.context;
  return {
    pid: process.pid,
    version: '0.1.0',
    startedAt: Math.round(performance.timeOrigin),
    governance: folder.path,
    governanceFault: folder.fault,
    policyVersion: policy.bundle?.version ?? '',
    policyProblems: policy.problems,
    sessions: guard.sessions.size,
    logSize: await store.log.size(),
    origin: signer.name,
    verifierKey: signer.vkey,
    enforcement: enforcementReached(guard.machine),
    sandbox: describeConfinement(guard.machine),
    issuer: policy.bundle === null ? null : issuerOf(authority.context),
  };
}

function describeConfinement({ bubblewrap, confinement, architecture }: Guard['machine']): string {
  const means =
    confinement.kind === 'namespaces'
      ? `bubblewrap ${bubblewrap.version}`
      : `in place, without namespaces: Landlock ABI ${confinement.landlockAbi}`;
  return `${means}, seccomp on ${architecture}`;
}

async function listen(server: Server, home: Home, name: string): Promise<void> {
  rmSync(join(home.run, name), { force: true });
  const address = socketAddress(home, name);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(address.path, resolve);
  });
  address.release();
  chmodSync(join(home.run, name), 0o600);
}

async function settled(condition: () => boolean, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!condition() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
}

function report(error: unknown): void {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
