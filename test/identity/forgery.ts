/** Tokens as somebody would forge, bend or reuse them. Each starts from one that is good in every way. */
import { createHmac, createSign, generateKeyPairSync, sign as signWith, type KeyObject } from 'node:crypto';
import { keysInForce } from '../../src/authority/services/signing-keys.ts';
import { publicKeyOf } from '../../src/core/identity/ec-key.ts';
import type { World } from '../authority/world.ts';

type Members = Readonly<Record<string, unknown>>;

export interface Good {
  readonly token: string;
  readonly header: Members;
  readonly claims: Members;
}

type Signer = (input: string) => Promise<Uint8Array> | Uint8Array;

export const encode = (text: string | Uint8Array) => Buffer.from(text).toString('base64url');

/** Members in the order of their names, as our own tokens have them. */
export function canonical(members: Members): string {
  const sorted = Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}

export function read(token: string): Good {
  const [header = '', claims = ''] = token.split('.');
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Members;
  return { token, header: parse(header), claims: parse(claims) };
}

async function build(header: string, claims: string | Uint8Array, sign: Signer): Promise<string> {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${encode(await sign(input))}`;
}

/** What of the issuer's own the forgers have: its public key, and for the worst of cases its private one. */
export class Forge {
  readonly #world: World;
  readonly #good: Good;
  readonly #strange = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  constructor(world: World, good: Good) {
    this.#world = world;
    this.#good = good;
  }

  /** With the issuer's own key: what only its strictness keeps out. */
  signed(claims: string | Uint8Array, header: Members = {}): Promise<string> {
    return build(canonical({ ...this.#good.header, ...header }), claims, this.#ours);
  }

  claims(changes: Members): Promise<string> {
    return this.signed(canonical({ ...this.#good.claims, ...changes }));
  }

  header(changes: Members): Promise<string> {
    return this.signed(canonical(this.#good.claims), changes);
  }

  rawHeader(header: string): Promise<string> {
    return build(header, canonical(this.#good.claims), this.#ours);
  }

  /** As the issuer's header says, or says otherwise, with a signature made elsewhere. */
  elsewhere(sign: Signer, header: Members = {}): Promise<string> {
    return build(canonical({ ...this.#good.header, ...header }), canonical(this.#good.claims), sign);
  }

  readonly strangeKey: Signer = (input) => es256(input, this.#strange.privateKey);
  readonly rsaKey: Signer = (input) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return createSign('sha256').update(input).sign(privateKey);
  };
  get strangeJwk(): Members {
    return { ...this.#strange.publicKey.export({ format: 'jwk' }) };
  }

  /** With the CA's key, which is published as well but signs no tokens. */
  readonly caKey: Signer = (input) =>
    this.#world.context.identity.keyStore.sign(this.caKid, Buffer.from(input));
  get caKid(): string {
    return this.#key('x509-svid').kid;
  }

  /** The public key in each form in which somebody may mistake it for a secret. */
  hmac(form: 'pem' | 'der' | 'jwk' | 'point', hash = 'sha256'): Signer {
    const { publicKey } = this.#key('jwt-svid');
    const key = publicKeyOf(publicKey);
    const point = ['x', 'y'].map((one) => Buffer.from(publicKey[one as 'x' | 'y'], 'base64url'));
    const secrets = {
      pem: () => key.export({ format: 'pem', type: 'spki' }),
      der: () => key.export({ format: 'der', type: 'spki' }),
      jwk: () => JSON.stringify(publicKey),
      point: () => Buffer.concat([Buffer.of(4), ...point]),
    };
    return (input) => createHmac(hash, secrets[form]()).update(input).digest();
  }

  /** The issuer's signature as X.509 has it, and not as JOSE does. */
  readonly oursInDer: Signer = async (input) => {
    const raw = Buffer.from(await this.#ours(input));
    const integer = (bytes: Buffer) => {
      const first = bytes.findIndex((byte) => byte !== 0);
      const least = bytes.subarray(first);
      const padded = (least[0] ?? 0) < 0x80 ? least : Buffer.concat([Buffer.of(0), least]);
      return Buffer.concat([Buffer.of(2, padded.length), padded]);
    };
    const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
    return Buffer.concat([Buffer.of(0x30, body.length), body]);
  };

  readonly #ours: Signer = (input) => {
    const { keyStore } = this.#world.context.identity;
    return keyStore.sign(this.#key('jwt-svid').kid, Buffer.from(input));
  };

  #key(use: 'jwt-svid' | 'x509-svid') {
    const key = keysInForce(this.#world.context).find((one) => one.use === use);
    if (key === undefined) throw new Error(`no key for ${use}`);
    return key;
  }
}

export function es256(input: string, key: KeyObject): Uint8Array {
  return signWith('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}
