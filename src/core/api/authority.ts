/** What goes over the wire between the authority and whoever asks it: requests as schemas, answers as types. */
import { z } from 'zod';
import { entryTypes, type Json } from '../model/entry.ts';
import { writStates, repositoryProofs } from '../model/writ.ts';
import { approvalStates } from '../model/approval.ts';

const name = z.string().min(1).max(500);
const id = z.string().min(1).max(100);
const reason = z.string().max(4000);
const json: z.ZodType<Json> = z.json();
const verdict = z.enum(['allow', 'deny', 'step-up']);

export const policyRequest = z.strictObject({
  files: z.record(z.string().max(500), z.string().max(1024 * 1024)),
});

export const modeRequest = z.strictObject({ mode: z.enum(['enabled', 'suspended']), reason });

const repositoryIdentity = z.strictObject({
  remote: name,
  commit: z
    .string()
    .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/)
    .nullable(),
  branch: name.nullable(),
  worktree: z.string().startsWith('/').max(4096),
  worktreeId: z.string().regex(/^\d+:\d+$/),
  proof: z.enum(repositoryProofs),
  proven: z.string().max(4096),
});

export const issueRequest = z.strictObject({
  assistant: name,
  profile: name,
  job: name.nullable(),
  repository: repositoryIdentity,
  enforcement: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  taskKey: name,
});

export const reasonRequest = z.strictObject({ reason });

export const writsQuery = z.strictObject({
  state: z.union([z.enum(writStates), z.array(z.enum(writStates))]).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

const report = z.strictObject({
  type: z.enum(['decision', 'execution.started', 'execution.ended', 'alert']),
  writ: id,
  session: id,
  command: z
    .string()
    .max(2 * 1024 * 1024)
    .nullable(),
  decision: verdict.nullable(),
  data: z.record(z.string(), json),
});
export const recordRequest = z.strictObject({ reports: z.array(report).min(1).max(1000) });

const subject = z.strictObject({
  assistant: name,
  requester: name,
  job: name.nullable(),
  profile: name,
  command: z.string().max(2 * 1024 * 1024),
  argv: z.array(z.string()).nullable(),
  executable: z.strictObject({ path: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).nullable(),
  cwd: z.string().startsWith('/'),
  repository: name,
  commit: z.string().nullable(),
  policyVersion: name,
  missing: z.array(name).min(1).max(50),
});
export const approvalRequest = z.strictObject({ writ: id, subject, reason: z.string().max(64 * 1024) });
export const decideRequest = z.strictObject({
  decision: z.enum(['grant', 'deny']),
  reason: reason.nullable(),
  signature: z.string().max(16 * 1024),
});
export const useRequest = z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/), report });
export const approvalsQuery = z.strictObject({
  state: z.union([z.enum(approvalStates), z.array(z.enum(approvalStates))]).optional(),
});

export const entriesQuery = z.strictObject({
  type: z.union([z.enum(entryTypes), z.array(z.enum(entryTypes))]).optional(),
  assistant: name.optional(),
  repository: name.optional(),
  writ: id.optional(),
  session: id.optional(),
  decision: verdict.optional(),
  command: z.string().max(2000).optional(),
  since: z.coerce.number().int().optional(),
  until: z.coerce.number().int().optional(),
  from: z.coerce.number().int().min(0).optional(),
  order: z.enum(['oldest-first', 'newest-first']).default('newest-first'),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});
