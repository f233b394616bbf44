/** Words for people. Decisions never depend on them. */
import type { Operation } from '../model/operation.ts';
import type { Ruling } from './ruling.ts';

const longest = 120;

/** What an operation does, to stand inside a sentence: `running git push`. */
export function phrase(operation: Operation): string {
  switch (operation.kind) {
    case 'exec': {
      const { target, subcommand } = operation;
      return `running ${shortened(subcommand === null ? target : `${target} ${subcommand}`)}`;
    }
    case 'read':
      return `reading ${shortened(operation.target)}`;
    case 'write':
      return `writing ${shortened(operation.target)}`;
    case 'connect':
      return `connecting to ${shortened(operation.target)}`;
    case 'credential':
      return `using ${shortened(operation.target)} credentials`;
    case 'opaque':
      return `an ${operation.of} that cannot be told (${shortened(operation.target)})`;
  }
}

/** Why, in the policies' own words where they have some. */
export function clause(ruling: Pick<Ruling, 'decision' | 'policies' | 'reasons'>): string {
  if (ruling.reasons.length > 0 && ruling.decision !== 'allow') return ruling.reasons.join('; ');
  const policies = ruling.policies.join(', ');
  if (ruling.decision === 'allow') return `permitted by ${policies}`;
  return ruling.decision === 'deny' ? `forbidden by ${policies}` : `${policies} asks for evidence`;
}

/** Distinct advice, one after the other; null if there is none. */
export function sentences(parts: readonly (string | null)[]): string | null {
  const distinct = [...new Set(parts)].filter((part) => part !== null);
  return distinct.length === 0 ? null : distinct.slice(0, 3).join(' ');
}

/** One line without control characters. */
function shortened(text: string): string {
  const clean = text.slice(0, longest * 2).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean;
}
