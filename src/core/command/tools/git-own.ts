/** Repositories that a task made for itself, as tests do: what is thrown away there is its own. */
import type { Call } from '../call.ts';
import type { OwnRepository } from '../context.ts';
import type { Field } from '../field.ts';
import { resolvePath } from '../paths.ts';

/** Those that git may run in; null where one is not the task's own, or cannot be told. */
export function ownRepositories({ directories, place, words }: Call): readonly OwnRepository[] | null {
  const named = words.some(({ prefix }) => /^--(git-dir|work-tree)/.test(prefix));
  if (directories === null || named || place.ownRepository === undefined) return null;
  const own = directories.map((one) => place.ownRepository?.(resolvePath(one, '/')) ?? null);
  return own.every((one) => one !== null) ? own : null;
}

const folder = /^(file:\/\/\/|\/|\.{1,2}(\/|$))/;

/** A folder of this machine, by its path. */
export function isFolder(remote: Field | undefined): remote is Field {
  return remote?.known === true && folder.test(remote.text);
}

/** A remote of repositories that know none but folders of this machine; without one, the branch's. */
export function isNamedFolder(call: Call, remote: Field | undefined): boolean {
  if (remote !== undefined && !(remote.known && /^[\w.-]+$/.test(remote.text))) return false;
  if (call.words.some(({ prefix }) => prefix.startsWith('-c'))) return false;
  return ownRepositories(call)?.every(({ remotesAreHere }) => remotesAreHere) === true;
}
