import { describe, expect, test } from 'vitest';
import type { Entry } from '../model/entry.ts';
import { signCheckpoint } from './checkpoint.ts';
import { encodeEntry } from './entry-codec.ts';
import { Frontier } from './frontier.ts';
import { leafHash, type Hash } from './merkle.ts';
import { encodeBundle, tilePath, tilesOf } from './tiles.ts';
import { signerFromSeed } from './verifier-key.ts';
import { verifyLog, type LogReport, type TrustedHead } from './verify.ts';

const signer = signerFromSeed('test.example/log', new Uint8Array(32).fill(7));
const size = 66_000;
const entries = Array.from({ length: size }, (_, at) => entryBytes(at));

function entryBytes(at: number, command = `echo ${at}`): Uint8Array {
  const nobody = { assistant: null, repository: null, writ: null, session: null, person: null };
  const entry: Entry = { v: 1, type: 'decision', time: at, ...nobody, command, decision: 'allow', data: {} };
  return encodeEntry(entry);
}

type Layout = Map<string, Uint8Array>;

/** The files of a log of these entries. */
function layoutOf(given: readonly Uint8Array[], by = signer): Layout {
  const frontier = new Frontier();
  const hashes = new Map<string, readonly Hash[]>();
  for (const entry of given) {
    for (const tile of frontier.append(leafHash(entry)))
      hashes.set(tilePath({ ...tile, width: 256 }), tile.hashes);
  }
  const layout: Layout = new Map();
  for (const name of tilesOf(given.length)) {
    const bytes =
      name.level === 'entries'
        ? encodeBundle(given.slice(name.index * 256, name.index * 256 + name.width))
        : Buffer.concat(hashes.get(tilePath(name)) ?? frontier.edges[name.level] ?? []);
    layout.set(tilePath(name), bytes);
  }
  return layout.set('checkpoint', Buffer.from(signCheckpoint(given.length, frontier.root(), by)));
}

function headOf(given: readonly Uint8Array[]): TrustedHead {
  const frontier = new Frontier();
  for (const entry of given) frontier.append(leafHash(entry));
  return { size: given.length, root: frontier.root() };
}

function verify(layout: Layout, trusted?: TrustedHead): Promise<LogReport> {
  const read = async (path: string): Promise<Uint8Array | null> => layout.get(path) ?? null;
  return verifyLog({ read, vkey: signer.vkey, ...(trusted === undefined ? {} : { trusted }) });
}

/** Five bundles, two levels of tiles. */
const few = 1100;
const sound = layoutOf(entries.slice(0, few));

test.each([0, 1, 2, 255, 256, 257, 600, size])('a log of %i entries is sound', async (count) => {
  const report = await verify(
    layoutOf(entries.slice(0, count)),
    headOf(entries.slice(0, Math.floor(count / 2))),
  );
  expect(report.failures).toEqual([]);
  expect(report.checkpoint?.size).toBe(count);
});

test('full tiles stand in for partial ones that were deleted', async () => {
  const layout = layoutOf(entries.slice(0, 700));
  const later = layoutOf(entries.slice(0, 1000));
  for (const level of ['0', 'entries']) {
    layout.delete(`tile/${level}/002.p/188`);
    layout.set(`tile/${level}/002`, later.get(`tile/${level}/002`) as Uint8Array);
  }
  expect((await verify(layout)).failures).toEqual([]);
});

describe('tampering is told by what and where', () => {
  const flip = (path: string, at: number) => (layout: Layout) => {
    const bytes = Uint8Array.from(layout.get(path) as Uint8Array);
    bytes[at] = (bytes[at] as number) ^ 1;
    layout.set(path, bytes);
  };
  const bundle =
    (index: number, change: (given: readonly Uint8Array[]) => readonly Uint8Array[]) => (layout: Layout) => {
      layout.set(
        tilePath({ level: 'entries', index, width: 256 }),
        encodeBundle(change(entries.slice(index * 256, index * 256 + 256))),
      );
    };
  const cut = (path: string) => (layout: Layout) =>
    layout.set(path, (layout.get(path) as Uint8Array).subarray(0, -1));
  const remove = (path: string) => (layout: Layout) => layout.delete(path);
  const take = (path: string, other: () => Layout) => (layout: Layout) =>
    layout.set(path, other().get(path) as Uint8Array);
  const stranger = signerFromSeed('test.example/log', new Uint8Array(32).fill(8));
  const changed = entries.with(300, entryBytes(300, 'echo forged'));

  test.each<[string, (layout: Layout) => unknown, readonly [string, string | null, number | null][]]>([
    [
      'a flipped letter of an entry',
      bundle(2, (given) => given.with(5, entryBytes(517, 'echo forged'))),
      [['entry_mismatch', 'tile/entries/002', 517]],
    ],
    [
      'a flipped byte of an entry',
      flip('tile/entries/002', 4),
      [
        ['entry_malformed', 'tile/entries/002', 512],
        ['entry_mismatch', 'tile/entries/002', 512],
      ],
    ],
    [
      'a flipped length in a bundle',
      flip('tile/entries/002', 0),
      [['tile_malformed', 'tile/entries/002', 512]],
    ],
    [
      'two swapped entries',
      bundle(1, ([a, b, ...rest]) => [b, a, ...rest] as Uint8Array[]),
      [
        ['entry_mismatch', 'tile/entries/001', 256],
        ['entry_mismatch', 'tile/entries/001', 257],
      ],
    ],
    [
      'an entry over its neighbour',
      bundle(1, (given) => given.with(9, given[8] as Uint8Array)),
      [['entry_mismatch', 'tile/entries/001', 265]],
    ],
    ['a removed entry', bundle(1, (given) => given.slice(1)), [['tile_malformed', 'tile/entries/001', 256]]],
    [
      'an added entry',
      bundle(1, (given) => [...given, given[0] as Uint8Array]),
      [['tile_malformed', 'tile/entries/001', 256]],
    ],
    ['a flipped hash', flip('tile/0/003', 32 * 7), [['tile_mismatch', 'tile/0/003', 775]]],
    ['a flipped hash above', flip('tile/1/000.p/4', 32 * 2 + 1), [['tile_mismatch', 'tile/1/000.p/4', 512]]],
    [
      'a flipped hash in the last tile',
      flip('tile/0/004.p/76', 0),
      [['tile_mismatch', 'tile/0/004.p/76', 1024]],
    ],
    ['a cut tile', cut('tile/0/003'), [['tile_malformed', 'tile/0/003', 768]]],
    ['a cut bundle', cut('tile/entries/003'), [['tile_malformed', 'tile/entries/003', 768]]],
    ['a missing tile', remove('tile/1/000.p/4'), [['tile_missing', 'tile/1/000.p/4', 0]]],
    ['a missing bundle', remove('tile/entries/000'), [['tile_missing', 'tile/entries/000', 0]]],
    [
      'entries lost with their hashes',
      (layout) => [remove('tile/entries/002')(layout), remove('tile/0/002')(layout)],
      [
        ['tile_missing', 'tile/entries/002', 512],
        ['tile_missing', 'tile/0/002', 512],
      ],
    ],
    ['no checkpoint', remove('checkpoint'), [['checkpoint_missing', 'checkpoint', null]]],
    [
      'an empty checkpoint',
      (layout) => layout.set('checkpoint', Buffer.of()),
      [['checkpoint_malformed', 'checkpoint', null]],
    ],
    [
      'a checkpoint of noise',
      (layout) => layout.set('checkpoint', Buffer.of(0xff, 0xfe)),
      [['checkpoint_malformed', 'checkpoint', null]],
    ],
    [
      'a flipped size in the checkpoint',
      flip('checkpoint', 'test.example/log\n110'.length),
      [['checkpoint_signature_invalid', 'checkpoint', null]],
    ],
    [
      'a log rewritten under another key',
      (layout) => {
        for (const [path, bytes] of layoutOf(changed.slice(0, few), stranger)) layout.set(path, bytes);
      },
      [['checkpoint_key_unknown', 'checkpoint', null]],
    ],
    [
      'the signed checkpoint of another tree',
      take('checkpoint', () => layoutOf(changed.slice(0, few))),
      [['root_mismatch', 'checkpoint', null]],
    ],
    [
      'an older checkpoint',
      take('checkpoint', () => layoutOf(entries.slice(0, few - 1))),
      [
        ['tile_missing', 'tile/entries/004.p/75', 1024],
        ['tile_missing', 'tile/0/004.p/75', 1024],
      ],
    ],
  ])('%s', async (_, tamper, expected) => {
    const layout = new Map(sound);
    tamper(layout);
    const { failures } = await verify(layout, headOf(entries.slice(0, 100)));
    expect(failures.map(({ code, path, index }) => [code, path, index])).toEqual(expected);
    for (const { message } of failures) expect(message).toMatch(/\w+ \w+/);
  });

  test('on every level of a large log', async () => {
    const layout = layoutOf(entries);
    flip('tile/1/000', 32 * 255)(layout);
    flip('tile/2/000.p/1', 31)(layout);
    remove('tile/1/001.p/1')(layout);
    const { failures } = await verify(layout);
    expect(failures.map(({ code, path, index }) => [code, path, index])).toEqual([
      ['tile_mismatch', 'tile/1/000', 65_280],
      ['tile_missing', 'tile/1/001.p/1', 65_536],
      ['tile_mismatch', 'tile/2/000.p/1', 0],
    ]);
  });

  test('a shorter log, signed, is truncation to whoever saw it longer', async () => {
    const { failures } = await verify(layoutOf(entries.slice(0, 500)), headOf(entries.slice(0, 501)));
    expect(failures.map(({ code }) => code)).toEqual(['log_truncated']);
  });

  test('a rewritten log, signed, is a fork to whoever saw it before', async () => {
    const forged = layoutOf(changed.slice(0, 1000));
    expect((await verify(forged)).failures).toEqual([]);
    const { failures } = await verify(forged, headOf(entries.slice(0, 301)));
    expect(failures.map(({ code }) => code)).toEqual(['log_forked']);
    expect((await verify(forged, headOf(entries.slice(0, 300)))).failures).toEqual([]);
    const same = await verify(layoutOf(changed.slice(0, 400)), headOf(entries.slice(0, 400)));
    expect(same.failures.map(({ code }) => code)).toEqual(['log_forked']);
  });

  test('of everything at once is bounded', async () => {
    const layout = layoutOf(entries.slice(0, 1000));
    for (const name of tilesOf(1000)) {
      if (name.level === 0) layout.set(tilePath(name), new Uint8Array(name.width * 32));
    }
    const { failures } = await verify(layout);
    expect(failures).toHaveLength(100);
    expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['tile_mismatch']));
  });

  test('a checkpoint that claims a tree without end ends at once', async () => {
    const layout = new Map(sound);
    const claim = signCheckpoint(Number.MAX_SAFE_INTEGER, new Uint8Array(32), signer);
    layout.set('checkpoint', Buffer.from(claim));
    const { failures } = await verify(layout);
    expect(failures.map(({ code }) => code)).toEqual(['tile_missing', 'tile_missing']);
  });
});
