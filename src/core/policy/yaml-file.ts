/** YAML text to a validated value, every fault with its place. */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
import type { z } from 'zod';
import type { Place } from '../model/errors.ts';
import { didYouMean } from './nearest.ts';
import { error, quoted, type PolicyProblem } from './problem.ts';

const mostProblems = 100;

export type Path = readonly PropertyKey[];

export interface YamlFile<T> {
  readonly value: T | null;
  readonly problems: readonly PolicyProblem[];
  /** Where the value at a path is written; the nearest enclosing one if there is none. */
  readonly placeOf: (path: Path) => Place;
  /** Where the key at a path is written. */
  readonly placeOfKey: (path: Path) => Place;
}

/** Aliases, tags and duplicate keys are refused: what one reads in the file is what holds. */
export function readYaml<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
): YamlFile<z.output<Schema>> {
  const start: Place = { file, line: 1, column: 1 };
  try {
    return read(file, text, schema, start);
  } catch (fault) {
    // The parser recurses: a RangeError is an exhausted stack.
    if (!(fault instanceof RangeError)) throw fault;
    return failed([error('yaml_too_deep', start, 'the file nests too deep to be read')], start);
  }
}

function failed(problems: readonly PolicyProblem[], start: Place): YamlFile<never> {
  return { value: null, problems, placeOf: () => start, placeOfKey: () => start };
}

function read<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
  start: Place,
): YamlFile<z.output<Schema>> {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false, // the library's own check is quadratic
    merge: false,
    schema: 'core',
    version: '1.2',
    prettyErrors: false,
    logLevel: 'error',
  });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return line === 0 ? start : { file, line, column: col };
  };
  // The library catches its own exhausted stack and goes on.
  if (document.errors.some((fault) => fault.message.includes('call stack')))
    throw new RangeError('nested too deep');
  const faults = [...document.errors, ...document.warnings]
    .slice(0, mostProblems)
    .map((fault) => error('yaml_syntax', place(fault.pos[0]), fault.message));
  const structure = faults.length > 0 ? faults : structuralFaults(document, place);
  if (structure.length > 0) return failed(structure, start);

  const locate = locator(document, place, start);
  const data: unknown = document.toJS();
  const parsed = schema.safeParse(data);
  if (parsed.success) return { value: parsed.data, problems: [], ...locate };
  const shape = knownKeys(schema);
  const problems = parsed.error.issues
    .slice(0, mostProblems)
    .flatMap((issue) => fromIssue(issue, data, locate, shape));
  return { value: null, problems: problems.slice(0, mostProblems), ...locate };
}

function structuralFaults(document: Document, place: (offset: number) => Place): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  visit(document, {
    Node(_key, node) {
      if (problems.length >= mostProblems) return visit.BREAK;
      const at = place(node.range?.[0] ?? 0);
      if (isAlias(node) || node.anchor !== undefined) {
        problems.push(error('yaml_alias', at, 'anchors and aliases are not allowed', 'Write the value out.'));
      } else if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')) {
        problems.push(error('yaml_syntax', at, `unknown tag ${quoted(node.tag)}`));
      }
    },
    Map(_key, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (problems.length >= mostProblems) return visit.BREAK;
        const at = place((key as Node | null)?.range?.[0] ?? 0);
        if (!isScalar(key)) {
          problems.push(error('yaml_syntax', at, 'a key must be plain text'));
          continue;
        }
        const name = String(key.value);
        if (seen.has(name)) {
          problems.push(error('key_duplicate', at, `${quoted(name)} is given twice`, 'Keep one of them.'));
        }
        // Objects treat this name as no member at all, so that it would vanish without a word.
        if (name === '__proto__') problems.push(error('value_invalid', at, '"__proto__" is no usable name'));
        seen.add(name);
      }
    },
  });
  return problems;
}

type Locator = Pick<YamlFile<unknown>, 'placeOf' | 'placeOfKey'>;

function locator(document: Document, place: (offset: number) => Place, start: Place): Locator {
  const find = (path: Path, wanted: 'key' | 'value'): Place => {
    let node: unknown = document.contents;
    let at = offsetOf(node);
    for (const [index, segment] of path.entries()) {
      const child = isMap(node)
        ? node.items.find(
            (pair) => isPair(pair) && isScalar(pair.key) && String(pair.key.value) === String(segment),
          )
        : isSeq(node)
          ? node.items[Number(segment)]
          : undefined;
      if (child === undefined) break;
      const last = index === path.length - 1;
      if (isPair(child)) {
        node = child.value;
        at =
          (last && wanted === 'key') || node === null
            ? offsetOf(child.key)
            : (offsetOf(node) ?? offsetOf(child.key));
        // A missing member is reported where its owner is named.
        if (!last && !isScalar(node)) at = offsetOf(child.key);
      } else {
        node = child;
        at = offsetOf(node);
      }
    }
    return at === null ? start : place(at);
  };
  return { placeOf: (path) => find(path, 'value'), placeOfKey: (path) => find(path, 'key') };
}

function offsetOf(node: unknown): number | null {
  return (node as Node | null | undefined)?.range?.[0] ?? null;
}

function fromIssue(
  issue: z.core.$ZodIssue,
  data: unknown,
  locate: Locator,
  shape: readonly string[],
): PolicyProblem[] {
  const name = issue.path.length === 0 ? 'the file' : quoted(issue.path.map(String).join('.'));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, mostProblems).map((key) => {
      const where = issue.path.length === 0 ? 'at the top level' : `in ${name}`;
      const at = locate.placeOfKey([...issue.path, key]);
      return error('key_unknown', at, `unknown key ${quoted(key)} ${where}`, didYouMean(key, shape));
    });
  }
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? 'is no valid name';
    return [error('value_invalid', locate.placeOfKey(issue.path), `the key ${name} ${message}`)];
  }
  if (!exists(data, issue.path)) {
    const hint = issue.code === 'invalid_type' ? `Expected: ${issue.expected}.` : `${issue.message}.`;
    return [error('key_missing', locate.placeOf(issue.path), `${name} is missing`, hint)];
  }
  const message = issue.message.startsWith('must ') ? issue.message : `is wrong: ${issue.message}`;
  return [error('value_invalid', locate.placeOf(issue.path), `${name} ${message}`)];
}

function exists(data: unknown, path: Path): boolean {
  let value = data;
  for (const segment of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, segment)) return false;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return true;
}

/** Every key that any object of the schema knows, for suggestions. */
function knownKeys(schema: z.ZodType): string[] {
  const keys = new Set<string>();
  const seen = new Set<unknown>();
  const walk = (value: unknown): void => {
    if (value === null || typeof value !== 'object' || seen.has(value)) return;
    seen.add(value);
    const definition = (value as { _zod?: { def?: Record<string, unknown> } })._zod?.def;
    if (definition === undefined) return;
    const shape = definition['shape'];
    if (shape !== undefined && shape !== null && typeof shape === 'object') {
      for (const [key, member] of Object.entries(shape)) {
        keys.add(key);
        walk(member);
      }
    }
    if (Array.isArray(definition['options'])) definition['options'].forEach(walk);
    for (const part of ['element', 'innerType', 'valueType', 'in', 'out']) walk(definition[part]);
  };
  walk(schema);
  return [...keys];
}
