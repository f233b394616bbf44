/**
 * An SSH agent for one session (draft-miller-ssh-agent): it lists one certificate and signs logins with its key, which
 * is made here and never leaves. Everything else that agents can do is refused.
 */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { certificateType, ed25519Type } from '../../core/identity/ssh-certificate.ts';
import { SshReader } from '../../core/identity/ssh-reader.ts';
import { sshString, sshUint32 } from '../../core/identity/ssh-writer.ts';
import { listenPrivately } from '../private-socket.ts';
import type { LeaseHolder } from './lease-holder.ts';

const lent = z.object({ certificate: z.base64() });

const message = { failure: 5, listRequest: 11, list: 12, signRequest: 13, signature: 14 } as const;
const longestMessage = 256 * 1024;
const userAuthRequest = 50;
const mostConnections = 50;

export interface SshAgent {
  close(): void;
}

/** @param socket path of the socket to make @param hold asks for certificates over the key given to it */
export async function startSshAgent(
  socket: string,
  hold: (parameters: Readonly<Record<string, string>>) => LeaseHolder,
): Promise<SshAgent> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const holder = hold({ publicKey: Buffer.from(x, 'base64url').toString('base64') });
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.once('close', () => open.delete(client)).on('error', () => client.destroy());
    serve(client, (request) => answer(request, holder, privateKey)).catch(() => client.destroy());
  });
  server.maxConnections = mostConnections;
  await listenPrivately(server, socket);
  return {
    close() {
      server.close();
      for (const one of open) one.destroy();
    },
  };
}

async function serve(client: Socket, reply: (request: Buffer) => Promise<Buffer>): Promise<void> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of client as AsyncIterable<Buffer>) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4) {
      const length = bytes.readUInt32BE();
      if (length === 0 || length > longestMessage) throw new RangeError('a message of an impossible length');
      if (bytes.length < 4 + length) break;
      const request = bytes.subarray(4, 4 + length);
      bytes = bytes.subarray(4 + length);
      client.write(sshString(await reply(request)));
    }
  }
}

/** Whatever goes wrong is a refusal, as agents know no other answer. */
async function answer(request: Buffer, holder: LeaseHolder, key: KeyObject): Promise<Buffer> {
  try {
    if (request[0] === message.listRequest) {
      const certificate = certificateIn((await holder.held()).secret);
      const keys = [sshUint32(1), sshString(certificate), sshString('writ')];
      return Buffer.concat([Buffer.from([message.list]), ...keys]);
    }
    if (request[0] === message.signRequest) {
      const reader = new SshReader(request.subarray(1), malformed);
      const [certificate, data] = [reader.string(), reader.string()];
      if (!isLogin(data, certificate)) return Buffer.from([message.failure]);
      if (!certificateIn((await holder.use()).secret).equals(certificate))
        return Buffer.from([message.failure]);
      const signature = Buffer.concat([sshString(ed25519Type), sshString(sign(null, data, key))]);
      return Buffer.concat([Buffer.from([message.signature]), sshString(signature)]);
    }
  } catch {
    // Not lent, or no proper request.
  }
  return Buffer.from([message.failure]);
}

/** RFC 4252 section 7: only what a server asks of a user who logs in with this certificate, and nothing else. */
function isLogin(data: Buffer, certificate: Buffer): boolean {
  const reader = new SshReader(data, malformed);
  reader.string(); // the session's id
  if (reader.byte() !== userAuthRequest) return false;
  reader.string(); // user
  if (reader.string().toString('latin1') !== 'ssh-connection') return false;
  const method = reader.string().toString('latin1');
  if (method !== 'publickey' && method !== 'publickey-hostbound-v00@openssh.com') return false;
  if (reader.byte() !== 1) return false;
  return reader.string().toString('latin1') === certificateType && reader.string().equals(certificate);
}

function certificateIn(secret: unknown): Buffer {
  return Buffer.from(lent.parse(secret).certificate, 'base64');
}

function malformed(why: string): Error {
  return new RangeError(why);
}
