/** What writs are verified with: asked for once, and again when a writ names a key that is not known yet. */
import type { KeyObject } from 'node:crypto';
import { verificationKeys } from '../../core/identity/keys.ts';
import { verifyWrit } from '../../core/identity/writ-token.ts';
import { WritError } from '../../core/model/errors.ts';
import type { WritClaims } from '../../core/model/writ.ts';
import type { AuthorityPort } from '../authority-port.ts';

export class WritKeys {
  readonly #authority: Pick<AuthorityPort, 'keys'>;
  #known: ReadonlyMap<string, KeyObject> = new Map();

  constructor(authority: Pick<AuthorityPort, 'keys'>) {
    this.#authority = authority;
  }

  /** @throws WritError<WritTokenErrorCode> */
  async verify(token: string, now: number): Promise<WritClaims> {
    try {
      return verifyWrit(token, this.#known, now);
    } catch (error) {
      if (!(error instanceof WritError) || error.code !== 'token_key_unknown') throw error;
    }
    const { keys } = await this.#authority.keys();
    this.#known = verificationKeys(keys);
    return verifyWrit(token, this.#known, now);
  }
}
