import { describe, expect, it } from 'vitest';
import type { StoredEntry } from '../authority/store/port.ts';
import type { Entry } from '../core/model/entry.ts';
import { treeOf, type TreeNode } from './session-tree.ts';

let index = 0;
function entry(type: Entry['type'], command: string, data: Entry['data'] = {}): StoredEntry {
  const facts = {
    assistant: null,
    repository: null,
    writ: null,
    session: null,
    person: null,
    decision: null,
  };
  return { index: (index += 1), entry: { v: 1, type, time: 0, ...facts, command, data } };
}
const ran = (process: number, parent: number, command: string) =>
  entry('execution.process', command, { process, parent });

/** `command[child, child]` */
const drawn = (nodes: readonly TreeNode[]): string =>
  nodes
    .map(
      ({ stored, children }) => `${stored.entry.command}${children.length > 0 ? `[${drawn(children)}]` : ''}`,
    )
    .join(', ');

describe('the tree of a session', () => {
  it.each<[string, StoredEntry[], string]>([
    ['one program', [ran(2, 1, 'true')], 'true'],
    ['children in the order they came', [ran(2, 1, 'sh'), ran(3, 2, 'a'), ran(4, 2, 'b')], 'sh[a, b]'],
    [
      'grandchildren',
      [ran(2, 1, 'sh'), ran(3, 2, 'make'), ran(4, 3, 'cc'), ran(5, 4, 'ld')],
      'sh[make[cc[ld]]]',
    ],
    [
      'a program in the place of another',
      [ran(2, 1, 'sh'), ran(2, 1, 'git'), ran(3, 2, 'less')],
      'sh[git[less]]',
    ],
    [
      'a shell of a shell that becomes a program later',
      [ran(2, 1, 'sh'), ran(5, 4, 'sleep'), ran(4, 2, 'git')],
      'sh[sleep, git]',
    ],
    [
      'a number that comes again, as that of the same process would',
      [ran(2, 1, 'sh'), ran(3, 2, 'a'), ran(3, 2, 'b')],
      'sh[a[b]]',
    ],
    ['two that name each other', [ran(2, 3, 'a'), ran(3, 2, 'b')], 'a[b]'],
    ['other entries beside them', [entry('decision', 'ls'), ran(2, 1, 'ls')], 'ls, ls'],
    ['an entry without numbers', [entry('execution.process', 'odd', { process: 'x' })], 'odd'],
  ])('%s', (_, entries, expected) => {
    expect(drawn(treeOf(entries))).toBe(expected);
  });
});
