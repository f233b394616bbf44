/**
 * An interpreter opens a script by its name, after the decision. Whoever changes what the name leads to has another
 * text run than the one whose digest is on record, and wins nothing: what that text starts is decided, each by itself.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { processes } from './entries.ts';

const world = new World();
const witness = join(world.repository, 'witness');
const times = '300';
beforeAll(() => {
  cpSync(join(import.meta.dirname, 'script-race.py'), join(world.repository, 'race.py'));
  world.must('init', '--yes');
  writeFileSync(
    join(world.repository, 'governance', 'policies', 'touch.cedar'),
    `@id("test.touch")
@reason("touching is forbidden here")
forbid (principal is Writ::Task, action == Writ::Action::"exec", resource)
when { resource.name == "touch" };
`,
  );
  world.must('policy', 'check');
});
afterAll(() => world.dispose());

it.each(['renamed', 'relinked'])('a script that is %s meanwhile starts nothing undecided', (way) => {
  spawnSync('python3', ['race.py', way, '150'], { cwd: world.repository });
  expect(existsSync(witness)).toBe(true);
  rmSync(witness);

  const { status, stdout } = world.writ(['exec', '--', 'python3', 'race.py', way, times]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'True True\n' });
  expect(existsSync(witness)).toBe(false);
  const touches = processes(world).filter(({ data }) => data.argv[0] === '/usr/bin/touch');
  expect(touches.length).toBeGreaterThan(0);
  expect(touches.filter(({ decision }) => decision === 'allow')).toEqual([]);
});
