/** Refusals in the words of OAuth (RFC 6749 section 5.2, RFC 8693 section 2.2.2, RFC 8707 section 2). */
import { WritError } from '../../core/model/errors.ts';

export type OAuthErrorCode =
  'invalid_request' | 'invalid_client' | 'invalid_target' | 'invalid_scope' | 'unsupported_grant_type';

export function oauthError(
  code: OAuthErrorCode,
  description: string,
  cause?: unknown,
): WritError<OAuthErrorCode> {
  return new WritError(code, description, cause === undefined ? {} : { cause });
}
