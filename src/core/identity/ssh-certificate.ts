/** User certificates of OpenSSH for Ed25519 keys (PROTOCOL.certkeys), and the private key file of their authority. */
import { SshReader } from './ssh-reader.ts';
import { sshString, sshUint32, sshUint64 } from './ssh-writer.ts';
import { signingKey, type SigningKey } from './keys.ts';
import { WritError } from '../model/errors.ts';

export const ed25519Type = 'ssh-ed25519';
export const certificateType = 'ssh-ed25519-cert-v01@openssh.com';
const userCertificate = 1;

export interface SshCertificateRequest {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly serial: bigint;
  /** What sshd writes into its log. */
  readonly keyId: string;
  /** Accounts, or names that the server maps to accounts. */
  readonly principals: readonly string[];
  /** Milliseconds since the epoch; sshd knows whole seconds. */
  readonly validAfter: number;
  readonly validBefore: number;
  readonly forceCommand: string | null;
  /** Addresses and CIDR ranges from which it may be used; none for anywhere. */
  readonly sourceAddresses: readonly string[];
  /** `permit-pty`, `permit-port-forwarding`, … */
  readonly extensions: readonly string[];
}

/** @param nonce 32 random bytes @returns the certificate's blob, as it stands in base64 in a `-cert.pub` file */
export function signSshCertificate(
  request: SshCertificateRequest,
  authority: SigningKey,
  nonce: Uint8Array,
): Buffer {
  if (request.principals.length === 0)
    throw new RangeError('a certificate for nobody would be for everybody');
  const { forceCommand, sourceAddresses } = request;
  const critical: [string, string][] = [];
  if (forceCommand !== null) critical.push(['force-command', forceCommand]);
  if (sourceAddresses.length > 0) critical.push(['source-address', sourceAddresses.join(',')]);
  const content = Buffer.concat([
    sshString(certificateType),
    sshString(nonce),
    sshString(request.publicKey),
    sshUint64(request.serial),
    sshUint32(userCertificate),
    sshString(request.keyId),
    sshString(Buffer.concat(request.principals.map((name) => sshString(name)))),
    sshUint64(BigInt(Math.floor(request.validAfter / 1000))),
    sshUint64(BigInt(Math.ceil(request.validBefore / 1000))),
    sshString(Buffer.concat(critical.map(([name, value]) => option(name, sshString(value))))),
    sshString(Buffer.concat([...request.extensions].sort().map((name) => option(name, '')))),
    sshString(''),
    sshString(publicKeyBlob(authority)),
  ]);
  const signature = Buffer.concat([sshString(ed25519Type), sshString(authority.sign(content))]);
  return Buffer.concat([content, sshString(signature)]);
}

/** RFC 8709 section 4. */
export function publicKeyBlob({ publicKey }: Pick<SigningKey, 'publicKey'>): Buffer {
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return Buffer.concat([sshString(ed25519Type), sshString(Buffer.from(x, 'base64url'))]);
}

function option(name: string, data: Uint8Array | string): Buffer {
  return Buffer.concat([sshString(name), sshString(data)]);
}

const armor =
  /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END OPENSSH PRIVATE KEY-----\s*$/;
const keyMagic = 'openssh-key-v1\0';

/**
 * An unencrypted Ed25519 key as `ssh-keygen` writes it (PROTOCOL.key).
 * @throws WritError `ssh_key_unusable`, which repeats nothing of it
 */
export function readSshPrivateKey(text: string): SigningKey {
  const blob = Buffer.from(armor.exec(text)?.[1] ?? '', 'base64');
  const reader = new SshReader(blob, unusable);
  if (!reader.bytes(Math.min(keyMagic.length, blob.length)).equals(Buffer.from(keyMagic))) {
    throw unusable('it is not in the form of OpenSSH');
  }
  const cipher = reader.string().toString('latin1');
  reader.string(); // the key derivation's name
  reader.string(); // and its options
  if (cipher !== 'none') throw unusable('it is encrypted');
  if (reader.uint32() !== 1) throw unusable('it holds more than one key');
  reader.string(); // public
  const secret = new SshReader(reader.last(), unusable);
  if (secret.uint32() !== secret.uint32()) throw unusable('it is damaged');
  if (secret.string().toString('latin1') !== ed25519Type) throw unusable('it is no Ed25519 key');
  const publicKey = secret.string();
  const pair = secret.string();
  if (pair.length !== 64 || !pair.subarray(32).equals(publicKey)) throw unusable('it is damaged');
  return signingKey(pair.subarray(0, 32));
}

function unusable(why: string): WritError {
  return new WritError('ssh_key_unusable', `the SSH authority's private key cannot be used: ${why}`, {
    hint: 'Make one without passphrase: ssh-keygen -t ed25519 -f ca',
  });
}
