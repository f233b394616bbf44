/** The guard's side of the conversation with a launcher. Without zod, which costs a launcher's start 80 ms. */
import type { Decision } from '../model/decision.ts';

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

/** The guard's answer is a stream of these, one JSON object a line, open as long as the session lives. */
export type SessionMessage =
  | { readonly type: 'waiting'; readonly approval: string; readonly missing: readonly string[] }
  | { readonly type: 'launch'; readonly session: string; readonly writ: string; readonly spec: unknown }
  | { readonly type: 'refused'; readonly decision: Decision; readonly approval: string | null }
  | { readonly type: 'no-writ'; readonly refusal: WritRefusal }
  /** What a person at the command should know when it has ended, in sentences. */
  | { readonly type: 'notice'; readonly text: readonly string[] }
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
