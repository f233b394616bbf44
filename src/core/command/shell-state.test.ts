/** What two ways through a text know together, and what is forgotten. */
import { describe, expect, test } from 'vitest';
import { literal, unknown, type Field } from './field.ts';
import { ShellState, onlySystemDirectories, type FunctionBody, type Value } from './shell-state.ts';

const span = { start: 0, end: 0 };
const state = (variables: Readonly<Record<string, Value>> = {}): ShellState =>
  new ShellState(['/repo'], new Map(Object.entries(variables)));
const changed = (change: (of: ShellState) => void): ShellState => {
  const made = state();
  change(made);
  return made;
};
const words = (...texts: readonly string[]): readonly Field[] => texts.map((text) => literal(text, span));
const body = { type: 'CompoundList', commands: [] } as unknown as FunctionBody;
const other = { ...body } as FunctionBody;

test('after cd the directory is that of its success or of its failure', () => {
  const after = changed((of) => {
    of.directories = ['/repo/a'];
    of.directoriesIfFailed = ['/repo'];
  });
  const [ok, failed] = after.fork().split();
  expect([ok.directories, ok.directoriesIfFailed]).toEqual([['/repo/a'], undefined]);
  expect([failed.directories, failed.directoriesIfFailed]).toEqual([['/repo'], undefined]);
  const joined = state().join(after);
  expect(joined.directories).toEqual(['/repo', '/repo/a']);
  // What is joined stays as it was for whoever goes on from it.
  expect([after.directories, after.directoriesIfFailed]).toEqual([['/repo/a'], ['/repo']]);
  after.forget();
  expect(after.split()[1].directories).toBeNull();
});

test('whatever was sourced may have changed all of it', () => {
  const forgotten = changed((of) => {
    of.positional = words('a');
    of.forget();
  });
  expect(forgotten).toMatchObject({ positional: null, volatile: true, names: 'sourced' });
});

describe.each<[string, (of: ShellState) => void]>([
  ['volatile', (of) => (of.volatile = true)],
  ['oddExpansion', (of) => (of.oddExpansion = true)],
  ['physical', (of) => (of.physical = true)],
  ['aliases', (of) => (of.aliases = true)],
  ['expandsAliases', (of) => (of.expandsAliases = true)],
])('%s', (name, set) => {
  test('holds behind a join where it held on one way', () => {
    const one = changed(set);
    for (const joined of [one.join(state()), state().join(one)])
      expect(joined).toMatchObject({ [name]: true });
    expect(one.equals(state())).toBe(false);
    expect(state().join(state())).toMatchObject({ [name]: false });
  });
});

test('the graver doubt about names counts', () => {
  const path = changed((of) => (of.names = 'path'));
  const sourced = changed((of) => (of.names = 'sourced'));
  const named = (of: ShellState): string => of.names;
  expect(
    [path.join(sourced), sourced.join(path), path.join(state()), state().join(sourced)].map(named),
  ).toEqual(['path', 'path', 'path', 'sourced']);
});

test.each<[string, Value | undefined, Value | undefined, Value]>([
  ['the same', { text: 'a' }, { text: 'a' }, { text: 'a' }],
  ['another', { text: 'a' }, { text: 'b' }, 'unknown'],
  ['two numbers', { text: '1' }, 'numeric', 'numeric'],
  ['a number or a text', 'numeric', { text: 'a' }, 'unknown'],
  ['set on one way', { text: 'a' }, undefined, 'unknown'],
  ['set on the other', undefined, { text: 'a' }, 'unknown'],
])('a variable behind a join: %s', (_, left, right, value) => {
  const one = state(left === undefined ? {} : { x: left });
  const two = state(right === undefined ? {} : { x: right });
  const joined = one.join(two);
  expect(joined.variable('x')).toEqual(value);
  expect(joined.touched('x')).toBe(true);
  expect(one.equals(two)).toBe(one === two || JSON.stringify(left) === JSON.stringify(right));
  expect(two.equals(one)).toBe(JSON.stringify(left) === JSON.stringify(right));
});

test.each<[readonly Field[] | null, readonly Field[] | null, readonly Field[] | null]>([
  [words('a', 'b'), words('a', 'b'), words('a', 'b')],
  [words('a', 'b'), words('a', 'c'), null],
  [words('a'), words('a', 'b'), null],
  [words('a'), null, null],
  [[unknown('$x', span)], [unknown('$x', span)], null],
])('positional parameters behind a join', (left, right, both) => {
  const one = changed((of) => (of.positional = left));
  const two = changed((of) => (of.positional = right));
  expect(one.join(two).positional).toEqual(both);
  expect(one.equals(two)).toBe(both !== null);
});

test('directories are the same in any order, and no fewer', () => {
  const at = (...directories: readonly string[]) => changed((of) => (of.directories = directories));
  expect(at('/a', '/b').equals(at('/b', '/a'))).toBe(true);
  expect(at('/a', '/b').equals(at('/a', '/c'))).toBe(false);
  expect(at('/a').equals(at('/a', '/b'))).toBe(false);
});

test('functions behind a join stand for any of their bodies, or for none', () => {
  const one = changed((of) => of.defineFunction('f', body));
  const two = changed((of) => of.defineFunction('f', other));
  const three = changed((of) => {
    of.defineFunction('f', body);
    of.defineFunction('g', body);
  });
  expect(one.join(two).functions('f')).toEqual([body, other]);
  expect(one.join(state()).functions('f')).toEqual([body, null]);
  expect(state().join(one).functions('f')).toEqual([null, body]);
  expect([one.join(state()).isNoFunction('f'), state().isNoFunction('f')]).toEqual([false, true]);
  expect([one.equals(three), three.equals(one), one.equals(two)]).toEqual([false, false, true]);
  expect(three.join(one).equals(three)).toBe(false);
});

test('more functions than are followed are names that no longer tell what runs', () => {
  const many = state();
  for (let at = 0; at < 300; at += 1) many.defineFunction(`f${at}`, body);
  expect(many.names).toBe('path');
});

test.each([
  ['/usr/bin:/bin', true],
  ['/usr/local/sbin', true],
  ['/usr/bin:/tmp', false],
  ['/tmp:/usr/bin', false],
  ['', false],
])('only directories of the system in %s: %s', (path, only) => {
  expect(onlySystemDirectories(path)).toBe(only);
});
