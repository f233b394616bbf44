/**
 * Faults are errors; denials are values (`decision.ts`) and never thrown.
 * Each room declares a closed union of codes and throws `WritError<itsUnion>`.
 */

/** Where in a named input a fault lies. Lines and columns count from 1, columns in UTF-16 units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ErrorDetails {
  /** What to do next, one sentence. */
  readonly hint?: string;
  readonly place?: Place;
  readonly cause?: unknown;
}

/** `message` is public: it may be shown to the assistant and must hold no secret. */
export class WritError<Code extends string = string> extends Error {
  override readonly name = 'WritError';
  readonly code: Code;
  readonly hint: string | null;
  readonly place: Place | null;

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.hint = details.hint ?? null;
    this.place = details.place ?? null;
  }
}

/** The form errors take on the wire and in `--json` output. */
export interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly place: Place | null;
  };
}

export function errorBody(error: WritError): ErrorBody {
  return { error: { code: error.code, message: error.message, hint: error.hint, place: error.place } };
}
