/** Whether the analysis said, before, what the kernel then was asked for. */
import { posix } from 'node:path';
import type { Operation, PathOperation } from '../../src/core/model/operation.ts';
import { matchesSegment } from '../../src/core/command/patterns.ts';
import { realPaths } from '../../src/core/command/links.ts';
import type { AnalysisContext } from '../../src/core/command/analyze.ts';
import { isExpected } from './kernel-expected.ts';
import type { Deed, Process } from './kernel-trace.ts';

export interface Coverage {
  /** Deeds that no operation covers, as lines. */
  readonly unsaid: readonly string[];
  /** Deeds that were held against operations, and those that only an opaque one covered. */
  readonly checked: number;
  readonly opaque: number;
}

/** Effects of programs that bring code of their own are not known, and said so. */
const open = new Set(['unknown', 'runs-code', 'builds']);

export function coverageOf(
  deeds: readonly Deed[],
  operations: readonly Operation[],
  context: AnalysisContext,
): Coverage {
  const unsaid = new Set<string>();
  let checked = 0;
  let opaque = 0;
  for (const named of deeds) {
    const deed = resolved(named, context);
    if (isExpected(deed, operations)) continue;
    checked += 1;
    if (isSaid(deed, operations, context)) continue;
    if (isOpaque(deed, operations)) opaque += 1;
    else unsaid.add(describe(deed));
  }
  return { unsaid: [...unsaid], checked, opaque };
}

/** Calls that do not open name their path as it was given: the links of the world are followed here. */
function resolved(deed: Deed, source: AnalysisContext): Deed {
  if (deed.kind !== 'write') return deed;
  const real = realPaths(deed.path, '/', { source, made: new Map(), last: false });
  return real?.length === 1 ? { ...deed, path: real[0] ?? deed.path } : deed;
}

function describe(deed: Deed): string {
  const by = deed.by.argv.join(' ').slice(0, 100);
  return deed.kind === 'exec'
    ? `exec ${deed.argv.join(' ')} in ${deed.cwd} (by ${by})`
    : `${deed.kind} ${deed.path} (by ${by})`;
}

function isSaid(deed: Deed, operations: readonly Operation[], context: AnalysisContext): boolean {
  if (deed.kind === 'exec')
    return operations.some(
      (operation) =>
        operation.kind === 'exec' &&
        sameWords(operation.argv, operation.unknown, deed.argv) &&
        (operation.cwd === null || operation.cwd === deed.cwd || leadsTo(operation.cwd, deed.cwd, context)),
    );
  return operations.some((operation) => {
    if (operation.kind !== 'read' && operation.kind !== 'write') return false;
    if (deed.kind === 'list') return covers(operation, deed.path) || isAround(operation, deed.path);
    // What is written may be read back by whoever writes it.
    if (deed.kind === 'write' && operation.kind === 'read') return false;
    return covers(operation, deed.path);
  });
}

function isOpaque(deed: Deed, operations: readonly Operation[]): boolean {
  return operations.some((operation) => {
    if (operation.kind === 'opaque')
      return (
        operation.of === 'exec' ||
        (deed.kind !== 'exec' && operation.of === (deed.kind === 'list' ? 'read' : deed.kind))
      );
    return (
      operation.kind === 'exec' &&
      operation.traits.some((trait) => open.has(trait)) &&
      (isShellBuiltin(operation.target) || startedBy(deed.by, operation.argv, operation.unknown))
    );
  });
}

/** Code that the shell itself reads: the shell does what it says. */
function isShellBuiltin(target: string): boolean {
  return target === 'source' || target === '.';
}

function startedBy({ ancestry }: Process, words: readonly string[], unknown: readonly number[]): boolean {
  return ancestry.some((argv) => sameWords(words, unknown, argv));
}

function leadsTo(named: string, real: string, source: AnalysisContext): boolean {
  return realPaths(named, '/', { source, made: new Map(), last: true })?.includes(real) === true;
}

function covers(operation: PathOperation, path: string): boolean {
  const { target, recursive } = operation;
  if (!operation.pattern) return target === path || (recursive && isBelow(path, target));
  const wanted = target.split('/');
  const names = path.split('/');
  if (names.length < wanted.length || (names.length > wanted.length && !recursive)) return false;
  return wanted.every((segment, at) => segment === names[at] || matchesSegment(segment, names[at] ?? ''));
}

/** A directory that has to be listed to find what is named. */
function isAround({ target, pattern }: PathOperation, directory: string): boolean {
  return (
    isBelow(pattern ? target.replace(/[*?[].*$/s, '') : target, directory) ||
    posix.dirname(target) === directory ||
    pattern
  );
}

function isBelow(path: string, directory: string): boolean {
  return directory === '/' || path.startsWith(`${directory}/`);
}

/** A word that cannot be told may stand for any number of words. */
export function sameWords(
  words: readonly string[],
  unknown: readonly number[],
  argv: readonly string[],
): boolean {
  if (unknown.length === 0) return JSON.stringify(words) === JSON.stringify(argv);
  const first = unknown[0] ?? 0;
  const after = words.length - 1 - (unknown.at(-1) ?? 0);
  const head = words.slice(0, first);
  const tail = after === 0 ? [] : words.slice(-after);
  return (
    argv.length >= head.length + tail.length &&
    head.every((word, at) => argv[at] === word) &&
    tail.every((word, at) => argv[argv.length - tail.length + at] === word)
  );
}
