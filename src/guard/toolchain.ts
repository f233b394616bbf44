/** Node, where it is not among the system's own programs: brought into view read-only, at its own place. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bind } from './sandbox/view.ts';

export interface Toolchain {
  readonly searchPath: readonly string[];
  readonly binds: readonly Bind[];
}

/** @param path folders of the guard's own search path @param systemDirectories already in view */
export function findToolchain(path: readonly string[], systemDirectories: readonly string[]): Toolchain {
  const inView = (file: string) => [...systemDirectories, '/usr'].some((root) => file.startsWith(`${root}/`));
  for (const folder of path) {
    const node = realPath(join(folder, 'node'));
    if (node === null || isPackaged(node)) continue;
    if (inView(node)) return { searchPath: [], binds: [] };
    // An installation of its own is brought whole, with npm; a lone program in somebody's folder is brought alone.
    const prefix = dirname(dirname(node));
    const source = existsSync(join(prefix, 'lib', 'node_modules', 'npm')) ? prefix : node;
    return { searchPath: [dirname(node)], binds: [{ source, target: source, mode: 'ro' }] };
  }
  return { searchPath: [], binds: [] };
}

/** npm puts packages' programs first in the path of its scripts; those are no installation of Node. */
function isPackaged(file: string): boolean {
  return file.includes('/node_modules/');
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
