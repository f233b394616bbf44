/** Faults as HTTP answers. What is not listed is ours, and says nothing about the inside. */
import type { Context } from 'hono';
import { ZodError } from 'zod';
import type { SshSignatureErrorCode } from '../../core/identity/ssh-signature.ts';
import type { LogErrorCode } from '../../core/log/errors.ts';
import { errorBody, WritError } from '../../core/model/errors.ts';
import type { AuthorityErrorCode } from '../context.ts';
import type { StoreErrorCode } from '../store/errors.ts';

export type RequestErrorCode = 'request_invalid' | 'request_too_large' | 'route_unknown';

type LogFault = Extract<LogErrorCode, 'entry_invalid' | 'entry_too_long' | 'range_invalid'>;
type StoreFault = Extract<
  StoreErrorCode,
  'store_full' | 'store_busy' | 'store_unavailable' | 'store_closed' | 'work_overdue' | 'log_range'
>;
type Code = RequestErrorCode | AuthorityErrorCode | SshSignatureErrorCode | StoreFault | LogFault;
type Status = 400 | 403 | 404 | 409 | 413 | 429 | 500 | 502 | 503 | 507;

const statusOf: Readonly<Record<Code, Status>> = {
  request_invalid: 400,
  request_too_large: 413,
  route_unknown: 404,
  policy_missing: 503,
  caller_unknown: 403,
  reason_missing: 400,
  assistant_unknown: 404,
  not_permitted: 403,
  writ_unknown: 404,
  session_unknown: 404,
  writ_ended: 409,
  writ_changed: 409,
  writ_renewals_spent: 409,
  approval_unknown: 404,
  approval_not_waiting: 409,
  approval_not_granted: 409,
  approval_expired: 409,
  approval_other_act: 409,
  approval_not_of_writ: 409,
  approval_outdated: 409,
  approval_own_request: 403,
  approvals_too_many: 429,
  execution_ended: 409,
  writ_not_active: 409,
  task_key_mismatch: 403,
  task_audience_refused: 403,
  key_missing: 503,
  guard_only: 403,
  lease_unknown: 404,
  lease_ended: 409,
  leases_too_many: 429,
  credential_unavailable: 502,
  entry_unknown: 404,
  signature_malformed: 400,
  signature_namespace: 403,
  signature_algorithm: 403,
  signature_key_unknown: 403,
  signature_wrong: 403,
  store_full: 507,
  store_busy: 503,
  store_unavailable: 503,
  store_closed: 503,
  work_overdue: 503,
  log_range: 404,
  range_invalid: 404,
  entry_invalid: 400,
  entry_too_long: 413,
};

const longestDetail = 300;

/** @param report is told of faults that are not the caller's */
export function problem(error: Error, context: Context, report: (error: unknown) => void): Response {
  if (error instanceof WritError) {
    const status = Object.hasOwn(statusOf, error.code) ? statusOf[error.code as Code] : 500;
    if (status === 500) report(error);
    return context.json(errorBody(error), status);
  }
  if (error instanceof ZodError) return context.json(errorBody(invalidRequest(error)), 400);
  report(error);
  return context.json(
    errorBody(new WritError('unexpected', 'the authority failed; nothing was changed')),
    500,
  );
}

function invalidRequest({ issues: [issue] }: ZodError): WritError<RequestErrorCode> {
  const where = issue?.path.join('.') || 'the request';
  const detail = `${where}: ${issue?.message ?? 'is not as it must be'}`;
  return new WritError('request_invalid', detail.slice(0, longestDetail));
}
