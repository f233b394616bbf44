/** Which file a command's program is, so that an approval can cover the file itself and not only its name. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';

export interface Executable {
  /** Real path: links are followed, so that a swapped link is another executable. */
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Null where the name is a shell's builtin or no such file can be executed. */
export async function resolveExecutable(
  program: string,
  searchPath: readonly string[],
  directory: string,
): Promise<Executable | null> {
  const candidates = program.includes('/')
    ? [isAbsolute(program) ? program : resolve(directory, program)]
    : searchPath.map((folder) => join(folder, program));
  for (const candidate of candidates) {
    if (await isExecutableFile(candidate)) {
      const path = await realpath(candidate);
      return { path, sha256: await digestOf(path) };
    }
  }
  return null;
}

async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
