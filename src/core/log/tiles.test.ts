import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeBundle,
  decodeTile,
  encodeBundle,
  parseTilePath,
  tilePath,
  tilesOf,
  tileWidthAt,
  type TileName,
} from './tiles.ts';

test.each<readonly [TileName, string]>([
  [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
  [{ level: 0, index: 0, width: 3 }, 'tile/0/000.p/3'],
  [{ level: 0, index: 273, width: 112 }, 'tile/0/273.p/112'],
  [{ level: 2, index: 999, width: 256 }, 'tile/2/999'],
  [{ level: 1, index: 1000, width: 255 }, 'tile/1/x001/000.p/255'],
  [{ level: 'entries', index: 1_234_067, width: 256 }, 'tile/entries/x001/x234/067'],
  [{ level: 'entries', index: 1_234_067, width: 1 }, 'tile/entries/x001/x234/067.p/1'],
])('%o is at %s', (name, path) => {
  expect(tilePath(name)).toBe(path);
  expect(parseTilePath(path)).toEqual(name);
});

test.each([
  '',
  'checkpoint',
  'tile/0/0',
  'tile/0/0000',
  'tile/00/000',
  'tile/64/000',
  'tile/-1/000',
  'tile/0/x000/001',
  'tile/0/001/002',
  'tile/0/x001',
  'tile/0/000.p/0',
  'tile/0/000.p/256',
  'tile/0/000.p/01',
  'tile/0/000.p/',
  'tile/0/000/',
  '/tile/0/000',
  'tile/0/../000',
  'tile/entry/000',
  'tile/0/000\n',
  `tile/0/${'x001/'.repeat(40)}001`,
  'tile/0/٠٠٠',
])('%j names no tile', (path) => {
  expect(parseTilePath(path)).toBeNull();
});

test('every name survives its path', () => {
  const names = fc.record({
    level: fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 })),
    index: fc.integer({ min: 0, max: 999_999_999_999_999 }),
    width: fc.integer({ min: 1, max: 256 }),
  });
  fc.assert(
    fc.property(names, (name) => {
      expect(parseTilePath(tilePath(name))).toEqual(name);
    }),
  );
});

test('a log of 70,000 has the tiles of the standard’s example', () => {
  const paths = [...tilesOf(70_000)].map(tilePath);
  expect(paths.filter((path) => path.startsWith('tile/0/'))).toHaveLength(274);
  expect(paths.filter((path) => path.startsWith('tile/entries/'))).toHaveLength(274);
  expect(paths).toContain('tile/0/273.p/112');
  expect(paths.filter((path) => /^tile\/[1-9]/.test(path))).toEqual([
    'tile/1/000',
    'tile/1/001.p/17',
    'tile/2/000.p/1',
  ]);
  expect([...tilesOf(0)]).toEqual([]);
  expect([...tilesOf(256)].map(tilePath)).toEqual(['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1']);
});

test('the width of a tile follows from the size alone', () => {
  for (const size of [0, 1, 255, 256, 257, 65_536, 70_000]) {
    for (const name of tilesOf(size)) expect(tileWidthAt(size, name)).toBe(name.width);
    expect(tileWidthAt(size, { level: 0, index: Math.floor(size / 256) + 1 })).toBe(0);
  }
});

test('bundles are the bytes of the published vector', () => {
  const bundle = encodeBundle(['a', 'b', 'c'].map((text) => Buffer.from(text)));
  expect(Buffer.from(bundle).toString('hex')).toBe('000161000162000163');
  expect(decodeBundle(bundle, 3).map((entry) => Buffer.from(entry).toString())).toEqual(['a', 'b', 'c']);
});

test('bundles and only bundles are read', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(entries, (given) => {
      const bundle = encodeBundle(given);
      expect(decodeBundle(bundle, given.length).map((entry) => [...entry])).toEqual(
        given.map((entry) => [...entry]),
      );
      const malformed = expect.objectContaining({ code: 'tile_malformed' });
      expect(() => decodeBundle(bundle, given.length + 1)).toThrow(malformed);
      expect(() => decodeBundle(bundle, given.length - 1)).toThrow(malformed);
      expect(() => decodeBundle(bundle.subarray(0, -1), given.length)).toThrow(malformed);
      expect(() => decodeBundle(Buffer.concat([bundle, Buffer.of(0)]), given.length)).toThrow(malformed);
    }),
  );
});

test('an entry may have all of 65,535 bytes and none', () => {
  const given = [new Uint8Array(65_535), new Uint8Array()];
  expect(decodeBundle(encodeBundle(given), 2).map((entry) => entry.length)).toEqual([65_535, 0]);
});

test('a tile is exactly its hashes', () => {
  expect(decodeTile(new Uint8Array(64), 2)).toHaveLength(2);
  expect(() => decodeTile(new Uint8Array(63), 2)).toThrow(
    expect.objectContaining({ code: 'tile_malformed' }),
  );
  expect(() => decodeTile(new Uint8Array(96), 2)).toThrow(
    expect.objectContaining({ code: 'tile_malformed' }),
  );
});
