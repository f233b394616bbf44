/** What launchers and the guard share beside their messages. Without zod, which costs a start 80 ms. */

/** Of the caller's environment only what describes its terminal and language. Also in native/conversation.c. */
export const describingVariables = [
  'TERM',
  'COLORTERM',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'NO_COLOR',
] as const;

/** No writ was granted, and which rule said so. */
export interface WritRefusal {
  readonly decision: 'deny' | 'step-up';
  readonly reason: string;
  readonly advice: string | null;
  readonly policies: readonly string[];
  readonly missing: readonly string[];
}
