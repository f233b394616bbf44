/**
 * The file and the arguments of an execve are read from memory that others can write. Whoever swaps them after the
 * decision must not get the other program to run: what starts is compared before it runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { compile } from '../sandbox/workshop.ts';
import { alerts, processes } from './entries.ts';

const world = new World();
const race = join(world.repository, 'race');
const witness = join(world.repository, 'witness');
/** Each ends with the first swap that it wins; the attempts before it were decided as they were. */
const sessions = 6;
const attemptsEach = 400;

beforeAll(() => {
  compile(join(import.meta.dirname, 'race.c'), race);
  world.must('init', '--yes');
  writeFileSync(
    join(world.repository, 'governance', 'policies', 'race.cedar'),
    `@id("test.race")
@reason("it is forbidden here")
forbid (principal is Writ::Task, action == Writ::Action::"exec", resource)
when { resource.name == "touch" || (resource.name == "true" && context.arguments.contains("--help")) };
`,
  );
  world.must('policy', 'check');
});
afterAll(() => world.dispose());

it.each([
  ['path', ['/usr/bin/true', '/usr/bin/touch', 'witness']],
  // Of the same length, so that half of one and half of the other is neither.
  ['argument', ['--hulp', '--help', '/usr/bin/true']],
] as const)('no swapped %s ever runs', (what, words) => {
  const outside = spawnSync(race, ['300', what, ...words], { cwd: world.repository, encoding: 'utf8' });
  const swapped = () => (what === 'path' ? existsSync(witness) : outside.stdout.includes('Usage: '));
  expect({ status: outside.status, swapped: swapped() }).toEqual({ status: 0, swapped: true });
  rmSync(witness, { force: true });

  const statuses = Array.from({ length: sessions }, () => {
    const { status, stdout } = world.writ(['exec', '--', './race', String(attemptsEach), what, ...words]);
    expect(existsSync(witness)).toBe(false);
    expect(stdout).not.toContain('Usage: ');
    return status;
  });
  expect(statuses.filter((status) => status !== 0 && status !== 137)).toEqual([]);
  // Swaps were won, and each ended everything.
  const ended = statuses.filter((status) => status === 137).length;
  expect(ended).toBeGreaterThan(0);
  expect(alerts(world).filter(({ kind }) => kind === 'process-mismatch').length).toBeGreaterThanOrEqual(
    ended,
  );
  expect(processes(world).length).toBeGreaterThan(sessions);
});
