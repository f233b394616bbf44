/**
 * What the supervisor (native/supervise.c) tells the guard: blocks as in native/block.h, the first item of each its
 * type. It runs as the user whom the guard serves, and yet everything it says stems from confined programs.
 */
import { z } from 'zod';

/** How far a verdict reaches; also in native/verdicts.h. */
export const scope = { once: 0, same: 1, files: 2 } as const;

/** Lineages that have no program yet, and those that cannot be told; also in native/verdicts.h. */
export const lineages = { lost: 0, first: 1 } as const;

const kinds = ['program', 'script', 'foreign', 'unreadable', 'nameless'] as const;

export interface Image {
  readonly kind: (typeof kinds)[number];
  /** The supervisor's own descriptor, through which the very file can be read. */
  readonly fd: number;
  /** Device, inode, size, and times of change. */
  readonly identity: string;
  /** Real path as seen inside. */
  readonly path: string;
}

/** One execve that waits for its verdict. */
export interface Attempt {
  readonly request: number;
  readonly process: number;
  readonly parent: number;
  readonly lineage: number;
  /** Real path of the program that asks. */
  readonly starter: string;
  /** As the caller wrote it. */
  readonly named: string;
  readonly directory: string;
  /** The file, and the interpreters that its `#!` line leads to. */
  readonly images: readonly Image[];
  readonly argv: readonly string[];
  /** What the last image gets: with what `#!` lines add. */
  readonly effective: readonly string[];
}

export type Message =
  | { readonly type: 'hello'; readonly token: string; readonly process: number }
  | { readonly type: 'ready'; readonly landlock: number }
  | { readonly type: 'exec'; readonly attempt: Attempt }
  | {
      readonly type: 'repeat';
      readonly request: number;
      readonly process: number;
      readonly parent: number;
      /** Null where all is as it was in that request. */
      readonly again: { readonly directory: string; readonly argv: readonly string[] } | null;
    }
  | {
      readonly type: 'mismatch';
      readonly process: number;
      readonly decided: { readonly path: string; readonly argv: readonly string[] };
      readonly found: { readonly path: string; readonly argv: readonly string[] };
    };

const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const identity = z.string().regex(/^\d+(:\d+){4}$/);
const kind = z.enum(kinds);

/** Takes items one by one; throws where there are too few, or left over, or not what they must be. */
class Items {
  readonly #items: readonly Buffer[];
  #at = 0;

  constructor(items: readonly Buffer[]) {
    this.#items = items;
  }

  text(): string {
    const item = this.#items[this.#at];
    if (item === undefined) throw new RangeError('a block ends too early');
    this.#at += 1;
    return item.toString('utf8');
  }

  number(): number {
    return count.parse(this.text());
  }

  list(): string[] {
    return Array.from({ length: this.#bounded() }, () => this.text());
  }

  image(): Image {
    return {
      kind: kind.parse(this.text()),
      fd: this.number(),
      identity: identity.parse(this.text()),
      path: this.text(),
    };
  }

  images(): Image[] {
    return Array.from({ length: this.#bounded() }, () => this.image());
  }

  get rest(): boolean {
    return this.#at < this.#items.length;
  }

  end(): void {
    if (this.rest) throw new RangeError('a block has more than it should');
  }

  #bounded(): number {
    const length = this.number();
    if (length > this.#items.length) throw new RangeError('a list is longer than its block');
    return length;
  }
}

/** @throws RangeError or ZodError */
export function parseBlock(block: readonly Buffer[]): Message {
  const items = new Items(block);
  const message = parseItems(items.text(), items);
  items.end();
  return message;
}

function parseItems(type: string, items: Items): Message {
  switch (type) {
    case 'hello':
      return { type, token: items.text(), process: items.number() };
    case 'ready':
      return { type, landlock: items.number() };
    case 'exec':
      return { type, attempt: parseAttempt(items) };
    case 'repeat': {
      const [request, process, parent] = [items.number(), items.number(), items.number()];
      const again = items.rest ? { directory: items.text(), argv: items.list() } : null;
      return { type, request, process, parent, again };
    }
    case 'mismatch':
      return {
        type,
        process: items.number(),
        decided: { path: items.text(), argv: splitWords(items.text()) },
        found: { path: items.text(), argv: splitWords(items.text()) },
      };
    default:
      throw new RangeError('a block of no known type');
  }
}

function parseAttempt(items: Items): Attempt {
  const attempt = {
    request: items.number(),
    process: items.number(),
    parent: items.number(),
    lineage: items.number(),
    starter: items.text(),
    named: items.text(),
    directory: items.text(),
    images: items.images(),
    argv: items.list(),
    effective: items.list(),
  };
  if (attempt.images.length === 0) throw new RangeError('an attempt without a file');
  return attempt.images.length > 1 ? attempt : { ...attempt, effective: attempt.argv };
}

/** As in proc_pid_cmdline(5): each word ends in NUL. */
function splitWords(text: string): string[] {
  return text.split('\0').slice(0, -1);
}
