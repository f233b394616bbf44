/** From what was asked for to a connection that is made: decided, on record, resolved once, and to that address only. */
import { connect, type Socket } from 'node:net';
import { endpointTarget } from '../../core/command/hosts.ts';
import { parseAddress, whyRefused, type AddressRange } from '../../core/policy/addresses.ts';
import type { Refusal, Ruled, Wanted } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import type { Ledger, OpenedConnection } from './ledger.ts';
import { resolveInTime, type Resolve } from './names.ts';
import type { Pace } from './pace.ts';

/** What a session's connections stand on. */
export interface Way {
  readonly decide: (wanted: Wanted) => Promise<Ruled>;
  readonly resolve: Resolve;
  readonly ledger: Ledger;
  readonly pace: Pace;
  /** Told once of each thing that was refused. */
  readonly onRefused: (refusal: Refusal) => void;
  /** Told of each that is open, and how to end it: with the session, or where policy no longer allows it. */
  readonly onOpen: (connected: Connected, withdraw: AbortController) => void;
  /** Faults that have nobody to go to. */
  readonly report: (error: unknown) => void;
  /** Aborted when the session ends: nothing is connected any more. */
  readonly ended: AbortSignal;
}

export interface Connected {
  readonly wanted: Wanted;
  readonly upstream: Socket;
  readonly entry: OpenedConnection;
  /** What the name was found to mean. */
  readonly address: string;
  /** Aborted when it has to end before its time. */
  readonly stop: AbortSignal;
}

/** Milliseconds for all addresses together, and before the next one is tried as well. */
const connectPatience = 20_000;
const nextAddressAfter = 1000;

/** Never rejects: whatever goes wrong is a refusal. */
export async function connectOut(way: Way, wanted: Wanted): Promise<Connected | Refusal> {
  const target = endpointTarget(wanted.endpoint);
  const because = (kind: Refusal['kind'], reason: string, advice: string | null = null): Refusal => {
    return { kind, decision: 'deny', target, reason, missing: [], advice };
  };
  let entry: OpenedConnection | null = null;
  try {
    const ruled = await way.decide(wanted);
    if (ruled.decision !== 'allow') {
      const { decision, reason, missing, advice } = ruled;
      return await refuse(
        way,
        wanted.protocol,
        { kind: 'policy', decision, target, reason, missing, advice },
        ruled.policies,
      );
    }
    await way.pace.turn(way.ended);
    entry = await way.ledger.opened(wanted, ruled);
    const found = await addressesOf(way.resolve, wanted.endpoint, ruled.privateRanges);
    if ('refused' in found) {
      await entry.closed(found.kind, { address: found.address, up: 0, down: 0 });
      const refusal = because(found.kind, found.refused, found.advice);
      return found.kind === 'address' ? await refuse(way, wanted.protocol, refusal, []) : refusal;
    }
    const upstream = await dial(wanted.endpoint, found.addresses, way.ended).catch((error: Error) => error);
    if (upstream instanceof Error) {
      await entry.closed('unreachable', { address: found.addresses[0] ?? null, up: 0, down: 0 });
      return because('unreachable', faultOf(upstream));
    }
    const withdraw = new AbortController();
    const address = upstream.remoteAddress ?? '';
    const connected = { wanted, upstream, entry, address, stop: withdraw.signal };
    way.onOpen(connected, withdraw);
    return connected;
  } catch (error) {
    if (!way.ended.aborted) way.report(error);
    await entry?.closed('fault', { address: null, up: 0, down: 0 }).catch(way.report);
    return because('fault', 'it could not be decided and recorded, and nothing goes out unrecorded');
  }
}

/** Why a connection was ended from here. */
export function stopOutcome(way: Way): 'stopped' | 'withdrawn' {
  return way.ended.aborted ? 'stopped' : 'withdrawn';
}

/** Puts it on the log, tells of it, and hands it back. */
export async function refuse(
  way: Way,
  protocol: string,
  refusal: Refusal,
  policies: readonly string[],
): Promise<Refusal> {
  const isNew = await way.ledger.refused(protocol, refusal, policies);
  if (isNew) way.onRefused(refusal);
  return refusal;
}

type Found =
  | { readonly addresses: readonly string[] }
  | {
      readonly refused: string;
      readonly kind: 'address' | 'unreachable';
      readonly address: string | null;
      readonly advice: string | null;
    };

/** One address that must not be reached is enough to refuse the name: an honest answer does not hold it. */
async function addressesOf(
  resolve: Resolve,
  endpoint: Endpoint,
  named: readonly AddressRange[],
): Promise<Found> {
  const { host, address } = endpoint;
  let addresses: readonly string[];
  try {
    addresses = address === null ? await resolveInTime(resolve, host) : [host];
  } catch {
    addresses = [];
  }
  if (addresses.length === 0) {
    return { refused: 'the name has no address', kind: 'unreachable', address: null, advice: null };
  }
  for (const text of addresses) {
    const parsed = parseAddress(text);
    const why = parsed === null ? 'no address' : whyRefused(parsed, named);
    if (why === null) continue;
    return {
      refused: address === null ? `the name leads to ${text}, ${why}` : `it is ${why}`,
      kind: 'address',
      address: text,
      advice: `If it is meant, name it in organisation.yaml, under network.private: ${host}: ['${text}'].`,
    };
  }
  return { addresses };
}

async function dial(
  { host, port }: Endpoint,
  addresses: readonly string[],
  ended: AbortSignal,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({
    host,
    port,
    allowHalfOpen: true,
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: nextAddressAfter,
    // Whatever the name means by now: these addresses were looked at.
    lookup: (_name, _options, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
  });
  const timer = setTimeout(() => reject(new Error('no answer in time')), connectPatience);
  const stop = (): void => reject(new Error('the session ended'));
  ended.addEventListener('abort', stop);
  if (ended.aborted) stop();
  // Whoever has it next may not listen for errors yet.
  socket.on('error', reject).once('connect', () => resolve(socket));
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    ended.removeEventListener('abort', stop);
  }
}

function faultOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  return code === '' ? error.message || 'it cannot be reached' : `it cannot be reached (${code})`;
}
