import { WritError, type ErrorDetails } from '../../core/model/errors.ts';

export type StoreErrorCode =
  | 'store_full' // no space left for the database
  | 'store_busy' // another process holds it, or too much is waiting
  | 'store_unavailable' // it cannot be reached, read or written
  | 'store_corrupt' // it holds what no store writes
  | 'store_conflict' // a row of that name is already there
  | 'store_newer' // made by a later version of Writ
  | 'store_closed'
  | 'work_overdue' // a commit's work did not end
  | 'unit_ended' // its work is over
  | 'log_tampered' // entries, tree and checkpoint do not agree
  | 'log_key_mismatch' // the checkpoint was signed with another key
  | 'export_conflict' // the folder holds another log
  | 'log_range'; // an index or tile that the log does not have

export function storeError(
  code: StoreErrorCode,
  message: string,
  details: ErrorDetails = {},
): WritError<StoreErrorCode> {
  return new WritError(code, message, details);
}

const hints: Partial<Record<StoreErrorCode, string>> = {
  store_full: 'Free space where the database lies; nothing runs unrecorded until then',
  store_busy: 'Try again; if it lasts, look for another process that uses the database',
  store_unavailable: 'See that the database can be reached and written; nothing runs unrecorded until then',
  store_corrupt: 'Stop, keep a copy of the database for examination, and restore a backup',
};

/** What a database said, as an error of ours. Its own words go into the cause, not to the caller. */
export function databaseError(
  code: StoreErrorCode,
  message: string,
  cause: unknown,
): WritError<StoreErrorCode> {
  const hint = hints[code];
  return storeError(code, message, { cause, ...(hint === undefined ? {} : { hint }) });
}
