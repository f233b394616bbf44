/** A connection as policy sees it: the same kind of request as the one that analysis makes of a command's text. */
import { endpointTarget } from '../../core/command/hosts.ts';
import type { Evidence } from '../../core/model/evidence.ts';
import type { ConnectOperation } from '../../core/model/operation.ts';
import { decideCommand } from '../../core/policy/decide.ts';
import { privateRangesOf } from '../../core/policy/network.ts';
import type { Guard } from '../guard.ts';
import { describeTask } from '../place.ts';
import type { Session } from '../session.ts';
import type { Ruled, Wanted } from './connection.ts';
import type { Endpoint } from './endpoint.ts';

const httpsPort = 443;

export async function decideConnection(guard: Guard, session: Session, wanted: Wanted): Promise<Ruled> {
  const bundle = await guard.bundle();
  const { endpoint, request } = wanted;
  const target = endpointTarget(endpoint);
  const operation: ConnectOperation = {
    kind: 'connect',
    target,
    host: endpoint.host,
    port: endpoint.port,
    also: isOrigin(session.place.repository.remote, endpoint) ? ['remote:origin'] : [],
    ...(request === null ? {} : { request }),
    by: 'egress',
    span: { start: 0, end: 0 },
  };
  const task = describeTask(session.writ, session.place);
  const evidence = evidenceFor(session, target);
  const { operations, policyVersion } = decideCommand(bundle, task, [operation], evidence, guard.clock());
  const [ruled] = operations;
  if (ruled === undefined) throw new Error('one operation has one decision');
  return {
    ...ruled,
    policyVersion,
    privateRanges: privateRangesOf(bundle.organisation.network, endpoint),
  };
}

/** Somebody approved the command with the host that its text names: for that host the approval holds while it runs. */
function evidenceFor({ answer }: Session, target: string): readonly Evidence[] {
  const named = answer?.decision.operations.some(
    ({ operation }) => operation.kind === 'connect' && operation.target === target,
  );
  return named === true ? (answer?.evidence ?? []).map((one) => ({ ...one, expiresAt: Infinity })) : [];
}

/** Over https, which is how git takes a proxy. */
function isOrigin(remote: string, { host, port }: Endpoint): boolean {
  const [, name = '', given] = /^(\[[^\]]*\]|[^:/]+)(?::(\d+))?\//.exec(remote) ?? [];
  return name.replace(/^\[|\]$/g, '') === host && (given === undefined ? httpsPort : Number(given)) === port;
}
