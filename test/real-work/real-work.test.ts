import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { projects, type Project } from './projects.ts';

const world = new World();
const searchPath = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`;

/** With what they stand on; a link would lead out of the repository. */
const packages = ['typescript', '@typescript', 'esbuild', '@esbuild', 'prettier', 'oxlint', '@oxlint'];

beforeAll(() => {
  const [from, to] = [resolve('node_modules'), join(world.repository, 'node_modules')];
  for (const name of new Set([...packages, ...closure('vitest')]))
    cpSync(join(from, name), join(to, name), { recursive: true, dereference: true });
  mkdirSync(join(to, '.bin'));
  for (const name of readdirSync(join(from, '.bin')))
    cpSync(join(from, '.bin', name), join(to, '.bin', name), { verbatimSymlinks: true });
  world.must('init', '--yes');
});
afterAll(() => world.dispose());

/** A package and all that it asks for, as far as it is there. */
function closure(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  const manifest = readManifest(name);
  if (manifest === null) return found;
  found.add(name);
  for (const next of Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  }))
    closure(next, found);
  return found;
}

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

function readManifest(name: string): Manifest | null {
  const { status, stdout } = spawnSync('cat', [join('node_modules', name, 'package.json')], {
    encoding: 'utf8',
  });
  return status === 0 ? (JSON.parse(stdout) as Manifest) : null;
}

function build({ files, command }: Project, prefix: readonly string[]) {
  const folder = join(world.repository, 'project');
  rmSync(folder, { recursive: true, force: true });
  for (const [name, content] of Object.entries({ ...files, 'run.sh': command })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  symlinkSync('../node_modules', join(folder, 'node_modules'));
  const { status, stdout, stderr } = spawnSync('env', [...prefix, 'bash', 'run.sh'], {
    cwd: folder,
    env: { ...world.environment, PATH: searchPath },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe.each(Object.entries(projects))('%s', (_, project) => {
  it('ends as it does without Writ', () => {
    const governed = build(project, [resolve('bin/writ'), 'exec', '--']);
    const bare = build(project, []);
    expect(bare).toMatchObject({ status: 0, stdout: expect.stringMatching(project.expected) });
    expect(governed).toMatchObject({ status: 0, stdout: bare.stdout });
  });
});

it('raised no alert', () => {
  expect(world.json('log', 'search', '--type', 'alert')).toEqual([]);
});
