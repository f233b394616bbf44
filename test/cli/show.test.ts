/** `writ show SESSION` tells a person what ran, from the log alone. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from './world.ts';

const world = new World();
beforeAll(() => {
  world.must('init', '--yes');
});
afterAll(() => world.dispose());

const sessionOf = (command: string) =>
  (world.json('log', 'search', '--command', command, '--limit', '1') as { entry: { session: string } }[])[0]
    ?.entry.session ?? '';

it('shows each program under the one that started it, and how it ended', () => {
  expect(world.writ(['exec', '--', 'sh', '-c', '(sh -c "sleep 0.1"; date); exit 7']).status).toBe(7);
  const { stdout, status } = world.writ(['show', sessionOf('exit 7')]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ended +\S+ \S+: exited, status 7 after 0\.\d+ s$/m);
  const tree = stdout
    .split('\n')
    .filter((line) => line.includes(' s  '))
    .map((line) => line.replace(/^(\w+) .* s  ( *)(.*)$/, '$1 $2$3'));
  expect(tree).toEqual([
    expect.stringMatching(/^allow decision: sh -c/),
    expect.stringMatching(/^allow sh -c '\(sh/),
    expect.stringMatching(/^allow   sh -c 'sleep 0\.1'$/),
    'allow     sleep 0.1',
    'allow   date',
  ]);
});

it('shows what was refused, and why', () => {
  expect(world.writ(['exec', '--', 'sudo', 'true']).status).toBe(3);
  const { stdout } = world.writ(['show', sessionOf('sudo')]);
  expect(stdout).toMatch(/^started +never$/m);
  expect(stdout).toMatch(/^deny .* decision: sudo true: .*authority/m);
});

it('is one JSON value where that was asked for, and says which session it does not know', () => {
  const session = sessionOf('exit 7');
  expect(world.json('show', session)).toMatchObject({
    session,
    ended: { data: { exitCode: 7 } },
    tree: [{ stored: { entry: { type: 'decision' } } }, { children: [{}, {}] }],
  });
  expect(world.writ(['show', `ses_${'0'.repeat(25)}`]).stderr).toContain('[session_unknown]');
});
