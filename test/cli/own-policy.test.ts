/** A task that rewrites the policy that decides it has every right: it must not, whatever the policy's folder is called. */
import { cpSync, existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
  world.must('init', '--yes');
});
afterEach(() => world.dispose());

/** What a command would have to do: each would change the policy in force, or put another in its place. */
const rewrites = [
  'echo "permit (principal, action, resource);" > draft/rules/policies/mine.cedar',
  'echo >> draft/rules/organisation.yaml',
  'rm -r draft/rules/policies',
  'mv draft/rules draft/other',
  'mv draft other',
  'mkdir x && mv x draft/rules',
  'chmod u+w draft/rules/organisation.yaml && ln -f README.md draft/rules/organisation.yaml',
];

function chooseDraft(): void {
  world.must('down');
  mkdirSync(join(world.repository, 'draft'));
  renameSync(join(world.repository, 'governance'), join(world.repository, 'draft/rules'));
  world.must('up', '--policy', './draft/rules');
}

const run = (script: string) => world.writ(['exec', '--', 'python3', '-c', system(script)]);
/** Through a program whose code is not read, so that nothing but the kernel stands in the way. */
const system = (script: string) => `import os,sys; sys.exit(os.system(${JSON.stringify(script)}) >> 8)`;

it('a governance folder in the worktree under any name is read-only, and so is the way to it', () => {
  chooseDraft();
  expect(run('echo kept > draft/beside').status).toBe(0);
  expect(rewrites.map((script) => run(script).status === 0 && script).filter(Boolean)).toEqual([]);
  expect(existsSync(join(world.repository, 'draft/rules/policies/mine.cedar'))).toBe(false);
});

it('its text is policy to the analysis too', () => {
  chooseDraft();
  const { status, stderr } = world.writ(['exec', '--', 'cp', 'README.md', 'draft/rules/organisation.yaml']);
  expect({ status, stderr }).toMatchObject({ status: expect.toBeOneOf([3, 4]) as number });
});

it('nothing runs where mounting cannot protect the policy in force', () => {
  const inReach = (folder: string, cwd = world.repository) => {
    const result = world.writ(['exec', '--', 'true'], { cwd });
    return { folder, status: result.status, told: result.stderr.includes('[governance_in_reach]') };
  };
  chooseDraft();
  renameSync(join(world.repository, 'draft/rules'), join(world.root, 'moved'));
  expect(inReach('gone')).toMatchObject({ status: 1, told: true });
  symlinkSync(join(world.root, 'moved'), join(world.repository, 'draft/rules'));
  expect(inReach('a link')).toMatchObject({ status: 1, told: true });

  world.must('down');
  cpSync(join(world.root, 'moved'), world.repository, { recursive: true });
  world.must('up', '--policy', '.');
  expect(inReach('the worktree itself')).toMatchObject({ status: 1, told: true });
});

it('policy is never read through a link, which a task could turn elsewhere', () => {
  const policies = join(world.repository, 'governance/policies');
  world.must('down');
  renameSync(policies, join(world.repository, 'rules'));
  symlinkSync('../rules', policies);
  const result = world.writ(['up', '--policy', './governance']);
  expect(result.stderr).toContain('[governance_unreadable]');
  expect(result.status).toBe(1);
});
