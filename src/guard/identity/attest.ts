/**
 * Who is at the other end of a connection to a session's socket. The kernel noted it when they connected; a small
 * native program reads that off the connection itself, which Node cannot (docs/decisions/0015).
 */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { open, readlink, type FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Workload } from '../../core/model/svid.ts';

export type Attestation =
  | { readonly workload: Workload }
  /** `stranger`: it is there, and of no right; else it is gone. */
  | { readonly workload: null; readonly refused: string; readonly stranger: boolean };

/**
 * @param connection nothing must have been read from it
 * @param launcher the connection over which the session was asked for, still open
 */
export async function attest(writExec: string, connection: Socket, launcher: Socket): Promise<Attestation> {
  const descriptors = [connection, launcher].map(descriptorOf);
  if (descriptors.some((fd) => fd < 0)) return gone('the connection is closed');
  const child = spawn(writExec, ['attest'], {
    // By number: Node takes a socket that is given as such out of use here, and both stay in use.
    stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
    env: {},
    cwd: '/',
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const read = (stream: Readable | null) => (stream === null ? '' : text(stream));
  const [said, complaint, status] = await Promise.all([read(child.stdout), read(child.stderr), ended]);
  const [, pid, uid, file] = /^(\d+) (\d+) (\d+:\d+)\n$/.exec(said) ?? [];
  if (status !== 0 || pid === undefined || uid === undefined || file === undefined) {
    const refused = complaint.trim().replace(/^writ: /, '') || 'it could not be attested';
    return { workload: null, refused, stranger: status === 1 };
  }
  const executable = await identify(Number(pid), file);
  if (executable === null) return gone('it has become another program');
  return { workload: { pid: Number(pid), uid: Number(uid), ...executable } };
}

function gone(refused: string): Attestation {
  return { workload: null, refused, stranger: false };
}

/** -1 of one that is closed. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle: { readonly fd?: number } | null };
  return handle?.fd ?? -1;
}

/** Of files as they were: an interpreter of a hundred megabytes is not read anew for each of its processes. */
const digests = new Map<string, string>();
const mostDigests = 1000;

/** The digest is of the file that was attested; if the process runs another by now, there is none. */
async function identify(pid: number, file: string): Promise<{ path: string; sha256: string } | null> {
  const place = `/proc/${pid}/exe`;
  try {
    await using handle = await open(place, 'r');
    const { dev, ino, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
    if (`${dev}:${ino}` !== file) return null;
    const version = [file, size, mtimeNs, ctimeNs].join(' ');
    const sha256 = digests.get(version) ?? (await digestOf(handle));
    if (digests.size >= mostDigests) digests.clear();
    digests.set(version, sha256);
    return { path: await readlink(place), sha256 };
  } catch {
    return null;
  }
}

async function digestOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
