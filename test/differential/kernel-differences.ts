/** Command lines of which something happened that the analysis had not said, and the shortest of each. */
import { analyze } from '../../src/core/command/analyze.ts';
import { coverageOf, type Coverage } from './kernel-coverage.ts';
import type { KernelLab } from './kernel-lab.ts';
import { deedsOf } from './kernel-trace.ts';

export interface Difference {
  readonly command: string;
  readonly unsaid: readonly string[];
}

export interface Tally {
  commands: number;
  /** Of which some part cannot be told. */
  opaqueCommands: number;
  deeds: number;
  opaqueDeeds: number;
  readonly differences: Difference[];
}

export function emptyTally(): Tally {
  return { commands: 0, opaqueCommands: 0, deeds: 0, opaqueDeeds: 0, differences: [] };
}

export function compareAll(lab: KernelLab, commands: readonly string[], tally: Tally): void {
  const traces = lab.run(commands);
  commands.forEach((command, at) => {
    const { operations } = analyze(command, lab.context);
    const coverage = coverageOf(deedsOf(traces[at] ?? new Map()), operations, lab.context);
    tally.commands += 1;
    if (operations.some(({ kind }) => kind === 'opaque')) tally.opaqueCommands += 1;
    tally.deeds += coverage.checked;
    tally.opaqueDeeds += coverage.opaque;
    if (coverage.unsaid.length > 0) tally.differences.push({ command, unsaid: coverage.unsaid });
  });
}

function coverage(lab: KernelLab, command: string): Coverage {
  const [trace] = lab.run([command]);
  return coverageOf(deedsOf(trace ?? new Map()), analyze(command, lab.context).operations, lab.context);
}

/** Words are left out as long as something stays unsaid. */
export function minimal(lab: KernelLab, { command, unsaid }: Difference): Difference {
  let words: readonly string[] = command.match(/\s+|[^\s]+/g) ?? [];
  let left = unsaid;
  for (let size = Math.ceil(words.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < words.length;) {
      const fewer = [...words.slice(0, at), ...words.slice(at + size)];
      const found = coverage(lab, fewer.join(''));
      if (found.unsaid.length > 0) {
        words = fewer;
        left = found.unsaid;
      } else at += size;
    }
  }
  return { command: words.join('').trim(), unsaid: left };
}
