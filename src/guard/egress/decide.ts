/** A connection as policy sees it: the same kind of request as the one that analysis makes of a command's text. */
import { endpointTarget } from '../../core/command/hosts.ts';
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
  // Somebody approved a command with this host in its text: so far as policy asks for that, it may go there.
  const evidence = session.announced.evidenceForConnection(target);
  const { operations, policyVersion } = decideCommand(bundle, task, [operation], evidence, guard.clock());
  const [ruled] = operations;
  if (ruled === undefined) throw new Error('one operation has one decision');
  return {
    ...ruled,
    policyVersion,
    privateRanges: privateRangesOf(bundle.organisation.network, endpoint),
  };
}

/** Over https, which is how git takes a proxy. */
function isOrigin(remote: string, { host, port }: Endpoint): boolean {
  const [, name = '', given] = /^(\[[^\]]*\]|[^:/]+)(?::(\d+))?\//.exec(remote) ?? [];
  return name.replace(/^\[|\]$/g, '') === host && (given === undefined ? httpsPort : Number(given)) === port;
}
