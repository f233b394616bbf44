/** Which file a command's program is, so that an approval can cover the file itself and not only its name. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { digestAt } from './supervise/digests.ts';

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
    if (!isExecutableFile(candidate)) continue;
    const path = realpathSync.native(candidate);
    const sha256 = await digestAt(path);
    if (sha256 === null) throw new Error(`${path} cannot be read`);
    return { path, sha256 };
  }
  return null;
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
