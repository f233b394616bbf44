/** A tool that ignores its words is one whose model says nothing at all about them. */
import { expect, test } from 'vitest';
import { ignoresWords, tool, type ToolDescription } from './tool.ts';

const silent = { lenient: true, hides: null } satisfies ToolDescription;

test('says nothing about its words', () => {
  expect(ignoresWords(tool(silent))).toBe(true);
});

test.each<[string, ToolDescription]>([
  ['does something by itself', { ...silent, traits: ['reads'] }],
  ['has a short option that means something', { ...silent, options: { '-o': 'write' } }],
  ['has a long option that means something', { ...silent, options: { '--output': 'write' } }],
  ['is strange by options that are not known', { ...silent, lenient: false }],
  ['may hide something', { ...silent, hides: 'read' }],
  ['takes operands', { ...silent, operands: 'read' }],
  ['looks at them itself', { ...silent, apply: () => {} }],
  ['reads them in its own way', { ...silent, raw: () => {} }],
  ['changes them first', { ...silent, rewrite: (words) => words }],
])('%s', (_, description) => {
  expect(ignoresWords(tool(description))).toBe(false);
});
