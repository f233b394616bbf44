import type { ExecOperation, OpaqueOperation, Operation, Span, Trait } from '../model/operation.ts';
import { limits } from './limits.ts';
import type { MadeLinks } from './links.ts';
import type { Risk, RiskKind } from './risk.ts';

/** An exec whose traits are still being found. */
export type OpenExec = Omit<ExecOperation, 'traits' | 'subcommand'> & {
  readonly traits: Trait[];
  subcommand: string | null;
};

/** Collects what an analysis finds, within its limits. */
export class Findings {
  readonly #operations: Operation[] = [];
  readonly #risks: Risk[] = [];
  #steps = 0;
  #nestedText = 0;
  #exhausted = false;
  readonly #links: Map<string, ReadonlySet<string | null>>;
  #newLinks = false;

  /** @param before what a first round found out, so that what stands before a link is made counts it too */
  constructor(before?: Findings) {
    this.#links = new Map(before?.links);
  }

  /** Whether links were found that it did not start with. */
  get newLinks(): boolean {
    return this.#newLinks;
  }

  /** Symbolic links that the text makes. */
  get links(): MadeLinks {
    return this.#links;
  }

  link(path: string, text: string | null, span: Span): void {
    const texts = this.#links.get(path);
    if (texts?.has(text) === true) return;
    this.#newLinks = true;
    this.#links.set(path, new Set(texts).add(text));
    if (this.#links.size > limits.links || (texts?.size ?? 0) > limits.links)
      this.exhaust('too-many', 'too many symbolic links are made', span);
  }

  /** True once a limit was reached: whatever follows is already covered by an opaque operation. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  add(operation: Operation): void {
    if (this.#exhausted) return;
    if (this.#operations.length < limits.operations) this.#operations.push(operation);
    else this.exhaust('too-many', `more than ${limits.operations} operations`, operation.span);
  }

  opaque(of: OpaqueOperation['of'], source: string, reason: string, span: Span): void {
    this.add({ kind: 'opaque', target: cut(source), of, reason, span });
  }

  risk(kind: RiskKind, message: string, span: Span): void {
    if (this.#risks.length < 100) this.#risks.push({ kind, message, span });
  }

  /** Counts one node; false when there have been too many. */
  step(span: Span): boolean {
    this.#steps += 1;
    if (this.#steps > limits.steps) this.exhaust('too-many', 'too many commands and words to follow', span);
    return !this.#exhausted;
  }

  /** Counts text that is to be parsed as a nested command; false when there has been too much. */
  nested(length: number, span: Span): boolean {
    this.#nestedText += length;
    if (this.#nestedText > limits.nestedText) this.exhaust('too-long', 'too much nested text', span);
    return !this.#exhausted;
  }

  exhaust(kind: RiskKind, message: string, span: Span): void {
    if (this.#exhausted) return;
    this.#exhausted = true;
    this.#operations.push({
      kind: 'opaque',
      target: '',
      of: 'exec',
      reason: `the command is not followed to its end: ${message}`,
      span,
    });
    this.risk(kind, message, span);
  }

  result(): { readonly operations: readonly Operation[]; readonly risks: readonly Risk[] } {
    return { operations: distinct(this.#operations), risks: this.#risks };
  }
}

/** Loops and functions are followed more than once; each thing they do is said once. */
function distinct(operations: readonly Operation[]): readonly Operation[] {
  if (operations.length < 2) return operations;
  const seen = new Set<string>();
  return operations.filter((operation) => {
    const key = identity(operation);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function identity(operation: Operation): string {
  switch (operation.kind) {
    case 'exec':
      return `exec\0${operation.argv.join('\0')}\0\0${operation.cwd}\0${operation.via.join()}\0${operation.traits.join()}\0${operation.unknown.join()}\0${operation.target}${environmentIdentity(operation.environment)}`;
    case 'read':
    case 'write':
      return `${operation.kind}\0${operation.target}\0${operation.pattern}${operation.recursive}\0${operation.by}\0${operation.sensitivity}`;
    case 'opaque':
      return `opaque\0${operation.of}\0${operation.target}`;
    default:
      return `${operation.kind}\0${operation.target}\0${operation.by}`;
  }
}

function environmentIdentity(environment: ExecOperation['environment']): string {
  for (const _ in environment) return JSON.stringify(environment);
  return '';
}

function cut(source: string): string {
  return source.length <= 200 ? source : `${source.slice(0, 199)}…`;
}
