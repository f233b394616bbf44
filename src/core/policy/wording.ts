/** Words for people. Decisions never depend on them. */
import type { Operation } from '../model/operation.ts';
import type { Ruling } from './ruling.ts';
import { spellUnseen } from '../model/unseen.ts';

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
      return `${hidden[operation.of]} that cannot be told (${shortened(operation.target)})`;
  }
}

const hidden = {
  exec: 'a program',
  read: 'a file to read',
  write: 'a file to write',
  connect: 'a connection',
  credential: 'a credential',
} as const;

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
  return distinct.length === 0 ? null : joined(distinct.slice(0, 3));
}

/** Each but the last gets a full stop where it has none: the last may end with a command to copy. */
export function joined(parts: readonly string[]): string {
  return parts
    .map((part, at) => (at < parts.length - 1 && !/[.!?]$/.test(part) ? `${part}.` : part))
    .join(' ');
}

/** One line in which nothing is hidden. */
function shortened(text: string): string {
  const clean = spellUnseen(text.slice(0, longest * 2).replaceAll(/[\s\p{Zl}\p{Zp}]+/gu, ' '));
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean;
}
