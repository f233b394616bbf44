import type { RemoteErrorCode } from '../../core/model/canonical-remote.ts';
import { WritError, type ErrorDetails } from '../../core/model/errors.ts';

export type RepositoryErrorCode =
  | RemoteErrorCode
  | 'directory_unusable' // not there, not a directory, or its path is not text
  | 'repository_missing'
  | 'repository_bare'
  | 'repository_owner' // belongs to another user
  | 'repository_format' // damaged, or a format that Writ does not know
  | 'git_directory_foreign' // .git leads to a repository that knows nothing of this worktree
  | 'worktree_elsewhere' // core.worktree points away from here
  | 'worktree_replaced' // the folder became another one meanwhile
  | 'configuration_invalid'
  | 'configuration_too_large'
  | 'remote_missing'
  | 'remote_rewritten' // the clone's own configuration sends the remote's traffic elsewhere
  | 'git_missing'
  | 'git_failed'
  | 'git_timeout';

export function fault(
  code: RepositoryErrorCode,
  message: string,
  details: ErrorDetails = {},
): WritError<RepositoryErrorCode> {
  return new WritError(code, message, details);
}
