/** What every kind of credential is to the authority: issued, renewed, described, and above all revoked. */
import { readFile } from 'node:fs/promises';
import type { KeyObject } from 'node:crypto';
import type { BrokerKind, Handle, Lease, Reach } from '../../core/model/lease.ts';
import { WritError } from '../../core/model/errors.ts';
import type { Json } from '../../core/model/entry.ts';
import type { WritClaims } from '../../core/model/writ.ts';
import type { Credential, CredentialOf, SecretSource } from '../../core/policy/credentials.ts';

/** What a broker may use beside its settings. */
export interface Upstream {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** @throws WritError `upstream_secret_missing`, without saying more than where it was looked for */
  readonly secret: (source: SecretSource) => Promise<string>;
  /**
   * A token that says which task asks (JWT-SVID), for this audience.
   * @param subject `assistant` where the upstream knows none but lasting subjects: the task stands in another claim
   */
  readonly identity: (audience: string, subject?: 'assistant') => Promise<string>;
  /** Aborts when nobody waits for the answer any more: then nothing may come into being upstream. */
  readonly signal: AbortSignal;
}

export interface Order {
  readonly lease: string;
  readonly claims: WritClaims;
  readonly expiresAt: number;
  /** What the guard brings along, such as a public key. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Issued {
  /** For the guard, in whose memory it stays. */
  readonly secret: Readonly<Record<string, Json>>;
  readonly handle: Handle;
  /** Of the credential itself, upstream. */
  readonly expiresAt: number;
  /** Without which it cannot be revoked, where a handle is not enough; stored encrypted. */
  readonly toSeal: string | null;
}

/** Each member may throw WritError with a message for people; other errors are told by their code alone. */
export interface Broker<Settings extends Credential = Credential> {
  /** Upstream nobody needs to do anything for it to be dead at its expiry. */
  readonly endsByItself: boolean;
  describe(settings: Settings, claims: WritClaims): Reach;
  /** Refuses what cannot be ordered, and gives the handle as far as it is known before the upstream is asked. */
  prepare(settings: Settings, order: Order, upstream: Pick<Upstream, 'random'>): Handle;
  /** @param note puts on record what is known so far, before the upstream is asked for more */
  issue(
    settings: Settings,
    order: Order,
    handle: Handle,
    upstream: Upstream,
    note: (known: Pick<Issued, 'handle' | 'toSeal'>) => Promise<void>,
  ): Promise<Issued>;
  /** The same credential for longer; null where a new one is asked for instead. */
  readonly renew:
    ((settings: Settings, lease: Lease, expiresAt: number, upstream: Upstream) => Promise<void>) | null;
  /**
   * Resolves when the upstream confirms that the credential, whole, half or never made, is dead. Again is harmless.
   * @param unsealed what `toSeal` was
   */
  revoke(settings: Settings, lease: Lease, unsealed: string | null, upstream: Upstream): Promise<void>;
}

export type Brokers = { readonly [Kind in BrokerKind]: Broker<CredentialOf<Kind>> };

/** What leases stand on, beside the rest of the authority. */
export interface Leasing {
  readonly brokers: Brokers;
  readonly sealingKey: KeyObject;
  readonly secret: Upstream['secret'];
}

const largestSecret = 64 * 1024;

/**
 * Secrets of the authority's own: from files, its environment, or the user's keyring.
 * @param keyring the content of the key that is described so
 */
export function secretReader(
  environment: Readonly<Record<string, string | undefined>>,
  keyring: (description: string) => Promise<string | undefined> = async () => undefined,
): Upstream['secret'] {
  const lookedUp = async (source: SecretSource): Promise<string | undefined> => {
    if ('file' in source) return readFile(source.file, 'utf8').catch(() => undefined);
    return 'keyring' in source ? keyring(source.keyring) : environment[source.environment];
  };
  return async (source) => {
    const secret = (await lookedUp(source))?.replace(/\r?\n$/, '') ?? '';
    if (secret !== '' && secret.length <= largestSecret) return secret;
    throw new WritError(
      'upstream_secret_missing',
      `the upstream's secret cannot be read from ${placeOf(source)}`,
      { hint: 'Writ reads it as its own user and in the environment it was started with.' },
    );
  };
}

function placeOf(source: SecretSource): string {
  if ('file' in source) return source.file;
  return 'keyring' in source
    ? `the key ${source.keyring} of the user's keyring`
    : `the variable ${source.environment}`;
}
