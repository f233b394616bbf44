/** What a launcher (`writ exec`, `writ run`) and the guard say to each other, over the Unix socket. */
import { z } from 'zod';
import type { Decision } from '../model/decision.ts';

const maxArguments = 20_000;
const maxArgumentLength = 1024 * 1024;

const name = z.string().min(1).max(200);

/** Of the caller's environment only what describes its terminal and language. */
export const describingVariables = [
  'TERM',
  'COLORTERM',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'NO_COLOR',
] as const;

export const openSessionRequest = z.strictObject({
  /** `exec`: one command. `run`: an assistant whose own commands are decided through its hooks. */
  kind: z.enum(['exec', 'run']),
  argv: z.array(z.string().max(maxArgumentLength)).min(1).max(maxArguments),
  directory: z.string().startsWith('/').max(4096),
  terminal: z.boolean(),
  environment: z.partialRecord(z.enum(describingVariables), z.string().max(200)),
  assistant: name.nullable(),
  profile: name.nullable(),
  job: name.nullable(),
  /** Use this writ instead of asking for a new one. */
  writ: name.nullable(),
  /** Hold until the missing approval is there, denied or expired. */
  wait: z.boolean(),
});
export type OpenSessionRequest = z.infer<typeof openSessionRequest>;

/** The guard's answer is a stream of these, one JSON object a line, open as long as the session lives. */
export type SessionMessage =
  | { readonly type: 'waiting'; readonly approval: string; readonly missing: readonly string[] }
  | { readonly type: 'launch'; readonly session: string; readonly writ: string; readonly spec: unknown }
  | { readonly type: 'refused'; readonly decision: Decision; readonly approval: string | null }
  | { readonly type: 'no-writ'; readonly refusal: WritRefusal }
  | { readonly type: 'kill'; readonly reason: string }
  | { readonly type: 'fault'; readonly code: string; readonly message: string; readonly hint: string | null };

/** No writ was granted, and which rule said so. */
export interface WritRefusal {
  readonly decision: 'deny' | 'step-up';
  readonly reason: string;
  readonly advice: string | null;
  readonly policies: readonly string[];
  readonly missing: readonly string[];
}

export const endSessionRequest = z.strictObject({
  exitCode: z.int().min(0).max(255).nullable(),
  signal: z.string().max(20).nullable(),
  outcome: z.enum(['exited', 'killed', 'timed-out', 'not-started']),
  durationMs: z.number().nonnegative(),
  userMs: z.number().nonnegative(),
  systemMs: z.number().nonnegative(),
  maxRssKiB: z.number().nonnegative(),
  /** Files that the command planted to be obeyed by git outside; they were removed. */
  planted: z.array(z.string().max(4096)).max(1000),
});
export type EndSessionRequest = z.infer<typeof endSessionRequest>;
