/**
 * A certificate of OpenSSH for minutes, over a key that the guard made for one session and keeps. Revoking it adds its
 * serial to the list that sshd reads, where one is configured.
 */
import { open, readFile, rename } from 'node:fs/promises';
import type { SigningKey } from '../../core/identity/keys.ts';
import { publicKeyBlob, readSshPrivateKey, signSshCertificate } from '../../core/identity/ssh-certificate.ts';
import { readRevocationList, writeRevocationList } from '../../core/identity/ssh-revocation-list.ts';
import { WritError } from '../../core/model/errors.ts';
import { scopesOf, type CredentialOf } from '../../core/policy/credentials.ts';
import type { Broker, Order } from './broker.ts';

/** For servers whose clocks are behind. */
const skewMs = 60_000;

export const ssh: Broker<CredentialOf<'ssh'>> = {
  endsByItself: true,

  describe: (settings) => {
    const narrowed = settings.forceCommand === undefined ? '' : `, only to run ${settings.forceCommand}`;
    const description = `${settings.description}: SSH as ${settings.principals.join(', ')}${narrowed}`;
    return { description, scopes: scopesOf(settings) };
  },

  prepare(_settings, order, { random }) {
    publicKeyOf(order);
    // The time of its end stands in front, so that the list forgets it without keeping more than serials.
    const end = BigInt(Math.ceil(order.expiresAt / 1000)) << 32n;
    return { serial: String(end | BigInt(Buffer.from(random(4)).readUInt32BE())) };
  },

  async issue(settings, order, handle, { clock, random, secret }) {
    const { principals, forceCommand = null, sourceAddresses, extensions } = settings;
    const { assistant, requester, id } = order.claims;
    const certificate = signSshCertificate(
      {
        publicKey: publicKeyOf(order),
        serial: BigInt(handle['serial'] ?? ''),
        keyId: `writ ${order.lease} of ${id}: ${assistant} for ${requester}`,
        principals,
        validAfter: clock() - skewMs,
        validBefore: order.expiresAt,
        forceCommand,
        sourceAddresses,
        extensions,
      },
      readSshPrivateKey(await secret(settings.ca)),
      random(32),
    );
    const { expiresAt } = order;
    return { secret: { certificate: certificate.toString('base64') }, handle, expiresAt, toSeal: null };
  },

  renew: null,

  async revoke({ ca, krl }, { handle, expiresAt }, _unsealed, { clock, secret }) {
    if (krl === undefined || expiresAt <= clock()) return; // its key is gone with the session, or its time
    const authority = readSshPrivateKey(await secret(ca));
    await oneAfterTheOther(krl, () => addSerial(krl, authority, BigInt(handle['serial'] ?? ''), clock()));
  },
};

/** 32 bytes. @throws WritError `credential_unavailable` */
function publicKeyOf({ parameters }: Order): Buffer {
  const key = Buffer.from(parameters['publicKey'] ?? '', 'base64');
  if (key.length === 32) return key;
  throw new WritError('credential_unavailable', 'a certificate is for an Ed25519 key, which was not given');
}

async function addSerial(path: string, key: SigningKey, serial: bigint, now: number): Promise<void> {
  const authority = publicKeyBlob(key);
  const old = await readFile(path).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  });
  const known = old === null || old.length === 0 ? [] : readRevocationList(old, authority);
  const current = known.filter((one) => Number(one >> 32n) * 1000 > now && one !== serial);
  const part = `${path}.part`;
  const file = await open(part, 'w', 0o644);
  try {
    await file.writeFile(writeRevocationList(authority, [...current, serial], now));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}

const writers = new Map<string, Promise<unknown>>();

async function oneAfterTheOther(path: string, write: () => Promise<void>): Promise<void> {
  const before = writers.get(path) ?? Promise.resolve();
  const mine = before.catch(() => {}).then(write);
  writers.set(path, mine);
  try {
    await mine;
  } finally {
    if (writers.get(path) === mine) writers.delete(path);
  }
}
