import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analyze } from '../../core/command/analyze.ts';
import { linksBelow } from './links.ts';

let root = '';
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'writ-links-')));
  mkdirSync(join(root, 'src'));
  writeFileSync(join(root, 'src/a'), '');
  symlinkSync('/etc', join(root, 'out'));
  symlinkSync(join(root, 'src'), join(root, 'in'));
  symlinkSync('nowhere', join(root, 'src/dangling'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('links of a real folder', () => {
  test('under its real path', () => {
    const links = linksBelow(root);
    expect(links.at(join(root, 'out'))).toBe('/etc');
    expect(links.at(join(root, 'src/dangling'))).toBe('nowhere');
    expect(links.at(join(root, 'src'))).toBeNull();
    expect(links.at(join(root, 'missing/x'))).toBeNull();
    expect([...links.in(root)].sort()).toEqual(['in', 'out']);
    expect(links.in(join(root, 'missing'))).toEqual([]);
  });

  test('under a name that stands for it', () => {
    const links = linksBelow(root, '/repo');
    expect(links.at('/repo/out')).toBe('/etc');
    expect(links.at('/repo/in')).toBe('/repo/src');
    expect(links.in('/repo/src')).toEqual(['dangling']);
    const { operations } = analyze('cat out/shadow', {
      cwd: '/repo',
      repository: '/repo',
      home: '/home/writ',
      links,
    });
    expect(operations).toContainEqual(expect.objectContaining({ kind: 'read', target: '/etc/shadow' }));
  });

  test('nothing outside of it', () => {
    const links = linksBelow(join(root, 'src'));
    expect(links.at(join(root, 'out'))).toBeNull();
    expect(links.in(root)).toEqual([]);
  });
});
