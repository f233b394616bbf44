/** What goes over the wire to the authority: every request as a strict schema; answers as types of the model. */
import { z } from 'zod';
import { ecPublicJwk } from '../identity/ec-key.ts';
import { isId } from '../identity/ids.ts';
import { svidKeyUses } from '../identity/svid-keys.ts';
import { approvalStates } from '../model/approval.ts';
import { entryTypes, type Json } from '../model/entry.ts';
import { leaseStates } from '../model/lease.ts';
import { repositoryProofs, writStates } from '../model/writ.ts';
import { isBoundedJson } from './bounded-json.ts';

/** Half a surrogate pair cannot be signed, nor written to the log. */
const text = z.string().refine((value) => value.isWellFormed(), 'must be well-formed Unicode');
const name = text.min(1).max(500);
const id = text.min(1).max(100);
const reason = text.max(4000);
const path = text.startsWith('/').max(4096);
const command = text.max(2 * 1024 * 1024);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex');
const commit = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'must be a full object id');
const verdict = z.enum(['allow', 'deny', 'step-up']);
const data = z.custom<{ readonly [key: string]: Json }>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && isBoundedJson(value),
  'must be a JSON object of well-formed text, at most 32 levels deep',
);

/** Numbers of a query or path, in their one usual spelling. */
const natural = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/, 'must be a whole number')
  .transform(Number);
const instant = z
  .string()
  .regex(/^-?\d{1,15}$/, 'must be whole milliseconds since the epoch')
  .transform(Number);
const atMost = (most: number, unlessGiven: number) =>
  natural.pipe(z.int().min(1).max(most)).default(unlessGiven);
const oneOrMore = <T extends z.ZodType>(schema: T) =>
  z.union([schema.transform((value) => [value]), z.array(schema).max(50)]).optional();

export const entryIndex = natural;

export const modeRequest = z.strictObject({ mode: z.enum(['enabled', 'suspended']), reason });

const repositoryIdentity = z.strictObject({
  remote: name,
  commit: commit.nullable(),
  branch: name.nullable(),
  worktree: path,
  worktreeId: z.string().regex(/^\d{1,20}:\d{1,20}$/),
  proof: z.enum(repositoryProofs),
  proven: text.max(4096),
});

export const issueRequest = z.strictObject({
  assistant: name,
  profile: name,
  job: name.nullable(),
  repository: repositoryIdentity,
  enforcement: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  taskKey: name,
  /** Something is about to run under it: it is active from the start. */
  activate: z.boolean().default(false),
});

export const reasonRequest = z.strictObject({ reason });

export const writsQuery = z.strictObject({
  state: oneOrMore(z.enum(writStates)),
  assistant: name.optional(),
  repository: name.optional(),
  limit: atMost(1000, 100),
});

/** Types of the entries that a guard may ask for. */
export const reportedTypes = [
  'decision',
  'execution.started',
  'execution.process',
  'execution.ended',
  'egress.opened',
  'egress.refused',
  'egress.closed',
  'egress.request',
  'egress.answered',
  'enforcement.probed',
  'alert',
] as const;
const withDecision: readonly string[] = [
  'decision',
  'execution.process',
  'egress.opened',
  'egress.refused',
  'egress.request',
];

const reported = z.strictObject({
  type: z.enum(reportedTypes),
  writ: id,
  session: id,
  command: command.nullable(),
  decision: verdict.nullable(),
  data,
});
const report = reported.refine(({ type, decision }) => withDecision.includes(type) === (decision !== null), {
  path: ['decision'],
  message: 'must stand where something was decided, and nowhere else',
});
export const recordRequest = z.strictObject({
  reports: z.array(report).min(1).max(1000),
  /** A writ that is over with this. */
  close: z.strictObject({ writ: id, reason }).nullable().default(null),
});

/** A writ that was drafted, and what happens first under it. */
export const issueDraftedRequest = z.strictObject({
  request: issueRequest.extend({
    id: id.refine((one) => isId('writ', one)),
    requester: name,
    policyVersion: name,
  }),
  reports: z
    .array(report)
    .max(10)
    .refine((all) => all.every(({ type }) => type === 'decision' || type === 'execution.started')),
});

const subject = z.strictObject({
  assistant: name,
  requester: name,
  job: name.nullable(),
  profile: name,
  command,
  argv: z.array(command).max(20_000).nullable(),
  executable: z.strictObject({ path, sha256 }).nullable(),
  cwd: path,
  repository: name,
  commit: commit.nullable(),
  policyVersion: name,
  missing: z
    .array(name)
    .min(1)
    .max(50)
    .refine((keys) => keys.every((key, at) => at === 0 || (keys[at - 1] ?? '') < key), {
      message: 'must be sorted, each key once',
    }),
});
export const approvalRequest = z.strictObject({ writ: id, subject, reason: text.max(64 * 1024) });
export const decideRequest = z.strictObject({
  decision: z.enum(['grant', 'deny']),
  reason: reason.nullable(),
  signature: z.string().max(16 * 1024),
});
export const useRequest = z.strictObject({ digest: sha256, report });
export const approvalsQuery = z.strictObject({
  state: oneOrMore(z.enum(approvalStates)),
  writ: id.optional(),
  limit: atMost(1000, 1000),
});

const workload = z.strictObject({ pid: z.int().positive(), uid: z.int().nonnegative(), path, sha256 });
const audience = text.min(1).max(500);
export const jwtSvidRequest = z.strictObject({
  writ: id,
  audience: z.array(audience).min(1).max(10),
  workload: workload.nullable(),
});
export const x509SvidRequest = z.strictObject({
  writ: id,
  publicKey: ecPublicJwk,
  workload: workload.nullable(),
});
export const rotateRequest = z.strictObject({ use: z.enum(svidKeyUses) });
export const leaseRequest = z.strictObject({
  writ: id,
  session: id,
  credential: name,
  parameters: z.record(name, text.max(16 * 1024)).refine((all) => Object.keys(all).length <= 10),
});
export const releaseRequest = z.strictObject({ session: id, reason });
export const leasesQuery = z.strictObject({
  state: oneOrMore(z.enum(leaseStates)),
  writ: id.optional(),
  session: id.optional(),
  limit: atMost(1000, 100),
});
export const revokeAllRequest = z
  .strictObject({
    assistant: name.optional(),
    repository: name.optional(),
    all: z.literal(true).optional(),
    reason,
  })
  .refine(({ assistant, repository, all }) => (all === true) !== ((assistant ?? repository) !== undefined), {
    message: 'must name an assistant or a repository, or all',
  });

export const entriesQuery = z.strictObject({
  type: oneOrMore(z.enum(entryTypes)),
  assistant: name.optional(),
  repository: name.optional(),
  writ: id.optional(),
  session: id.optional(),
  decision: verdict.optional(),
  command: text.max(2000).optional(),
  since: instant.optional(),
  until: instant.optional(),
  from: natural.optional(),
  order: z.enum(['oldest-first', 'newest-first']).default('newest-first'),
  limit: atMost(10_000, 100),
});

/**
 * Lines of the event stream. The first says which policy is in force; whoever missed something (a new
 * connection, another policy) looks at its writs again.
 */
export type AuthorityEvent =
  | { readonly type: 'policy'; readonly version: string | null }
  | {
      readonly type: 'ended';
      readonly writ: string;
      readonly state: 'closed' | 'expired' | 'revoked';
      readonly reason: string;
    }
  /** Somebody ended one session's command, and nothing else. */
  | { readonly type: 'killed'; readonly session: string; readonly reason: string }
  /** Nothing happened for a while, and the connection stands. */
  | { readonly type: 'alive' };
