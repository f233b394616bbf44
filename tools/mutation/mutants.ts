/**
 * Every mutant of a source file in one text: each place asks `__mutant(id)` whether it is the one that is changed, so
 * that nothing has to be built again between two mutants.
 */
import { parseSync } from 'oxc-parser';

export interface Mutant {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const swapped: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '+': '-',
  '-': '+',
  '&&': '||',
  '||': '&&',
};

/** @param found gets the mutants; ids go on from its length */
export function withMutants(source: string, file: string, found: Mutant[]): string {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message ?? ''}`);

  const raw = ({ start, end }: Node): string => source.slice(start, end);
  const add = (node: Node, after: string, before = raw(node)): number => {
    const line = source.slice(0, node.start).split('\n').length;
    found.push({ id: found.length, file, line, before: oneLine(before), after: oneLine(after) });
    return found.length - 1;
  };
  const either = (node: Node, after: string, rest: string): string =>
    `(__mutant(${add(node, after)})?(${after}):(${rest}))`;

  function render(node: Node): string {
    const children = childrenOf(node);
    let text = '';
    let at = node.start;
    for (const child of children) {
      // `{ a }` is a name and its value in one.
      if (child.start < at) continue;
      text += source.slice(at, child.start) + render(child);
      at = child.end;
    }
    return mutated(node, text + source.slice(at, node.end));
  }

  function mutated(node: Node, text: string): string {
    switch (node.type) {
      case 'BinaryExpression':
      case 'LogicalExpression': {
        const operator = swapped[node['operator'] as string];
        const [left, right] = [node['left'] as Node, node['right'] as Node];
        // Texts are joined with plus; only numbers are worth it.
        if (operator === undefined || (operator === '-' && !/^[\w.]+ \+ \d+$/.test(raw(node)))) return text;
        return either(node, `(${raw(left)}) ${operator} (${raw(right)})`, text);
      }
      case 'UnaryExpression':
        return node['operator'] === '!' ? either(node, raw(node['argument'] as Node), text) : text;
      case 'Literal':
        if (typeof node['value'] === 'boolean') return either(node, String(!node['value']), text);
        return node['regex'] === undefined ? text : expression(node, text);
      case 'ConditionalExpression':
        return either(
          node,
          `!(${raw(node['test'] as Node)}) ? (${raw(node['consequent'] as Node)}) : (${raw(node['alternate'] as Node)})`,
          text,
        );
      case 'ExpressionStatement': {
        const inner = node['expression'] as Node;
        return inner.type === 'CallExpression' || inner.type === 'AssignmentExpression'
          ? `{if(!__mutant(${add(node, '')})){${text}}}`
          : text;
      }
      case 'CallExpression': {
        const callee = node['callee'] as Node;
        const property = callee['property'] as Node | undefined;
        const method = property === undefined ? '' : raw(property);
        const other = { some: 'every', every: 'some', startsWith: 'endsWith', endsWith: 'startsWith' }[
          method
        ];
        if (other === undefined || property === undefined) return text;
        return either(
          node,
          source.slice(node.start, property.start) + other + source.slice(property.end, node.end),
          text,
        );
      }
      default:
        return text;
    }
  }

  /** A regular expression without one of its outermost alternatives, or without an anchor. */
  function expression(node: Node, text: string): string {
    const { pattern, flags } = node['regex'] as { pattern: string; flags: string };
    const fewer = [
      ...withoutOne(pattern),
      ...(pattern.startsWith('^') && !pattern.includes('|') ? [pattern.slice(1)] : []),
      ...(/[^\\]\$$/.test(pattern) && !pattern.includes('|') ? [pattern.slice(0, -1)] : []),
    ];
    return fewer.reduce((rest, one) => either(node, `/${one === '' ? '(?:)' : one}/${flags}`, rest), text);
  }

  return render(program as unknown as Node);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Below types there is nothing that runs. */
function childrenOf(node: Node): readonly Node[] {
  const children: Node[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (
      key === 'typeAnnotation' ||
      key === 'typeArguments' ||
      key === 'returnType' ||
      key === 'typeParameters'
    )
      continue;
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value])
      if (isNode(one) && runs(one)) children.push(one);
  }
  return children.sort((left, right) => left.start - right.start);
}

function runs({ type }: Node): boolean {
  return !type.startsWith('TS') || /^TS(As|NonNull|Satisfies)/.test(type);
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof (value as Node).start === 'number'
  );
}

/** The pattern without each alternative of its outermost level in turn. */
function withoutOne(pattern: string): readonly string[] {
  const bars: number[] = [];
  let depth = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at];
    if (char === '\\') at += 1;
    else if (char === '[') {
      while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1;
    } else if (char === '(') depth += 1;
    else if (char === ')') depth -= 1;
    else if (char === '|' && depth === 0) bars.push(at);
  }
  if (bars.length === 0) return [];
  const edges = [-1, ...bars, pattern.length];
  const parts = edges.slice(1).map((edge, index) => pattern.slice((edges[index] ?? 0) + 1, edge));
  return parts.map((_, gone) => parts.filter((_part, index) => index !== gone).join('|'));
}
