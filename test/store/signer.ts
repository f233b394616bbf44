import { signerFromSeed } from '../../src/core/log/verifier-key.ts';

export const signer = signerFromSeed('test.example/log', new Uint8Array(32).fill(3));
