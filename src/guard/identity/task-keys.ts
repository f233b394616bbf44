/** Key pairs of tasks, in memory alone: what a writ binds as its task key is the thumbprint of one of these. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { ecThumbprint, jwkOf, type EcPublicJwk } from '../../core/identity/ec-key.ts';

export interface TaskKey {
  readonly publicKey: EcPublicJwk;
  readonly privateKey: KeyObject;
}

/** Writs that were asked for and never used would otherwise pile up. */
const mostKept = 10_000;

export class TaskKeys {
  readonly #keys = new Map<string, TaskKey>();

  /** Returns its RFC 7638 thumbprint. */
  create(): string {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = jwkOf(publicKey);
    const thumbprint = ecThumbprint(jwk);
    const [oldest] = this.#keys.keys();
    if (oldest !== undefined && this.#keys.size >= mostKept) this.#keys.delete(oldest);
    this.#keys.set(thumbprint, { publicKey: jwk, privateKey });
    return thumbprint;
  }

  /** Null where it was made by another guard, or before this one started. */
  get(thumbprint: string): TaskKey | null {
    return this.#keys.get(thumbprint) ?? null;
  }

  forget(thumbprint: string): void {
    this.#keys.delete(thumbprint);
  }
}
