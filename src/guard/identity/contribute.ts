/** Brings the Workload API into a session: its socket, and the variable that clients look for. */
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { taskId } from '../../core/identity/spiffe-id.ts';
import { WritError } from '../../core/model/errors.ts';
import type { Contribution } from '../contribution.ts';
import type { Guard } from '../guard.ts';
import { listenPrivately } from '../private-socket.ts';
import type { Session } from '../session.ts';
import { attest } from './attest.ts';
import type { TaskAccess } from './workload-api.ts';

const socketName = 'workload.sock';
const insideSocket = '/run/writ/workload.sock';
const mostConnections = 64;
/** Documents in a minute; each is a record of its own on the log. */
const mostDocuments = 600;

/** What was recorded of a session's refusals. */
const alerts = new WeakMap<Session, Set<string>>();

export async function contributeIdentity(
  guard: Guard,
  session: Session,
  folder: string,
): Promise<Contribution> {
  // Its supervisor connects for a command that runs in place, so that nobody could say who asks.
  if (guard.machine.confinement.kind === 'in-place') return { environment: {}, binds: [] };
  const spend = limiter(guard.clock);
  // Nothing may be read before the other end is known, so that the connection can be shown to another process.
  const server = createServer({ pauseOnConnect: true }, (connection) => {
    connection.on('error', () => connection.destroy());
    serve(guard, session, connection, spend).catch((error: unknown) => {
      guard.report(error);
      connection.destroy();
    });
  });
  server.maxConnections = mostConnections;
  const connections = new Set<Socket>();
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  await listenPrivately(server, join(folder, socketName));
  session.cleanUp.push(async () => {
    server.close();
    for (const connection of connections) connection.destroy();
    if (session.ownsWrit) guard.taskKeys.forget(session.writ.claims.taskKey);
  });
  return {
    environment: { SPIFFE_ENDPOINT_SOCKET: `unix://${insideSocket}` },
    binds: [{ source: join(folder, socketName), target: insideSocket, mode: 'ro' }],
  };
}

async function serve(guard: Guard, session: Session, connection: Socket, spend: () => void): Promise<void> {
  const access = await accessOf(guard, session, connection, spend);
  // gRPC is loaded when the first task asks for its identity, not with every start.
  const { serveWorkloadApi } = await import('./workload-api.ts');
  if (!connection.destroyed) serveWorkloadApi(connection, access, guard.report);
}

async function accessOf(
  guard: Guard,
  session: Session,
  connection: Socket,
  spend: () => void,
): Promise<TaskAccess | null> {
  const { launcher } = session.channel;
  if (launcher === null || session.ended) return null;
  const attested = await attest(guard.machine.writExec, connection, launcher);
  if (attested.workload === null) {
    if (attested.stranger) await alertOnce(guard, session, attested.refused);
    return null;
  }
  const { id, assistant, taskKey } = session.writ.claims;
  const { trustDomain } = await guard.authority.trustAnchors();
  return {
    authority: guard.authority,
    writ: id,
    id: taskId(trustDomain, assistant, id),
    key: guard.taskKeys.get(taskKey),
    workload: attested.workload,
    clock: guard.clock,
    spend,
  };
}

/** Somebody who is not of the task has found its socket: on record, but not as often as they please. */
async function alertOnce(guard: Guard, session: Session, reason: string): Promise<void> {
  guard.report(`an identity of ${session.id} was asked for in vain: ${reason}`);
  const told = alerts.get(session) ?? new Set();
  if (told.has(reason)) return;
  alerts.set(session, told.add(reason));
  const { id: writ } = session.writ.claims;
  const data = { kind: 'identity-refused', reason };
  const alert = { type: 'alert', writ, session: session.id, command: null, decision: null, data } as const;
  await guard.authority.record([alert]);
}

function limiter(clock: () => number): () => void {
  let minute = 0;
  let spent = 0;
  return () => {
    const now = Math.floor(clock() / 60_000);
    if (now !== minute) [minute, spent] = [now, 0];
    spent += 1;
    if (spent <= mostDocuments) return;
    throw new WritError(
      'identity_too_often',
      `the task asked for more than ${mostDocuments} documents in a minute`,
    );
  };
}
