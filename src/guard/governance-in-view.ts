/** A task must not rewrite the policy that decides it, wherever in its worktree that policy is read from. */
import { realpathSync } from 'node:fs';
import { WritError } from '../core/model/errors.ts';
import { isBelow } from './sandbox/view.ts';

/**
 * What of the governance folder in force lies in a worktree, to be mounted read-only.
 * @throws WritError `governance_in_reach` where mounting cannot protect it
 */
export function governanceInView(
  folder: string,
  worktree: string,
  access: 'read-write' | 'read-only',
): string[] {
  if (access === 'read-only') return [];
  const real = realPath(folder);
  if (real === worktree || isBelow(worktree, real ?? folder)) {
    throw inReach(`the policy in force is read from ${folder}, which this worktree is part of`);
  }
  if (!isBelow(folder, worktree) && (real === null || !isBelow(real, worktree))) return [];
  if (real === null) throw inReach(`the policy in force was read from ${folder}, which is gone`);
  if (real !== folder) throw inReach(`the policy in force is read from ${folder} through a symbolic link`);
  return [real];
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function inReach(fault: string): WritError {
  return new WritError('governance_in_reach', `${fault}: a command here could write its own policy`, {
    hint: 'Keep the policy in a folder of its own, and choose it with: writ up --policy DIR (after writ down)',
  });
}
