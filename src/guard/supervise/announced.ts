/** What was decided before it ran, from the text of a command: by it a process is known that nobody spoke of. */
import { basename } from 'node:path';
import type { OperationDecision } from '../../core/model/decision.ts';
import type { Evidence } from '../../core/model/evidence.ts';

const mostKept = 10_000;

export class Announced {
  readonly #evidence = new Map<string, readonly Evidence[]>();

  /** @param evidence that the decision stands on: it holds for these processes as long as the session lives */
  add(operations: readonly OperationDecision[], evidence: readonly Evidence[]): void {
    for (const { operation, decision } of operations) {
      if (operation.kind !== 'exec' || decision !== 'allow' || operation.unknown.length > 0) continue;
      if (this.#evidence.size >= mostKept) this.#evidence.clear();
      this.#evidence.set(
        keyOf(operation.argv),
        evidence.map((one) => ({ ...one, expiresAt: Infinity })),
      );
    }
  }

  /** Null for a command that no text named. */
  evidenceFor(argv: readonly string[]): readonly Evidence[] | null {
    return this.#evidence.get(keyOf(argv)) ?? null;
  }
}

function keyOf([program = '', ...args]: readonly string[]): string {
  return JSON.stringify([basename(program), ...args]);
}
