/** What a session was lent of one credential: asked for at its first use, in memory alone, kept alive while it runs. */
import type { LentAnswer } from '../../core/api/lease.ts';
import { WritError } from '../../core/model/errors.ts';
import type { AuthorityPort } from '../authority-port.ts';

export type Lent = Extract<LentAnswer, { secret: unknown }>;

export interface HolderOptions {
  readonly authority: AuthorityPort;
  readonly clock: () => number;
  readonly writ: string;
  readonly session: string;
  readonly credential: string;
  /** The same credential can be had for longer; else a new one is asked for near its end. */
  readonly renews: boolean;
  /** What the authority needs for it, such as a public key. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Told each secret as soon as it is held. */
  readonly onLent?: (secret: unknown) => void;
}

/** A credential that would die within this time is not handed to a new use. */
const leastLeftMs = 5000;
const shortestWaitMs = 1000;
const longestWaitMs = 2 ** 31 - 1;

export class LeaseHolder {
  readonly #options: HolderOptions;
  #lent: Promise<Lent> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: HolderOptions) {
    this.#options = options;
  }

  /**
   * For one use, which policy has decided and the log holds.
   * @throws WritError `credential_refused`, or as the authority said it
   */
  async use(): Promise<Lent> {
    const { lent, asked, isNew } = await this.#current();
    if (isNew) return lent;
    try {
      await this.#options.authority.useLease(lent.lease.id);
      return lent;
    } catch (error) {
      // Somebody took it back: whether there is another one is for policy to say.
      if (!(error instanceof WritError) || error.code !== 'lease_ended') throw error;
      this.#drop(asked);
      return this.use();
    }
  }

  /** What is held, without using it; asked for where nothing is. @throws as `use` */
  async held(): Promise<Lent> {
    return (await this.#current()).lent;
  }

  /** Asks once at a time: uses that come meanwhile wait for the same lease. */
  async #current(): Promise<{ readonly lent: Lent; readonly asked: Promise<Lent>; readonly isNew: boolean }> {
    if (this.#closed) throw refused('the session has ended', null);
    const known = this.#lent;
    const asked = known ?? this.#request();
    this.#lent = asked;
    try {
      const lent = await asked;
      if (known === null || this.#lasts(lent)) return { lent, asked, isNew: known === null };
    } catch (error) {
      this.#drop(asked);
      throw error;
    }
    this.#drop(asked);
    return this.#current();
  }

  #drop(asked: Promise<Lent>): void {
    if (this.#lent === asked) this.#lent = null;
  }

  /** Nothing is handed out any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #lasts({ lease }: Lent): boolean {
    return lease.expiresAt - this.#options.clock() > leastLeftMs;
  }

  async #request(): Promise<Lent> {
    const { authority, writ, session, credential, parameters = {} } = this.#options;
    const answer = await authority.requestLease({ writ, session, credential, parameters });
    if ('refusal' in answer) throw refused(answer.refusal.reason, answer.refusal.advice);
    this.#options.onLent?.(answer.secret);
    if (this.#options.renews) this.#keepRenewed(answer.lease.id, answer.lease.expiresAt);
    return answer;
  }

  #keepRenewed(id: string, expiresAt: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const wait = Math.max((expiresAt - this.#options.clock()) * (2 / 3), shortestWaitMs);
    this.#timer = setTimeout(() => void this.#renew(id), Math.min(wait, longestWaitMs));
    this.#timer.unref();
  }

  async #renew(id: string): Promise<void> {
    try {
      const { expiresAt } = await this.#options.authority.renewLease(id);
      const held = await this.#lent;
      if (held?.lease.id !== id) return;
      this.#lent = Promise.resolve({ ...held, lease: { ...held.lease, expiresAt } });
      this.#keepRenewed(id, expiresAt);
    } catch {
      // Not renewed: it ends in its time, and the next use asks for another.
    }
  }
}

function refused(reason: string, advice: string | null): WritError {
  return new WritError('credential_refused', reason, advice === null ? {} : { hint: advice });
}
