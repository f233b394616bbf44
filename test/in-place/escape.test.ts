import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readingFiles, plantingFiles } from '../escape/attempts/files.ts';
import { callingTheKernel, mountingAnew, settingTheKernel } from '../escape/attempts/kernel.ts';
import {
  reachingProcesses,
  reachingTheGuard,
  reachingTheNetwork,
  startingPrograms,
} from '../escape/attempts/others.ts';
import { Stage, type Attempt, type Printed } from '../escape/stage.ts';
import { users } from '../sandbox/workshop.ts';
import { Refusal } from './refusal.ts';

/** The attempts of `test/escape`, whose controls stand there, where the system refuses namespaces. */
const families = [
  readingFiles,
  plantingFiles,
  mountingAnew,
  callingTheKernel,
  settingTheKernel,
  reachingProcesses,
  reachingTheNetwork,
  reachingTheGuard,
  startingPrograms,
];

/**
 * What Landlock leaves open: whether a file is there, and what it is, can be asked by whoever may walk to it. None of
 * them reads or changes anything.
 */
const metadataOnly = [
  "another repository through git's alternates",
  'settings of the host',
  "the memory of the guard's machine",
];

let refusal: Refusal;
let stage: Stage;
let attempts: Attempt[];
let before: Record<string, string>;

beforeAll(async () => {
  refusal = await Refusal.for(users[0]!);
  stage = new Stage(refusal.prefix);
  await stage.set();
  attempts = families.flatMap((family) => family(stage));
  before = stage.guarded();
});
afterAll(() => {
  stage?.dispose();
  refusal?.[Symbol.dispose]();
});

const reached = ({ stdout }: Printed): boolean => /^reached$/m.test(stdout) || stdout.includes(stage.secret);

describe('in place, without namespaces', () => {
  it('no attempt reaches more than the name of what is there', () => {
    const inside = stage.inside(attempts);
    expect(Object.keys(inside)).toHaveLength(attempts.length);
    expect(Object.keys(inside).filter((name) => reached(inside[name]!))).toEqual(metadataOnly);
  });

  it('what is guarded is unchanged, no service was contacted, the victim lives', () => {
    expect(stage.guarded()).toEqual(before);
    expect(stage.contacts()).toEqual([]);
    expect(stage.victimLives()).toBe(true);
  });
});
