/** `writ run`: only an assistant whose every tool call Writ decides may start undecided; all else is a command. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from './world.ts';

const world = new World();
beforeAll(() => {
  world.must('init', '--yes');
  mkdirSync(join(world.repository, 'sub'));
});
afterAll(() => world.dispose());

const decisions = () =>
  (
    world.json('log', 'search', '--type', 'decision') as { entry: { command: string; decision: string } }[]
  ).map(({ entry: { command, decision } }) => ({ command, decision }));

describe('a program that Writ sets up no hook for', () => {
  it('is not run where policy would not let it be executed', () => {
    expect(world.writ(['run', '--', 'rm', '-rf', '.']).status).toBeOneOf([3, 4]);
    expect(existsSync(join(world.repository, 'sub'))).toBe(true);
    expect(decisions()).toContainEqual({ command: 'rm -rf .', decision: expect.not.stringMatching('allow') });
  });

  it('is run where policy lets it, with the decision on the log', () => {
    expect(world.writ(['run', '--', 'git', 'status', '--short']).status).toBe(0);
    expect(decisions()).toContainEqual({ command: 'git status --short', decision: 'allow' });
  });
});

it("a program of the repository's that is called claude does not pass for Claude Code", () => {
  const impostor = join(world.repository, 'claude');
  writeFileSync(impostor, '#!/bin/sh\ntouch impostor-ran\n');
  chmodSync(impostor, 0o755);
  const { status, stderr } = world.writ(['run', '--', './claude']);
  expect(status).toBe(1);
  expect(stderr).toContain('[claude_unusable]');
  expect(existsSync(join(world.repository, 'impostor-ran'))).toBe(false);
});
