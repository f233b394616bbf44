import type { WritRefusal } from '../../core/api/session.ts';
import type { Decision } from '../../core/model/decision.ts';
import type { LaunchSpec } from '../sandbox/launch-spec.ts';

/** What the guard says to a launcher, on a connection that stays open as long as the session lives. */
export type SessionMessage =
  | { readonly type: 'waiting'; readonly approval: string; readonly missing: readonly string[] }
  /** Its view can be made; what runs in it is told to nobody inside before `start`. */
  | { readonly type: 'launch'; readonly session: string; readonly spec: LaunchSpec }
  /** That it may is on record. */
  | { readonly type: 'start' }
  | { readonly type: 'refused'; readonly decision: Decision; readonly approval: string | null }
  | { readonly type: 'no-writ'; readonly refusal: WritRefusal }
  /** What a person at the command should know when it has ended, in sentences. */
  | { readonly type: 'notice'; readonly text: readonly string[] }
  | { readonly type: 'kill'; readonly reason: string }
  | { readonly type: 'fault'; readonly code: string; readonly message: string; readonly hint: string | null }
  /** The end is on the log; what people are to know about it. */
  | { readonly type: 'recorded'; readonly lines: readonly string[] };
