import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { gitlinksOf } from './gitlinks.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An index that git itself wrote: files and gitlinks with names of many lengths. */
function indexOf(version: string, format: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'writ-index-'));
  folders.push(folder);
  const git = (input: string, ...args: readonly string[]) =>
    execFileSync('git', args, { cwd: folder, input, env: { PATH: process.env['PATH'], HOME: folder } });
  git('', 'init', '-q', `--object-format=${format}`);
  const id = 'a'.repeat(format === 'sha1' ? 40 : 64);
  const files = Array.from({ length: 20 }, (_, i) => `100644 ${id}\tfile/${'x'.repeat(i * 13)}`);
  const links = names.map((name) => `160000 ${id}\t${name}`);
  git([...files, ...links].join('\n'), 'update-index', '--index-info');
  if (version === '3') {
    writeFileSync(join(folder, 'later'), '');
    git('', 'add', '--intent-to-add', 'later');
  }
  if (version === '4') git('', 'update-index', '--index-version', '4');
  return readFileSync(join(folder, '.git', 'index'));
}

const names = ['a', 'file/link', 'lib/part', 'ünï/☃', `z/${'y'.repeat(300)}`];

it.each([
  ['2', 'sha1'],
  ['3', 'sha1'],
  ['4', 'sha1'],
  ['2', 'sha256'],
  ['4', 'sha256'],
])('of an index of version %s with %s', (version, format) => {
  const index = indexOf(version, format);
  expect(index.readUInt32BE(4)).toBe(Number(version));
  expect(gitlinksOf(index, format === 'sha1' ? 20 : 32).toSorted()).toEqual(names.toSorted());
});

it('of what is no index: nothing but an error', () => {
  const index = indexOf('2', 'sha1');
  expect(() => gitlinksOf(Buffer.from('no index'), 20)).toThrow(RangeError);
  expect(() => gitlinksOf(index.subarray(0, 200), 20)).toThrow(RangeError);
});
