import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readingFiles, plantingFiles } from './attempts/files.ts';
import { callingTheKernel, mountingAnew, settingTheKernel } from './attempts/kernel.ts';
import {
  reachingProcesses,
  reachingTheGuard,
  reachingTheNetwork,
  startingPrograms,
  startingThroughGit,
} from './attempts/others.ts';
import { attempt, Stage, type Attempt, type Printed } from './stage.ts';

/**
 * Each attempt is a program that an assistant could start. It must fail inside, and the control shows that the very
 * same program is a real attempt: outside it succeeds.
 */
const families: Record<string, (stage: Stage) => Attempt[]> = {
  readingFiles,
  plantingFiles,
  mountingAnew,
  callingTheKernel,
  settingTheKernel,
  reachingProcesses,
  reachingTheNetwork,
  reachingTheGuard,
  startingPrograms,
  startingThroughGit,
};

let stage: Stage;
let attempts: Attempt[];
let before: Record<string, string>;

beforeAll(async () => {
  stage = new Stage();
  await stage.set();
  attempts = Object.values(families).flatMap((family) => family(stage));
  before = stage.guarded();
});
afterAll(() => stage?.dispose());

const reached = ({ stdout }: Printed): boolean => /^reached$/m.test(stdout) || stdout.includes(stage.secret);

/** What an attempt came to, short enough to be read among many. */
const outcome = (printed: Printed): string =>
  reached(printed) ? 'reached' : `${printed.stdout} ${printed.stderr}`.trim().slice(-200);

const race = attempt(
  'an argument in a race',
  'git version becomes git push while it is looked at; an argument cannot be pinned as a file can',
  ['./tools/race', 'argument', '100'],
);

describe('out of the sandbox', () => {
  let inside: Record<string, Printed>;

  it('leads no attempt', () => {
    expect(new Set(attempts.map(({ name }) => name)).size).toBe(attempts.length);
    const all = [...attempts, ...stage.scripted(attempts)];
    inside = stage.inside(all);
    expect(Object.keys(inside)).toHaveLength(all.length);
    expect(Object.keys(inside).filter((name) => reached(inside[name]!))).toEqual([]);
  });

  /** What holds for many in one command holds for each in its own; every fourth, for the sake of time. */
  it('leads none that is a command of its own', () => {
    const alone = attempts.filter((_, index) => index % 4 === 0);
    expect(alone.length).toBeGreaterThan(24);
    expect(alone.filter((one) => reached(stage.insideAlone(one))).map(({ name }) => name)).toEqual([]);
  });

  it('leads no argument that changes while it is decided: everything ends, and it is an alert', () => {
    for (let time = 0; time < 3; time++) {
      const { status, stdout } = stage.insideAlone(race);
      expect({ status, stdout }).toEqual({ status: 137, stdout: '' });
    }
    const alerts = stage.json('log', 'search', '--type', 'alert') as { entry: { data: { kind: string } } }[];
    expect(alerts.map(({ entry }) => entry.data.kind)).toEqual(Array(3).fill('process-mismatch'));
  });

  it('came nobody: what is guarded is unchanged, no service was contacted, the victim lives', () => {
    expect(stage.guarded()).toEqual(before);
    expect(stage.contacts()).toEqual([]);
    expect(stage.victimLives()).toBe(true);
  });

  it('leads each attempt where there is none', () => {
    const outside = stage.outside([...attempts, race]);
    const isRoot = process.getuid?.() === 0;
    expect(reached(outside[race.name]!)).toBe(true);
    const unreal = attempts.filter(({ name, control }) => {
      const [bare, governed] = [outside[name]!, inside[name]!];
      if (['root', 'answer'].includes(control) && !isRoot) return false;
      if (control === 'answer') return outcome(bare) === outcome(governed);
      return !reached(bare);
    });
    expect(unreal.map(({ name }) => [name, outcome(outside[name]!), outcome(inside[name]!)])).toEqual([]);
    expect(new Set(stage.contacts())).toContain('tcp');
  });
});
