/** `writ check` in a real folder: what its links lead to, and what a command comes to in words. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { World } from './world.ts';

let world: World;
beforeAll(() => {
  world = new World();
  symlinkSync('/etc', join(world.repository, 'keys'));
});
afterAll(() => world.dispose());

test('a link out of the repository is no plain read of the repository', () => {
  const { status, stdout } = world.writ(['check', '--explain', 'cat keys/shadow && ./build.sh']);
  expect(status).toBe(4);
  expect(stdout).toContain(
    "Reads keys/shadow and /etc/shadow (credentials), runs the repository's program ./build.sh, whose effects are not known, and uses the credentials of system.",
  );
  expect(stdout).toContain('  + reading /repo/keys/shadow [');
  expect(stdout).toContain('  ? reading /etc/shadow: ');
});

test('the same path without a link is one', () => {
  const { status, stdout } = world.writ(['check', '--explain', 'cat src/shadow']);
  expect(status).toBe(0);
  expect(stdout).toContain('\n\nReads src/shadow.\n\n');
});

test('a batch sees the same links', () => {
  const { stdout } = world.writ(['check', '--batch'], { input: '{"id":1,"command":"cat keys/shadow"}\n' });
  expect(JSON.parse(stdout)).toMatchObject({ id: 1, decision: 'step-up', missing: ['approval:security'] });
});
