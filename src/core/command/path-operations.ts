/** Files that a command reads or writes, as operations: under the name given, and where links lead from there. */
import type { Operation, Span } from '../model/operation.ts';
import { literal, type Field } from './field.ts';
import { Findings } from './findings.ts';
import { limits } from './limits.ts';
import { realPaths } from './links.ts';
import { classifyPath, isHarmless, isWithin, resolvePath, type Place } from './paths.ts';
import { classifyPattern } from './patterns.ts';

const throughUnknown = 'it leads through a link whose target cannot be told';

interface PathHost {
  readonly findings: Findings;
  readonly place: Place;
  /** Directories that relative paths may start from; null if they cannot be told. */
  readonly directories: readonly string[] | null;
}

interface PathUse {
  /** Program that does it, or `redirection`. */
  readonly by: string;
  readonly recursive?: boolean;
  /** Files of names that the program chooses itself. */
  readonly anyName?: boolean;
  /** The directory entry is meant, so that a link is not followed. */
  readonly entry?: boolean;
  /** What the file holds is not seen. */
  readonly unopened?: boolean;
}

/** Every path that the text may reach from there, as written and through links; null if that cannot be told. */
export function reachedPaths(
  text: string,
  from: string,
  { findings, place }: Omit<PathHost, 'directories'>,
  entry = false,
): readonly string[] | null {
  const named = resolvePath(text, from);
  // With a slash behind it, the entry is what the link leads to.
  const last = !entry || text.endsWith('/');
  const real = realPaths(text, from, { source: place, made: findings.links, last });
  if (real === null) return null;
  return real.length === 0 || (real.length === 1 && real[0] === named)
    ? [named]
    : [...new Set([named, ...real])];
}

/** Directories that a process is in after it changed to this one as the kernel does; null if that cannot be told. */
export function reachedFrom(
  text: string,
  directories: readonly string[] | null,
  host: Omit<PathHost, 'directories'>,
): readonly string[] | null {
  if (directories === null) return null;
  const reached = new Set<string>();
  for (const from of directories) {
    const paths = reachedPaths(text, from, host);
    if (paths === null) return null;
    for (const path of paths) reached.add(path);
  }
  return reached.size > limits.directories ? null : [...reached];
}

/** Adds the operations of one path: one for each directory that the command may be in. */
export function addPaths(kind: 'read' | 'write', field: Field, host: PathHost, use: PathUse): void {
  if (field.stream) return;
  const { findings } = host;
  const { span, text } = field;
  if (!field.known) {
    findings.opaque(kind, text, 'the file cannot be told', span);
    const inHome = /^~([\w.-]+\/.*)/s.exec(text)?.[1];
    if (inHome !== undefined) addCredential(resolvePath(`/home/${inHome}`, '/'), span, host, use);
    return;
  }
  if (text === '') return;
  if (text.length > 4_096 || text.includes('\0')) {
    findings.opaque(kind, text, 'it is no possible file name', span);
    return;
  }
  if (!text.startsWith('/') && host.directories === null) {
    findings.opaque(kind, text, 'the directory it is relative to cannot be told', span);
    return;
  }
  for (const directory of host.directories ?? ['/']) {
    const reached = reachedPaths(text, directory, host, use.entry);
    if (reached === null) findings.opaque(kind, text, throughUnknown, span);
    for (const target of reached ?? [resolvePath(text, directory)])
      if (!isHarmless(target) && !isHarmless(text)) addPath(kind, target, field, host, use);
    if (text.startsWith('/')) break;
  }
}

function addPath(kind: 'read' | 'write', target: string, field: Field, host: PathHost, use: PathUse): void {
  const { findings, place } = host;
  const { by, recursive = false, anyName = false, unopened = false } = use;
  const { span, text } = field;
  // A link that a wildcard matched may lead to a path without any.
  const pattern = field.pattern && /[*?[]/.test(target);
  const found = pattern ? classifyPattern(target, place) : classifyPath(target, place);
  if (found === null) {
    findings.opaque(kind, text, 'the pattern may match files anywhere', span);
    return;
  }
  const sensitivity = unopened && found.sensitivity === 'secrets' ? null : found.sensitivity;
  // Most of /etc is harmless, the whole of it is not.
  const area = recursive && /^\/etc(\/\*)?$/.test(target) ? 'system' : found.area;
  findings.add({ kind, target, pattern, recursive, area, sensitivity, by, span });
  if (found.credential !== null) findings.add({ kind: 'credential', target: found.credential, by, span });
  if (anyName && isWithin(place.repository, target))
    findings.opaque(
      kind,
      text,
      'it chooses the names of the files itself, hooks and settings included',
      span,
    );
}

function addCredential(path: string, span: Span, { findings, place }: PathHost, { by }: PathUse): void {
  const { credential } = classifyPath(path, place);
  if (credential !== null) findings.add({ kind: 'credential', target: credential, by, span });
}

/** Operations that come with paths of their own, and those on what they lead to. */
export function withReached(operations: readonly Operation[], place: Place): readonly Operation[] {
  const findings = new Findings();
  for (const operation of operations) {
    findings.add(operation);
    if (!('recursive' in operation)) continue;
    const { kind, target, recursive, by, span } = operation;
    const reached = reachedPaths(target, '/', { findings, place });
    if (reached === null) findings.opaque(kind, target, throughUnknown, span);
    for (const path of reached?.slice(1) ?? [])
      addPath(kind, path, literal(path, span), { findings, place, directories: null }, { by, recursive });
  }
  return findings.result().operations;
}
