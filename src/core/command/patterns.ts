/** Globs: the worst of what they may match among the files that matter. */
import { credentialFiles } from '../model/credential-stores.ts';
import type { Sensitivity } from '../model/operation.ts';
import { classifyPath, type Classified, type Place } from './paths.ts';
import { sensitiveExamples, sensitiveFolders, sensitivityOf, sensitivityOrder } from './sensitive-paths.ts';

const wild = /[*?[]/;

/**
 * Null where the pattern may match files anywhere. `absolute` has been made absolute and normalised with its
 * wildcards in place.
 */
export function classifyPattern(absolute: string, place: Place): Classified | null {
  const segments = absolute.split('/');
  const firstWild = segments.findIndex((segment) => wild.test(segment));
  const base = segments.slice(0, firstWild).join('/');
  if (firstWild === -1 || base === '' || segments.length > 64) return null;
  const compiled = segments.map(compileSegment);
  // `.*` and `.?` match `..` in shells older than Bash 5.2.
  if (compiled.some((segment) => segment.wild && segment.text.startsWith('.') && matches(segment, '..')))
    return null;
  const at = classifyPath(base, place);
  let worst: Classified = at;
  for (const example of credentialFiles(place.home)) {
    if (!example.startsWith(base) || !matchesPath(compiled, example)) continue;
    const found = classifyPath(example, place);
    const area = at.area === 'repository' ? at.area : found.area;
    if (found.credential !== null)
      worst = { ...worst, area, credential: worst.credential ?? found.credential };
    else if (found.area === 'system') worst = { ...worst, area };
  }
  // A pattern among processes matches their memory and environment too.
  if (at.area === 'process') return { ...worst, sensitivity: 'secrets' };
  return at.area === 'repository' ? withSensitivity(worst, compiled, place) : worst;
}

function withSensitivity(found: Classified, compiled: readonly Segment[], place: Place): Classified {
  const inside = compiled.slice(place.repository.split('/').length);
  // `*` and `[a-z]*` name nothing in particular: they stand for the directory.
  if (inside.at(-1)?.anything === true && inside.filter((segment) => segment.wild).length === 1) return found;
  let { sensitivity } = found;
  const end = /[^*?]*$/.exec(inside.at(-1)?.text ?? '')?.[0] ?? '';
  for (const { example, depth } of examples) {
    if (depth === 1 && !example.endsWith(end)) continue;
    // What counts at the top of the repository counts in its folders too.
    const deeper = inside.length - depth;
    const named = deeper > 0 && inside.slice(deeper).some(({ text }) => text !== '*');
    if (!matchesPath(inside, example) && !(named && matchesPath(inside.slice(deeper), example))) continue;
    const other = sensitivityOf(example);
    if (rank(other) < rank(sensitivity)) sensitivity = other;
  }
  // Whatever lies in a folder that matters, under any name.
  for (const segment of inside.slice(0, -1))
    if (segment.wild)
      for (const folder of sensitiveFolders)
        if (matches(segment, folder)) {
          const other = sensitivityOf(folder);
          if (rank(other) < rank(sensitivity)) sensitivity = other;
        }
  return { ...found, sensitivity };
}

const examples = sensitiveExamples.map((example) => ({ example, depth: example.split('/').length }));

function rank(sensitivity: Sensitivity | null): number {
  return sensitivity === null ? sensitivityOrder.length : sensitivityOrder.indexOf(sensitivity);
}

/** Whether a file of this name may be what the wildcards of one segment match. */
export function matchesSegment(segment: string, name: string): boolean {
  return matches(compileSegment(segment), name.toLowerCase());
}

interface Segment {
  /** In lower case; brackets stand as `?` or `*`, which is generous. */
  readonly text: string;
  readonly wild: boolean;
  /** Matches most names there are. */
  readonly anything: boolean;
}

/** `[a-z]`, `[!x]`, `[]x]`; whatever else begins with a bracket may match anything. */
const bracket = /\[[!^]?\]?(?:\[:\w+:\]|[^[\]\\])*\]/g;
const anything = /^(\[([!^][^\]\\[-]|(a-z|A-Z|\[:(alpha|alnum|lower|upper):\])+)\])?\*+$/;
const unsure = /\[.*/s;

function compileSegment(segment: string): Segment {
  const text = segment.toLowerCase();
  if (!wild.test(segment)) return { text, wild: false, anything: false };
  return {
    text: text.replace(bracket, '?').replace(unsure, '?*').replace(/\*+/g, '*'),
    wild: true,
    anything: anything.test(segment),
  };
}

function matchesPath(pattern: readonly Segment[], example: string): boolean {
  let from = 0;
  for (const [index, segment] of pattern.entries()) {
    const slash = example.indexOf('/', from);
    const last = slash < 0;
    const name = last ? example.slice(from) : example.slice(from, slash);
    if (!matches(segment, name)) return false;
    // A file below a directory that matters, such as `.git/*/x`, is as grave as what is known there.
    if (last) return index === pattern.length - 1 || example.includes('/');
    from = slash + 1;
  }
  return false;
}

function matches({ text }: Segment, name: string): boolean {
  if (name.startsWith('.') && text.startsWith('*')) return false;
  let at = 0;
  let star = -1;
  let retry = 0;
  for (let index = 0; index < name.length;) {
    if (at < text.length && (text[at] === '?' || text[at] === name[index])) {
      at += 1;
      index += 1;
    } else if (text[at] === '*') {
      star = at;
      retry = index;
      at += 1;
    } else if (star >= 0) {
      at = star + 1;
      retry += 1;
      index = retry;
    } else return false;
  }
  while (text[at] === '*') at += 1;
  return at === text.length;
}
