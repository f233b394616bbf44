/** Puts the authority together: store, keys, policy and the clockwork that ends what is over. */
import { EventEmitter } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { SigningKey } from '../core/identity/keys.ts';
import { stockSchedule } from '../core/identity/svid-keys.ts';
import type { StockGovernance } from '../core/policy/bundle.ts';
import type { Leasing } from './brokers/broker.ts';
import type { AuthorityContext, AuthorityEvents } from './context.ts';
import type { KeyStore } from './keys/key-store.ts';
import { RecentNames } from './recent-names.ts';
import { endLostSessions } from './services/end-lost-sessions.ts';
import { expireApprovals } from './services/expire-approvals.ts';
import { expireWrits } from './services/expire-writs.ts';
import { restorePolicy } from './services/publish-policy.ts';
import { refreshKeys, restoreKeys, rotateByTime } from './services/signing-keys.ts';
import { revokeLostLeases } from './services/revoke-leases.ts';
import { settleLeases } from './services/settle-leases.ts';
import type { Store } from './store/port.ts';

const sweepEveryMs = 500;
/** At what other authorities did, and at tokens that need no remembering. */
const lookAtIdentityEveryMs = 60_000;
const settleEveryMs = 100;
/** On going down: what is not confirmed by then stays queued for the next start. */
const lastSettlingMs = 5000;
const endedSessionsKnown = 100_000;

export interface AuthorityOptions {
  readonly store: Store;
  readonly writKey: SigningKey;
  /** Holds what SVIDs are signed with. */
  readonly keyStore: KeyStore;
  readonly stock: StockGovernance;
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly leasing: Leasing;
  readonly report: (error: unknown) => void;
  /** Guard in this same process: what it ran before ended with it. */
  readonly embeddedGuard?: string;
}

export interface Authority {
  readonly context: AuthorityContext;
  close(): Promise<void>;
}

export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  const { store, writKey, keyStore, stock, clock, random, leasing } = options;
  const events = new EventEmitter<AuthorityEvents>();
  events.setMaxListeners(0);
  const context: AuthorityContext = {
    store,
    clock,
    random,
    writKey,
    stock,
    events,
    policy: { bundle: null, files: {}, problems: 0, rejected: null },
    endedSessions: new RecentNames(endedSessionsKnown),
    identity: {
      keyStore,
      holder: options.embeddedGuard ?? 'authority',
      schedule: stockSchedule,
      keys: [],
      rotation: Promise.resolve(),
      listener: null,
    },
    leasing,
  };
  await restorePolicy(context);
  await restoreKeys(context);
  if (options.embeddedGuard !== undefined) {
    await endLostSessions(context, options.embeddedGuard);
    await revokeLostLeases(context, options.embeddedGuard);
  }
  const sweeper = startSweeper(context, options.report);
  const settler = startSettler(context, options.report);
  return {
    context,
    async close() {
      await sweeper.stop();
      await settler.stop();
      await store.close();
    },
  };
}

/** One sweep after the other, never two at once. */
function startSweeper(
  context: AuthorityContext,
  report: (error: unknown) => void,
): { stop(): Promise<void> } {
  const lookedAt = { at: context.clock() };
  let sweep = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    sweep = expireWrits(context)
      .then(() => expireApprovals(context))
      .then(() => tendIdentity(context, lookedAt))
      .catch(report)
      .finally(() => {
        busy = false;
      });
  }, sweepEveryMs);
  return {
    async stop() {
      clearInterval(timer);
      await sweep;
    },
  };
}

/** Without a policy there is no trust domain yet, and nothing to tend. */
async function tendIdentity(context: AuthorityContext, lookedAt: { at: number }): Promise<void> {
  if (context.policy.bundle === null) return;
  await rotateByTime(context);
  const now = context.clock();
  if (now - lookedAt.at < lookAtIdentityEveryMs) return;
  lookedAt.at = now;
  await refreshKeys(context);
  await context.store.commit((unit) => unit.forgetSpent(now));
}

/** Passes overlap, so that an upstream that hangs does not keep others waiting. */
function startSettler(
  context: AuthorityContext,
  report: (error: unknown) => void,
): { stop(): Promise<void> } {
  const busy = new Set<string>();
  const passes = new Set<Promise<void>>();
  const pass = () => {
    const one = settleLeases(context, busy)
      .catch(report)
      .finally(() => passes.delete(one));
    passes.add(one);
  };
  const timer = setInterval(pass, settleEveryMs);
  return {
    async stop() {
      const until = Date.now() + lastSettlingMs;
      while (Date.now() < until && (await isQueued(context))) await setTimeout(settleEveryMs / 2);
      clearInterval(timer);
      await Promise.all(passes);
    },
  };
}

async function isQueued({ store }: AuthorityContext): Promise<boolean> {
  const queue = await store.leases({ states: ['revoking'], limit: 1 });
  return queue.length > 0;
}
