/** What is asked of the proxy, and how it ends. */
import type { Verdict } from '../../core/model/decision.ts';
import type { AddressRange } from '../../core/policy/addresses.ts';
import type { Endpoint } from './endpoint.ts';

export type Protocol = 'connect' | 'socks5' | 'http';

/** One connection, or one plain HTTP request, that a program inside asks for. */
export interface Wanted {
  readonly protocol: Protocol;
  readonly endpoint: Endpoint;
  /** Of plain HTTP, where alone it can be seen. */
  readonly request: { readonly method: string; readonly path: string } | null;
}

/** Policy's answer. */
export interface Ruled {
  readonly decision: Verdict;
  readonly policies: readonly string[];
  readonly missing: readonly string[];
  /** A clause. */
  readonly reason: string;
  readonly advice: string | null;
  readonly policyVersion: string;
  /** Addresses beyond the public ones that the host may lead to. */
  readonly privateRanges: readonly AddressRange[];
}

export const refusalKinds = ['malformed', 'policy', 'request', 'address', 'unreachable', 'fault'] as const;

/** Why nothing is connected. */
export interface Refusal {
  readonly kind: (typeof refusalKinds)[number];
  readonly decision: Exclude<Verdict, 'allow'>;
  /** Where to, as people read it. */
  readonly target: string;
  /** A clause. */
  readonly reason: string;
  readonly missing: readonly string[];
  readonly advice: string | null;
}

/** How a connection that was made came to its end. */
export type Outcome =
  | 'closed'
  /** One side went without saying so. */
  | 'broken'
  | 'idle'
  /** The session ended, or its writ. */
  | 'stopped'
  /** Policy no longer allows it. */
  | 'withdrawn'
  /** What was said inside is not for the host that was asked for. */
  | 'mismatch';
