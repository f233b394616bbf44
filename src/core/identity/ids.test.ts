import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idRandomBytes, isId, newId } from './ids.ts';

const now = 1_790_000_000_000;
const random = Buffer.alloc(idRandomBytes, 0x5a);
const time = fc.nat({ max: 32 ** 9 - 1 });
const bytes = fc.uint8Array({ minLength: idRandomBytes, maxLength: idRandomBytes });

describe('an id', () => {
  test('says what it names, and is one of that kind only', () => {
    for (const prefix of ['writ', 'apr', 'ses'] as const) {
      const id = newId(prefix, now, random);
      expect(id).toMatch(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{25}$`));
      expect((['writ', 'apr', 'ses'] as const).filter((one) => isId(one, id))).toEqual([prefix]);
    }
  });

  test('sorts by the time at which it was made, whatever the randomness', () => {
    fc.assert(
      fc.property(time, time, bytes, bytes, (one, two, a, b) => {
        const [first, second] = [newId('writ', one, a), newId('writ', two, b)];
        expect(one === two || first < second === one < two).toBe(true);
        expect(isId('writ', first)).toBe(true);
      }),
    );
  });

  test('holds all of the randomness: two differ when any bit of it does', () => {
    fc.assert(
      fc.property(bytes, fc.nat(idRandomBytes * 8 - 1), (a, bit) => {
        const b = Uint8Array.from(a);
        b[bit >> 3] = (b[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(newId('writ', now, a)).not.toBe(newId('writ', now, b));
      }),
    );
  });

  test('made ten thousand times in one millisecond is never twice the same', () => {
    const made = Array.from({ length: 10_000 }, () => newId('apr', now, randomBytes(idRandomBytes)));
    expect(new Set(made).size).toBe(10_000);
  });

  test('takes the fraction of a millisecond that clocks may give', () => {
    expect(newId('ses', now + 0.75, random)).toBe(newId('ses', now, random));
  });

  test('is not made from too little randomness', () => {
    expect(() => newId('writ', now, Buffer.alloc(idRandomBytes - 1))).toThrow(RangeError);
  });

  const id = newId('writ', now, random);
  test.each([
    ['nothing', ''],
    ['the prefix alone', 'writ_'],
    ['another prefix', id.replace('writ_', 'apr_')],
    ['no prefix', id.slice(5)],
    ['a character too few', id.slice(0, -1)],
    ['a character too many', `${id}0`],
    ['a line break after', `${id}\n`],
    ['capitals', id.toUpperCase()],
    ['a letter that is easily misread', `${id.slice(0, -1)}l`],
    ['a path', `writ_../../../etc/passwd${'0'.repeat(6)}`],
    ['letters of other scripts', `${id.slice(0, -1)}а`],
  ])('%s is none', (_, text) => {
    expect(isId('writ', text)).toBe(false);
  });
});
