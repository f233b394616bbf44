/** Faults as HTTP answers. What is not listed is ours, and says nothing about the inside. */
import type { Context } from 'hono';
import { ZodError } from 'zod';
import { errorBody, WritError } from '../../core/model/errors.ts';

type Status = 400 | 403 | 404 | 409 | 413 | 500 | 503 | 507;

const statusOf: Readonly<Record<string, Status>> = {
  request_invalid: 400,
  request_too_large: 413,
  reason_missing: 400,
  signature_malformed: 400,
  signature_namespace: 403,
  signature_algorithm: 403,
  signature_key_unknown: 403,
  signature_wrong: 403,
  caller_unknown: 403,
  not_permitted: 403,
  approval_own_request: 403,
  assistant_unknown: 404,
  writ_unknown: 404,
  approval_unknown: 404,
  entry_unknown: 404,
  policy_missing: 503,
  store_unavailable: 503,
  store_full: 507,
};

export function problem(error: Error, context: Context, report: (error: unknown) => void): Response {
  if (error instanceof WritError) return context.json(errorBody(error), statusOf[error.code] ?? 409);
  if (error instanceof ZodError) {
    const [issue] = error.issues;
    const where = issue?.path.join('.') || 'the request';
    return context.json(
      errorBody(new WritError('request_invalid', `${where}: ${issue?.message ?? 'is not as it must be'}`)),
      400,
    );
  }
  report(error);
  return context.json(
    errorBody(new WritError('unexpected', 'the authority failed; nothing was changed')),
    500,
  );
}
