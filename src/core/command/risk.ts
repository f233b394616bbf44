import type { Span } from '../model/operation.ts';

export const riskKinds = [
  'hidden-text', // characters that do not show, or show as something else
  'too-long',
  'too-deep',
  'too-many', // operations, words or steps
  'syntax',
  'not-bash', // PowerShell or cmd.exe
] as const;
export type RiskKind = (typeof riskKinds)[number];

/** What a person should know of the text beyond its operations. */
export interface Risk {
  readonly kind: RiskKind;
  readonly message: string;
  readonly span: Span;
}
