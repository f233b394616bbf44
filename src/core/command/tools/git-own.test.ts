/** What git does in a repository that the task made itself; which those are, the guard sees (own-repositories.test.ts). */
import { expect, it } from 'vitest';
import { analyzeArgv } from '../analyze.ts';
import type { OwnRepository } from '../context.ts';

const owned: Readonly<Record<string, OwnRepository>> = {
  '/tmp/own': { remotesAreHere: true },
  '/tmp/reaching-out': { remotesAreHere: false },
};

function traits(cwd: string, command: string): readonly string[] {
  const context = {
    cwd,
    repository: '/repo',
    home: '/home/writ',
    ownRepository: (path: string) => owned[path] ?? null,
  };
  const [first] = analyzeArgv(command.split(' '), context).operations;
  return first?.kind === 'exec' ? first.traits : [];
}

it.each([
  'git reset --hard',
  'git stash drop',
  'git branch -D two',
  'git clean -fdx',
  'git -C /tmp/own reset --hard',
  'git -C ../own/. reset --hard',
])('its own is its to throw away: %s', (command) => {
  expect(traits('/tmp/own', command)).not.toContain('destroys');
  expect(traits('/repo', command.replace(/ -C \S+/, ''))).toContain('destroys');
});

it.each([
  ['/tmp/own', 'git -C /repo reset --hard'],
  ['/tmp/own', 'git --git-dir=/repo/.git reset --hard'],
  ['/tmp/own', 'git --work-tree /repo reset --hard'],
  ['/tmp/own', 'git push --force https://git.example/x.git'],
  ['/tmp/other', 'git reset --hard'],
])('in %s not: %s', (cwd, command) => {
  expect(traits(cwd, command)).toContain('destroys');
});

it.each([
  ['/repo', 'git push /tmp/server.git HEAD'],
  ['/repo', 'git push file:///tmp/server.git HEAD'],
  ['/tmp/own', 'git push origin HEAD'],
  ['/tmp/own', 'git push'],
])('in %s no publication: %s', (cwd, command) => {
  expect(traits(cwd, command)).toEqual(['writes']);
});

it.each([
  ['/repo', 'git push'],
  ['/repo', 'git push origin'],
  ['/repo', 'git push server.git:/x HEAD'],
  ['/repo', 'git push file://host/x HEAD'],
  ['/tmp/own', 'git push git.example:x HEAD'],
  ['/tmp/own', 'git push https://git.example/x.git'],
  ['/tmp/own', 'git -c remote.origin.url=https://git.example/x push origin'],
  ['/tmp/own', 'git -cremote.origin.url=https://git.example/x push origin'],
  ['/tmp/own', 'git --git-dir=/repo/.git push origin'],
  ['/tmp/reaching-out', 'git push origin'],
])('in %s one: %s', (cwd, command) => {
  expect(traits(cwd, command)).toContain('publishes');
});
