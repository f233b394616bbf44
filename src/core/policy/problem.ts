import type { Place } from '../model/errors.ts';

export type PolicyProblemCode =
  | 'file_missing'
  | 'file_unexpected'
  | 'file_too_large'
  | 'files_too_many'
  | 'text_malformed'
  | 'yaml_syntax'
  | 'yaml_alias'
  | 'yaml_too_deep'
  | 'key_duplicate'
  | 'key_unknown'
  | 'key_missing'
  | 'value_invalid'
  | 'reference_unknown'
  | 'remote_not_canonical'
  | 'repository_duplicate'
  | 'login_shared'
  | 'ssh_key_shared'
  | 'signers_missing'
  | 'group_empty'
  | 'profile_incomplete'
  | 'profile_cycle'
  | 'policies_missing'
  | 'policies_too_many'
  | 'policy_syntax'
  | 'policy_too_complex'
  | 'policy_invalid'
  | 'policy_doubtful'
  | 'policy_never_applies'
  | 'policy_id_invalid'
  | 'policy_id_duplicate'
  | 'annotation_unknown'
  | 'evidence_unknown'
  | 'stock_broken';

/** A fault of a bundle. One error keeps the whole bundle from being loaded. */
export interface PolicyProblem {
  readonly severity: 'error' | 'warning';
  readonly code: PolicyProblemCode;
  readonly message: string;
  readonly hint: string | null;
  readonly place: Place;
}

/** Place of a UTF-16 offset in a text. */
export function placeAt(file: string, text: string, offset: number): Place {
  const before = text.slice(0, Math.min(Math.max(offset, 0), text.length));
  const line = before.split('\n').length;
  return { file, line, column: before.length - before.lastIndexOf('\n') };
}

export function error(
  code: PolicyProblemCode,
  place: Place,
  message: string,
  hint: string | null = null,
): PolicyProblem {
  return { severity: 'error', code, message, hint, place };
}

export function warning(
  code: PolicyProblemCode,
  place: Place,
  message: string,
  hint: string | null = null,
): PolicyProblem {
  return { severity: 'warning', code, message, hint, place };
}

/** What arrived, short enough to be repeated in a message. */
export function quoted(text: string): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\u{FFFD}');
  return clean.length > 80 ? `"${clean.slice(0, 77)}…"` : `"${clean}"`;
}
