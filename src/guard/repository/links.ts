/** Symbolic links of a repository as they are now, for the analysis of paths that pass through them. */
import { readdirSync, readlinkSync } from 'node:fs';
import type { Links } from '../../core/command/links.ts';
import { isWithin } from '../../core/command/paths.ts';

/**
 * Only links inside of the repository are looked at: of the rest, the sandbox shows a view of its own.
 * @param shown what stands for the repository in commands, where that is not its real path
 */
export function linksBelow(repository: string, shown: string = repository): Links {
  return {
    at: (path) => {
      if (!isWithin(path, shown)) return null;
      const text = orNone(() => readlinkSync(rebased(path, shown, repository)));
      return text === null || !isWithin(text, repository) ? text : rebased(text, repository, shown);
    },
    in: (directory) => {
      if (!isWithin(directory, shown)) return [];
      const entries = orNone(() =>
        readdirSync(rebased(directory, shown, repository), { withFileTypes: true }),
      );
      return (entries ?? []).filter((entry) => entry.isSymbolicLink()).map(({ name }) => name);
    },
  };
}

function rebased(path: string, from: string, to: string): string {
  return `${to === '/' ? '' : to}${path.slice(from.length)}`;
}

/** What is not there, is no link or cannot be read leads nowhere. */
function orNone<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
