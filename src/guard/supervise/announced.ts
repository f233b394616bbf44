/**
 * What was decided before it ran, from the text of a command: by it a process is known that nobody spoke of, and the
 * hosts that an approved command names may be reached while the session lives.
 */
import { basename } from 'node:path';
import type { OperationDecision } from '../../core/model/decision.ts';
import type { Evidence } from '../../core/model/evidence.ts';
import type { Operation } from '../../core/model/operation.ts';

const mostKept = 10_000;

export class Announced {
  readonly #approved = new Set<string>();
  readonly #evidence = new Map<string, readonly Evidence[]>();

  /** @param evidence that the decision stands on: it holds for these processes and hosts as long as the session lives */
  add(operations: readonly OperationDecision[], evidence: readonly Evidence[]): void {
    for (const { operation, decision } of operations) {
      const key = keyOf(operation);
      if (key === null || decision !== 'allow') continue;
      if (this.#evidence.size >= mostKept) this.#evidence.clear();
      if (evidence.length > 0 && !operation.target.includes('/')) this.#approved.add(operation.target);
      this.#evidence.set(
        key,
        evidence.map((one) => ({ ...one, expiresAt: Infinity })),
      );
    }
  }

  /** Names of the programs that somebody approved. */
  approved(): readonly string[] {
    return [...this.#approved];
  }

  /** Null for a command that no text named. */
  evidenceFor(argv: readonly string[]): readonly Evidence[] | null {
    return this.#evidence.get(keyOfCommand(argv)) ?? null;
  }

  /** @param target `host:port` */
  evidenceForConnection(target: string): readonly Evidence[] {
    return this.#evidence.get(target) ?? [];
  }
}

/** Null for what has no evidence of its own, and for a command that is not known whole. */
function keyOf(operation: Operation): string | null {
  if (operation.kind === 'connect') return operation.target;
  return operation.kind === 'exec' && operation.unknown.length === 0 ? keyOfCommand(operation.argv) : null;
}

function keyOfCommand([program = '', ...args]: readonly string[]): string {
  return JSON.stringify([basename(program), ...args]);
}
