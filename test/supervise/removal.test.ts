/** Scripts remove what they made; what was there before a task began is not removed as a whole without asking. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';

const world = new World();
beforeAll(() => {
  world.must('init', '--yes');
  for (const name of ['sources', 'others']) {
    mkdirSync(join(world.repository, name));
    writeFileSync(join(world.repository, name, 'a'), '');
  }
});
afterAll(() => world.dispose());

function script(...lines: readonly string[]): string {
  world.write('clean', ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(join(world.repository, 'clean'), 0o755);
  return world.writ(['exec', '--', './clean']).stdout;
}

it('a folder of its own, a file, and what is not there', () => {
  expect(
    script(
      'mkdir -p scene/deep && touch scene/deep/a && rm -rf scene && echo own',
      'touch plain && rm -rf plain && echo file',
      'rm -rf nothing && echo absent',
    ),
  ).toBe('own\nfile\nabsent\n');
});

it('not a folder that was there before', () => {
  expect(script('rm -rf sources || echo kept')).toBe('kept\n');
  expect(existsSync(join(world.repository, 'sources/a'))).toBe(true);
});

it('nor what cannot be looked at, which ends nothing else', () => {
  expect(script(`rm -rf ${'n'.repeat(300)} || echo refused`, 'echo goes on')).toBe('refused\ngoes on\n');
});

// The same words meant nothing a moment before: that verdict must not be remembered.
it('nor one that comes to lie where nothing was', () => {
  expect(script('rm -rf later && echo absent', 'mv others later', 'rm -rf later || echo kept')).toBe(
    'absent\nkept\n',
  );
  expect(existsSync(join(world.repository, 'later/a'))).toBe(true);
});
