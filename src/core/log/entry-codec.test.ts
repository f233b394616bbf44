import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Entry, Json } from '../model/entry.ts';
import { decodeEntry, encodeEntry } from './entry-codec.ts';
import { fitEntry } from './fit-entry.ts';

const plain: Entry = {
  v: 1,
  type: 'decision',
  time: 1_790_000_000_000,
  assistant: 'claude',
  repository: 'github.com/acme/shop',
  writ: 'w1',
  session: null,
  person: null,
  command: 'git status',
  decision: 'allow',
  data: { policies: ['stock.reads'] },
};
const text = (entry: Entry): string => Buffer.from(encodeEntry(entry)).toString();
const withCode = (code: string): unknown => expect.objectContaining({ code });
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');

describe('encoding', () => {
  test('is canonical JSON', () => {
    expect(text(plain)).toBe(
      '{"assistant":"claude","command":"git status","data":{"policies":["stock.reads"]},"decision":"allow",' +
        '"person":null,"repository":"github.com/acme/shop","session":null,"time":1790000000000,' +
        '"type":"decision","v":1,"writ":"w1"}',
    );
  });

  test('is read back as it was, whatever the data', () => {
    const json = fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<Json>;
    const command = fc.string({ unit: 'binary' }).filter((given) => given.isWellFormed());
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), command, (data, given) => {
        const entry = { ...plain, command: given, data: JSON.parse(JSON.stringify(data)) as Entry['data'] };
        expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
      }),
    );
  });

  const deep = (levels: number): Json => (levels === 0 ? 1 : [deep(levels - 1)]);
  test.each<[string, unknown]>([
    ['an unknown type', { ...plain, type: 'gossip' }],
    ['another version', { ...plain, v: 2 }],
    ['a fractional time', { ...plain, time: 1.5 }],
    ['a negative time', { ...plain, time: -1 }],
    ['a missing member', { ...plain, writ: undefined }],
    ['a member too many', { ...plain, note: 'x' }],
    ['a list for data', { ...plain, data: [] }],
    ['a lone surrogate', { ...plain, command: '\ud800' }],
    ['an infinite number', { ...plain, data: { x: Infinity } }],
    ['data too deep', { ...plain, data: { x: deep(100) } }],
    ['data far too deep', { ...plain, data: { x: deep(5000) } }],
    ['an endless name', { ...plain, assistant: 'a'.repeat(2049) }],
  ])('refuses %s', (_, entry) => {
    expect(() => encodeEntry(entry as Entry)).toThrow(withCode('entry_invalid'));
    expect(() => fitEntry(entry as Entry)).toThrow(withCode('entry_invalid'));
  });

  test('refuses more than 65,535 bytes, and takes exactly that', () => {
    const room = 65_535 - encodeEntry({ ...plain, command: '' }).length;
    expect(encodeEntry({ ...plain, command: 'x'.repeat(room) })).toHaveLength(65_535);
    expect(() => encodeEntry({ ...plain, command: 'x'.repeat(room + 1) })).toThrow(
      withCode('entry_too_long'),
    );
  });
});

describe('decoding', () => {
  const good = text(plain);
  test.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['another JSON', '[]'],
    ['a space', good.replace(':1,', ': 1,')],
    ['members in another order', `{"v":1,${good.slice(1).replace(',"v":1', '')}`],
    ['a member twice', good.replace('"v":1', '"v":1,"v":1')],
    ['an escape that is not needed', good.replace('git', '\\u0067it')],
    ['a number written otherwise', good.replace('1790000000000', '1.79e12')],
    ['a number that doubles cannot hold', good.replace('["stock.reads"]', '9007199254740993')],
    ['a byte order mark', `\ufeff${good}`],
    [
      'broken UTF-8',
      Buffer.concat([Buffer.from(good.slice(0, 14)), Buffer.of(0xff), Buffer.from(good.slice(14))]),
    ],
    ['a lone surrogate', good.replace('git', '\\ud800')],
    ['a prototype', good.replace('"v":1', '"__proto__":{},"v":1')],
    ['30,000 brackets', '['.repeat(30_000)],
    ['30,000 levels', good.replace('["stock.reads"]', '['.repeat(30_000) + ']'.repeat(30_000))],
    ['70,000 bytes', ' '.repeat(70_000)],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeEntry(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)).toThrow(
      withCode('entry_malformed'),
    );
  });
});

describe('fitting', () => {
  test('leaves what fits alone', () => {
    expect(fitEntry(plain)).toBe(plain);
  });

  test('keeps the beginning of a long command and says what it was', () => {
    const command = `echo ${'é'.repeat(100_000)}`;
    const fitted = fitEntry({ ...plain, command });
    expect(command.startsWith(fitted.command as string)).toBe(true);
    expect(Buffer.byteLength(fitted.command as string)).toBeGreaterThan(16_000);
    expect(fitted.data).toEqual({
      policies: ['stock.reads'],
      shortened: { '/command': { sha256: sha256(command), bytes: Buffer.byteLength(command) } },
    });
  });

  test('keeps the beginning of long lists, with the digest of the whole', () => {
    const argv = Array.from({ length: 20_000 }, (_, at) => `file-${at}.txt`);
    const fitted = fitEntry({ ...plain, data: { operations: [{ argv }], 'a/b~': 'y'.repeat(50_000) } });
    const shortened = fitted.data['shortened'] as Record<string, Json>;
    const canonical = JSON.stringify(argv);
    expect(shortened['/data/operations/0/argv']).toEqual({
      sha256: sha256(canonical),
      bytes: canonical.length,
      items: 20_000,
    });
    expect(shortened['/data/a~1b~0']).toEqual({ sha256: sha256('y'.repeat(50_000)), bytes: 50_000 });
    const kept = (fitted.data['operations'] as [{ argv: string[] }])[0].argv;
    expect(argv.slice(0, kept.length)).toEqual(kept);
    expect(kept.length).toBeGreaterThan(10);
  });

  test('makes anything fit that has few members, the same way each time', () => {
    const strings = fc.string({ unit: 'grapheme', maxLength: 60 }).map((given) => given.repeat(2000));
    const data = fc.dictionary(fc.string({ maxLength: 10 }), fc.oneof(strings, fc.array(strings)), {
      maxKeys: 8,
    });
    fc.assert(
      fc.property(strings, data, (command, given) => {
        fc.pre(!Object.hasOwn(given, 'shortened'));
        const entry: Entry = { ...plain, command, data: given };
        const fitted = fitEntry(entry);
        expect(encodeEntry(fitted).length).toBeLessThanOrEqual(65_535);
        expect(fitEntry(structuredClone(entry))).toEqual(fitted);
        expect(fitEntry(fitted)).toBe(fitted);
        expect(command.startsWith(fitted.command as string)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test.each<[string, Entry['data']]>([
    ['too many members', Object.fromEntries(Array.from({ length: 9000 }, (_, at) => [`member-${at}`, at]))],
    ['a member called shortened', { shortened: {}, x: 'y'.repeat(70_000) }],
    ['an endless key', { ['k'.repeat(70_000)]: 1 }],
  ])('gives up on %s', (_, data) => {
    expect(() => fitEntry({ ...plain, data })).toThrow(withCode('entry_too_long'));
  });
});
