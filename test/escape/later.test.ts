import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../cli/world.ts';

const world = new World();
const proof = join(world.root, 'ran-outside');
beforeAll(() => world.must('init', '--yes'));
afterAll(() => world.dispose());

/** A submodule that was none before, with a program in its own settings. Scripts, because policy reads what is said. */
const plant = (name: string, arm: string): string => `
export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@x
git init -q ${name} && git -C ${name} commit -q --allow-empty -m x && git add ${name} 2>/dev/null
python3 - <<'END'
import os
open('${name}/run', 'w').write('#!/bin/sh\\ntouch ${proof}\\n'); os.chmod('${name}/run', 0o755)
${arm}
END`;

const fsmonitor = (name: string, file: string): string =>
  `open('${file}', 'a').write('[core]\\n\\tfsmonitor = ${world.repository}/${name}/run\\n')`;

const plantings: Record<string, string> = {
  'by its configuration': plant('a', fsmonitor('a', 'a/.git/config')),
  'by a git directory elsewhere': plant(
    'b',
    `os.rename('b/.git', 'elsewhere')\nopen('b/.git', 'w').write('gitdir: ../elsewhere\\n')\n${fsmonitor('b', 'elsewhere/config')}`,
  ),
  'by a link': plant(
    'c',
    `os.rename('c/.git', 'linked')\nos.symlink('../linked', 'c/.git')\n${fsmonitor('c', 'linked/config')}`,
  ),
  'by an included file': plant(
    'd',
    `${fsmonitor('d', 'd/more')}\nopen('d/.git/config', 'a').write('[include]\\n\\tpath = ../more\\n')`,
  ),
  'by the directory that it shares': plant(
    'e',
    `os.rename('e/.git', 'shared')\nos.mkdir('e/.git')\nopen('e/.git/commondir', 'w').write('../../shared\\n')\nopen('e/.git/HEAD', 'w').write(open('shared/HEAD').read())\n${fsmonitor('e', 'shared/config')}`,
  ),
};

function plantBy(script: string, prefix: readonly string[]): number | null {
  world.write('plant.sh', script);
  return spawnSync('env', [...prefix, 'bash', 'plant.sh'], {
    cwd: world.repository,
    env: { ...world.environment, PATH: '/usr/bin:/bin' },
  }).status;
}

/** What a prompt or an editor does all the time. */
function look(): boolean {
  spawnSync('git', ['status'], { cwd: world.repository, env: world.environment });
  return existsSync(proof);
}

describe('a submodule that was planted', () => {
  it.each(Object.entries(plantings))('%s runs nothing when git looks outside later', (_, script) => {
    expect(plantBy(script, [join(process.cwd(), 'bin', 'writ'), 'exec', '--'])).toBe(0);
    expect(look()).toBe(false);
    clear();

    expect(plantBy(script, [])).toBe(0);
    expect(look()).toBe(true);
    clear();
  });

  it('is an alert each time', () => {
    const alerts = world.json('log', 'search', '--type', 'alert') as { entry: { data: { kind: string } } }[];
    expect(alerts.map(({ entry }) => entry.data.kind)).toEqual(Array(5).fill('planted'));
  });

  it('stays as it is where the developer has armed it', () => {
    world.git('init', '-q', 'own');
    world.git('-C', 'own', 'config', 'core.fsmonitor', 'true');
    world.git(
      '-C',
      'own',
      '-c',
      'user.name=A',
      '-c',
      'user.email=a@b',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'x',
    );
    world.git('add', 'own');
    world.must('exec', '--', 'git', 'status');
    expect(world.git('-C', 'own', 'config', 'core.fsmonitor').trim()).toBe('true');
  });
});

function clear(): void {
  rmSync(proof, { force: true });
  for (const name of ['a', 'b', 'c', 'd', 'e', 'elsewhere', 'linked', 'shared'])
    rmSync(join(world.repository, name), { recursive: true, force: true });
  world.git('reset', '-q');
}
