/** What is wrong with a log, told so that somebody can look at the place. */
export type LogFailureCode =
  | 'checkpoint_missing'
  | 'checkpoint_malformed'
  | 'checkpoint_key_unknown'
  | 'checkpoint_signature_invalid'
  | 'tile_missing'
  | 'tile_malformed'
  | 'tile_mismatch' // hashes that are not those of the entries under them
  | 'entry_malformed'
  | 'entry_mismatch' // an entry that is not the one whose hash was signed
  | 'root_mismatch'
  | 'log_truncated' // shorter than the head that was trusted before
  | 'log_forked'; // does not continue the head that was trusted before

export interface LogFailure {
  readonly code: LogFailureCode;
  readonly message: string;
  /** File of the layout in which it shows. */
  readonly path: string | null;
  /** Log index of the first entry that it concerns. */
  readonly index: number | null;
}

export type Report = (failure: LogFailure) => void;
