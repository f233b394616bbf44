import { assert, array, constantFrom, nat, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockReader, encodeBlock } from '../launcher/blocks.ts';
import { parseBlock } from './protocol.ts';

const read = (bytes: Buffer) => new BlockReader().read(bytes).map(parseBlock);

const image = ['program', '12', '1:2:3:4:5', '/usr/bin/true'];
const attempt = ['exec', '1', '100', '99', '1', '/usr/bin/bash', '/bin/true', '/repo', '1', ...image];

describe('what the supervisor says', () => {
  it('is read item by item', () => {
    const [message] = read(encodeBlock([...attempt, '2', 'true', '', '0']));
    expect(message).toEqual({
      type: 'exec',
      attempt: {
        request: 1,
        process: 100,
        parent: 99,
        lineage: 1,
        starter: '/usr/bin/bash',
        named: '/bin/true',
        directory: '/repo',
        images: [{ kind: 'program', fd: 12, identity: '1:2:3:4:5', path: '/usr/bin/true' }],
        argv: ['true', ''],
        effective: ['true', ''],
      },
    });
    expect(read(encodeBlock(['repeat', '1', '2', '3']))).toEqual([
      { type: 'repeat', request: 1, process: 2, parent: 3, again: null },
    ]);
    expect(read(encodeBlock(['mismatch', '7', '/a', 'a\0', '/b', 'b\0c\0']))).toEqual([
      {
        type: 'mismatch',
        process: 7,
        decided: { path: '/a', argv: ['a'] },
        found: { path: '/b', argv: ['b', 'c'] },
      },
    ]);
  });

  it('is the same however the stream is cut', () => {
    const bytes = Buffer.concat([
      encodeBlock(['hello', 'token', '5']),
      encodeBlock([...attempt, '1', 'ünïcode', '0']),
      encodeBlock(['ready', '7']),
    ]);
    const whole = read(bytes);
    expect(whole).toHaveLength(3);
    assert(
      property(array(nat(bytes.length), { maxLength: 6 }), (cuts) => {
        const reader = new BlockReader();
        const ends = [...cuts, bytes.length].sort((a, b) => a - b);
        const messages = ends.flatMap((end, at) => reader.read(bytes.subarray(ends[at - 1] ?? 0, end)));
        expect(messages.map(parseBlock)).toEqual(whole);
      }),
    );
  });

  it.each([
    ['no type', []],
    ['an unknown type', ['nonsense']],
    ['too few items', ['hello', 'token']],
    ['too many items', ['ready', '7', '7']],
    ['a number that is none', ['ready', '-7']],
    ['a number of another spelling', ['ready', '0x7']],
    ['a list longer than its block', [...attempt, '9', 'true', '0']],
    ['no file', [...attempt.slice(0, 8), '0', '0', '0']],
    ['a kind that does not wait', [...attempt.slice(0, 9), 'other', ...image.slice(1), '0', '0']],
    ['an identity of another form', [...attempt.slice(0, 11), '1:2', '/x', '0', '0']],
  ])('is refused with %s', (_, items) => {
    expect(() => read(encodeBlock(items))).toThrow(/block|list|attempt|Invalid/);
  });

  it('never makes the reader fail in another way than by refusing', () => {
    const item = oneof(string(), constantFrom('exec', 'repeat', 'hello', '1', '2', '65536'));
    const faultOf = (items: readonly string[]): string => {
      try {
        read(encodeBlock(items));
        return 'RangeError';
      } catch (error) {
        return (error as Error).name;
      }
    };
    assert(
      property(array(item), (items) => {
        expect(faultOf(items)).toMatch(/^(RangeError|\$?ZodError)$/);
      }),
    );
  });
});
