/** What each broker lends: only under a writ that allows it, narrow, and refused within 5 s of every kind of end. */
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { World } from '../cli/world.ts';
import { isRunning, killEach, processesOfWrit } from './processes.ts';
import { sceneNames, setScenes, type Scene } from './scenes.ts';

/** What is promised, from the end of the task or from Writ being up again. */
const refusedWithinMs = 5000;
const world = new World();
let scenes: Record<(typeof sceneNames)[number], Scene>;

beforeAll(async () => {
  scenes = await setScenes(world);
  world.must('init', '--yes');
  for (const name of sceneNames)
    world.write(`${name}.sh`, `${scenes[name].script}echo done\nexec sleep 600\n`);
  world.organisation((document) => {
    const credentials = Object.fromEntries(sceneNames.map((name) => [name, scenes[name].credential]));
    const profiles = sceneNames.map((name) => [
      `with-${name}`,
      { description: name, extends: 'develop', credentials: [name] },
    ]);
    document.set('credentials', document.createNode(credentials));
    document.set('profiles', document.createNode(Object.fromEntries(profiles)));
    for (const name of sceneNames) document.addIn(['assistants', 'local', 'profiles'], `with-${name}`);
  });
  world.must('policy', 'check');
  world.must('down'); // relying parties find its keys where it listens
  world.must('up', '--listen', '127.0.0.1:0');
});
afterAll(async () => {
  world.dispose();
  await Promise.all(Object.values(scenes).map((scene) => scene.stop()));
});

interface Task {
  readonly printed: readonly string[];
  readonly launcher: ChildProcess;
  readonly gone: Promise<unknown>;
}

/** A task that has tried what the scene's script tries, and waits. */
async function start(name: string, profile: string): Promise<Task> {
  const launcher = world.start(['exec', '--profile', profile, '--', 'sh', `./${name}.sh`]);
  const gone = once(launcher, 'exit');
  const printed: string[] = [];
  for await (const line of createInterface(launcher.stdout)) {
    if (line === 'done') break;
    printed.push(line);
  }
  return { printed, launcher, gone };
}

/** Milliseconds until the upstream refuses. */
async function refused(scene: Scene, since: number): Promise<number> {
  while (await scene.isLetIn()) {
    if (performance.now() - since > 60_000) throw new Error('still let in after a minute');
    await sleep(20);
  }
  return performance.now() - since;
}

const leasesOf = (name: string) =>
  (world.json('lease', 'list', '--all') as { credential: string; state: string }[])
    .filter(({ credential }) => credential === name)
    .map(({ state }) => state);

describe.each(sceneNames)('%s', (name) => {
  test('is lent to no task whose profile does not name it', async () => {
    const { printed, launcher, gone } = await start(name, 'develop');
    launcher.kill('SIGTERM');
    await gone;
    expect(printed).not.toContain('used');
    expect(leasesOf(name)).toEqual([]);
  });

  test('serves, reaches no further, and is refused soon after the task’s end', async () => {
    const { printed, launcher, gone } = await start(name, `with-${name}`);
    expect(printed).toEqual(expect.arrayContaining(['used', 'narrow']));
    expect(await scenes[name].isLetIn()).toBe(true);
    launcher.kill('SIGTERM');
    await gone;
    expect(await refused(scenes[name], performance.now())).toBeLessThan(refusedWithinMs);
    await expect.poll(() => leasesOf(name), { timeout: 30_000 }).toEqual(['revoked']);
  });

  test('every process of Writ killed: is refused soon after Writ is up again', async () => {
    const { printed, launcher, gone } = await start(name, `with-${name}`);
    expect(printed).toContain('used');
    const all = processesOfWrit(world, launcher.pid ?? 0);
    killEach(all);
    await gone;
    await expect.poll(() => all.filter(isRunning), { timeout: 30_000 }).toEqual([]);
    expect(await scenes[name].isLetIn()).toBe(scenes[name].outlivesWrit);
    world.must('up');
    expect(await refused(scenes[name], performance.now())).toBeLessThan(refusedWithinMs);
    await expect.poll(() => leasesOf(name), { timeout: 30_000 }).toEqual(['revoked', 'revoked']);
  });
});
