/** Recordings of terminal sessions: where they lie, what must not stand in them, and what the log says of them. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../core/model/entry.ts';

/** Where the recording of a session lies, below Writ's state. */
export function recordingFile(stateDirectory: string, session: string): string {
  return join(stateDirectory, 'recordings', `${session}.cast`);
}

/** The file that the launcher is to make. */
export async function planRecording(stateDirectory: string, session: string): Promise<string> {
  await mkdir(join(stateDirectory, 'recordings'), { recursive: true, mode: 0o700 });
  return recordingFile(stateDirectory, session);
}

/** Names that say so themselves; also in native/session.c, for those that pass from the caller. */
const tellsSecret = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH/i;

/** Values that are masked wherever the terminal shows them. */
export function secretsOf(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => (tellsSecret.test(name) ? [value] : []));
}

/** For the log; null where nothing was recorded. */
export async function sealed(file: string): Promise<Json> {
  if (!existsSync(file)) return null;
  const digest = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      digest.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  } catch {
    return null;
  }
  return { format: 'asciicast-v2', bytes, sha256: digest.digest('hex') };
}
