/** What goes on the log of one session's connections. A program that asks in a loop cannot fill it. */
import { endpointTarget } from '../../core/command/hosts.ts';
import type { Json } from '../../core/model/entry.ts';
import type { GuardRecord } from '../authority-port.ts';
import type { Outcome, Refusal, Ruled, Wanted } from './connection.ts';

export type EgressRecord = Pick<GuardRecord, 'type' | 'decision' | 'data'>;

/** Refusals that are told one by one; the rest are counted. */
const mostRefusals = 1000;
/** Of what a program sent as a host, UTF-16 units. */
const longestTarget = 300;

export class Ledger {
  readonly #write: (records: readonly EgressRecord[]) => Promise<void>;
  readonly #clock: () => number;
  readonly #refused = new Map<string, number>();
  #uncounted = 0;
  #connections = 0;

  constructor(write: (records: readonly EgressRecord[]) => Promise<void>, clock: () => number) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Durable when it resolves; what it was allowed for may begin then, and not before. */
  async opened(wanted: Wanted, ruled: Ruled): Promise<OpenedConnection> {
    this.#connections += 1;
    const facts = { connection: this.#connections, ...factsOf(wanted) };
    const { policies, policyVersion } = ruled;
    await this.#write([
      { type: 'egress.opened', decision: 'allow', data: { ...facts, policies, policyVersion } },
    ]);
    return new OpenedConnection(facts, this.#write, this.#clock);
  }

  /** @returns false where the same was refused before in this session */
  async refused(protocol: string, refusal: Refusal, policies: readonly string[]): Promise<boolean> {
    const { kind, decision, missing } = refusal;
    const target = refusal.target.toWellFormed().slice(0, longestTarget);
    const reason = refusal.reason.toWellFormed();
    const key = JSON.stringify([target, kind, reason]);
    const before = this.#refused.get(key);
    if (before !== undefined) {
      this.#refused.set(key, before + 1);
      return false;
    }
    if (this.#refused.size >= mostRefusals) {
      this.#uncounted += 1;
      return false;
    }
    this.#refused.set(key, 1);
    await this.#write([
      {
        type: 'egress.refused',
        decision,
        data: { target, protocol, kind, reason, missing, policies: [...policies] },
      },
    ]);
    return true;
  }

  /** At the session's end: how often each refused connection was asked for again. */
  async close(): Promise<void> {
    const again = [...this.#refused].filter(([, times]) => times > 1);
    if (again.length === 0 && this.#uncounted === 0) return;
    const told = again.slice(0, 100).map(([key, times]) => {
      const [target, , reason] = JSON.parse(key) as [string, string, string];
      return { target, reason, times };
    });
    const others = again.slice(100).reduce((sum, [, times]) => sum + times, this.#uncounted);
    await this.#write([
      { type: 'egress.refused', decision: 'deny', data: { kind: 'repeated', repeated: told, others } },
    ]);
  }
}

/** Puts on record what became of one request. */
export type AskedOnce = (outcome: Record<string, Json>) => Promise<void>;

/** From the entry that allowed a connection to the one that says what became of it. */
export class OpenedConnection {
  readonly #facts: Record<string, Json>;
  readonly #write: (records: readonly EgressRecord[]) => Promise<void>;
  readonly #clock: () => number;
  readonly #since: number;
  #closed = false;
  #requests = 0;

  constructor(
    facts: Record<string, Json>,
    write: (records: readonly EgressRecord[]) => Promise<void>,
    clock: () => number,
  ) {
    this.#facts = facts;
    this.#write = write;
    this.#clock = clock;
    this.#since = clock();
  }

  /** One request inside it. Durable when it resolves; it may go on then, and not before. */
  async request(more: Record<string, Json>): Promise<AskedOnce> {
    this.#requests += 1;
    const { connection = 0, target = '' } = this.#facts;
    const facts = { connection, target, request: this.#requests, ...more };
    await this.#write([{ type: 'egress.request', decision: 'allow', data: facts }]);
    const since = this.#clock();
    return async (outcome) => {
      const data = { ...facts, ...outcome, durationMs: this.#clock() - since };
      await this.#write([{ type: 'egress.answered', decision: null, data }]);
    };
  }

  /** @param more what was learned while it was open */
  async closed(
    outcome: Outcome | Refusal['kind'],
    bytes: { readonly address: string | null; readonly up: number; readonly down: number },
    more: Record<string, Json> = {},
  ): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const data = { ...this.#facts, ...bytes, durationMs: this.#clock() - this.#since, outcome, ...more };
    await this.#write([{ type: 'egress.closed', decision: null, data }]);
  }

  /** What somebody should look at. */
  async alert(kind: string, more: Record<string, Json>): Promise<void> {
    await this.#write([{ type: 'alert', decision: null, data: { kind, ...this.#facts, ...more } }]);
  }
}

function factsOf({ protocol, endpoint, request }: Wanted): Record<string, Json> {
  return {
    target: endpointTarget(endpoint),
    host: endpoint.host,
    port: endpoint.port,
    protocol,
    ...(request === null ? {} : { method: request.method, path: request.path.slice(0, 2000) }),
  };
}
