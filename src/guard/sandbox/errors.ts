import { WritError, type ErrorDetails } from '../../core/model/errors.ts';

export type SandboxErrorCode =
  | 'bubblewrap_missing'
  | 'bubblewrap_old'
  | 'namespaces_unavailable' // the system refuses user namespaces to this user
  | 'architecture_unsupported'
  | 'native_missing' // writ-exec is not built
  | 'worktree_unsafe' // mounting it would show or open more than the repository
  | 'sandbox_request' // the request itself makes no sense
  | 'sandbox_failed'; // the sandbox could not be set up; the command did not start

export function sandboxError(
  code: SandboxErrorCode,
  message: string,
  details: ErrorDetails = {},
): WritError<SandboxErrorCode> {
  return new WritError(code, message, details);
}
