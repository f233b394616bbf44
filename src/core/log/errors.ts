import { WritError, type ErrorDetails } from '../model/errors.ts';

export type LogErrorCode =
  | 'entry_invalid' // an entry that may not be written
  | 'entry_too_long'
  | 'entry_malformed' // bytes that are no entry
  | 'tile_malformed'
  | 'note_malformed'
  | 'note_key_unknown'
  | 'note_signature_invalid'
  | 'vkey_malformed'
  | 'checkpoint_malformed'
  | 'proof_malformed'
  | 'proof_invalid'
  | 'range_invalid'; // an index or size that the tree does not have

export function logError(
  code: LogErrorCode,
  message: string,
  details: ErrorDetails = {},
): WritError<LogErrorCode> {
  return new WritError(code, message, details);
}
