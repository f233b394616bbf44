/**
 * What was announced as text, held against what the kernel saw start. Text that could not be told explains whatever
 * follows from it; three things nothing explains, and each is an alert.
 */
import { basename, dirname } from 'node:path';
import type { Decision, OperationDecision } from '../core/model/decision.ts';
import type { Json } from '../core/model/entry.ts';

export interface Seen {
  /** Of the program that asks for the start: its file, really. */
  readonly starter: string;
  readonly argv: readonly string[];
  readonly decision: Decision['decision'];
}

export interface Disagreement {
  readonly kind: 'unannounced' | 'contradicted' | 'defied';
  readonly reason: string;
}

/**
 * Programs that start no other, whatever they are told: where one of them does, it is not itself any more (a library
 * was forced on it, or it was broken into). Only those of which that is certain: sort, sed, tar and awk can.
 */
const startsNothing: ReadonlySet<string> = new Set(
  `base32 base64 basename cat chgrp chmod chown cksum cmp comm cp cut date dd df dirname du echo expand expr factor
  false fold head id join ln ls md5sum mkdir mkfifo mktemp mv nl nproc od paste pathchk printf pwd readlink realpath
  rm rmdir seq sha1sum sha256sum sha512sum shred shuf sleep stat sum sync tac tail tee test touch tr true truncate
  uname unexpand uniq unlink wc whoami yes`.split(/\s+/),
);
const systemFolders = ['/usr/bin', '/bin'];

/** Of one session. */
export class Reconciler {
  readonly #allowed = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #told = new Set<string>();

  /** A decision on text, before anything of it starts. */
  heard({ decision, operations }: Decision): void {
    for (const one of operations) {
      const key = keyOf(one);
      if (key === null) continue;
      if (decision === 'allow') {
        this.#refused.delete(key);
        this.#allowed.add(key);
      } else if (one.decision !== 'allow') this.#refused.add(key);
    }
  }

  /** Null for what is explained, and for what was told already. */
  saw(seen: Seen): Disagreement | null {
    const found = this.#judge(seen);
    if (found === null) return null;
    const key = JSON.stringify([found.kind, seen.starter, seen.argv[0]]);
    if (this.#told.has(key)) return null;
    this.#told.add(key);
    return found;
  }

  #judge({ starter, argv, decision }: Seen): Disagreement | null {
    const key = keyOfArguments(argv);
    const program = basename(argv[0] ?? '');
    if (this.#refused.has(key)) {
      return {
        kind: 'defied',
        reason: `${program} was refused when it was announced, and was started anyway`,
      };
    }
    if (decision !== 'allow' && this.#allowed.has(key)) {
      return {
        kind: 'contradicted',
        reason: `${program} was allowed as text, and refused as the program that it is`,
      };
    }
    if (systemFolders.includes(dirname(starter)) && startsNothing.has(basename(starter))) {
      return {
        kind: 'unannounced',
        reason: `${program} was started by ${basename(starter)}, which starts no program`,
      };
    }
    return null;
  }
}

export function disagreementData({ kind, reason }: Disagreement, seen: Seen): Record<string, Json> {
  return {
    kind: 'disagreement',
    of: kind,
    reason: reason.toWellFormed(),
    starter: seen.starter.toWellFormed(),
    argv: seen.argv.slice(0, 100).map((word) => word.slice(0, 1000).toWellFormed()),
  };
}

/** Null for an operation that starts nothing, or of which a part could not be told. */
function keyOf({ operation }: OperationDecision): string | null {
  if (operation.kind !== 'exec' || operation.unknown.length > 0) return null;
  return keyOfArguments(operation.argv);
}

function keyOfArguments([program = '', ...args]: readonly string[]): string {
  return JSON.stringify([basename(program), ...args]);
}
