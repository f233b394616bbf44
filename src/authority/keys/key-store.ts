/** Where private keys are held. A KMS or a PKCS #11 token can stand behind this: nothing ever comes out but signatures. */
import type { EcPublicJwk } from '../../core/identity/ec-key.ts';

export interface HeldKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly publicKey: EcPublicJwk;
}

export interface KeyStore {
  /** A new key on P-256; durable when this resolves. */
  create(): Promise<HeldKey>;
  list(): Promise<readonly string[]>;
  /** ECDSA with SHA-256 over the message: r and s, 32 bytes each. @throws WritError `key_missing` */
  sign(kid: string, message: Uint8Array): Promise<Uint8Array>;
  /** Destroys it; of one that is not there, nothing happens. */
  remove(kid: string): Promise<void>;
}
