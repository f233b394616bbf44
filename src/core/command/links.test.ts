/** A path means what the kernel makes of it: links of the machine, and links that the text makes itself. */
import { describe, expect, test } from 'vitest';
import type { Links } from './links.ts';
import { operationsOf, testContext } from './test-notation.ts';

const there: Readonly<Record<string, string>> = {
  '/repo/keys': '/home/ada/.ssh',
  '/repo/deep/up': '../../etc',
  '/repo/one': 'two',
  '/repo/two': 'src',
  '/repo/loop': 'loop',
  '/repo/root': '/',
  '/repo/here': '.',
  '/repo/src/etc': '/etc',
  '/repo/file': '/etc/shadow',
};

const links: Links = {
  at: (path) => there[path] ?? null,
  in: (directory) =>
    Object.keys(there)
      .filter((path) => path.slice(0, path.lastIndexOf('/')) === directory)
      .map((path) => path.slice(directory.length + 1)),
};

function pathsOf(command: string): readonly string[] {
  return operationsOf(command, { ...testContext, links })
    .filter((line) => /^(read|write|opaque (read|write))/.test(line))
    .sort();
}

describe('links of the machine', () => {
  test.each<readonly [command: string, ...operations: readonly string[]]>([
    ['cat keys/id_rsa', 'read /home/ada/.ssh/id_rsa (credential-store)', 'read /repo/keys/id_rsa (secrets)'],
    ['cat keys/../notes', 'read /home/ada/notes (home)', 'read /repo/notes'],
    ['cat deep/up/shadow', 'read /etc/shadow (credential-store)', 'read /repo/deep/up/shadow'],
    ['cat one/a.ts', 'read /repo/one/a.ts', 'read /repo/src/a.ts'],
    ['cat one/etc/shadow', 'read /etc/shadow (credential-store)', 'read /repo/one/etc/shadow'],
    ['cat here/here/x', 'read /repo/here/here/x', 'read /repo/x'],
    ['cat root/etc/../etc/shadow', 'read /etc/shadow (credential-store)', 'read /repo/root/etc/shadow'],
    ['cat loop/x', 'opaque read: loop/x', 'read /repo/loop/x'],
    ['cat src/a.ts', 'read /repo/src/a.ts'],
    ['cat file', 'read /etc/shadow (credential-store)', 'read /repo/file'],
    ['cat < file', 'read /etc/shadow (credential-store)', 'read /repo/file'],
    ['echo x > file', 'write /etc/shadow (credential-store)', 'write /repo/file'],
    // Removing a link removes the link; what lies behind a slash is what it leads to.
    ['rm file', 'write /repo/file'],
    ['rm keys', 'write /repo/keys'],
    ['rm keys/id_rsa', 'write /home/ada/.ssh/id_rsa (credential-store)', 'write /repo/keys/id_rsa (secrets)'],
    [
      'cd keys && cat id_rsa',
      'read /home/ada/.ssh/id_rsa (credential-store)',
      'read /repo/keys/id_rsa (secrets)',
    ],
    // The shell goes back by the name, everything else by where it is.
    ['cd src/etc && cd .. && cat a', 'read /repo/src/a'],
    ['cd src/etc && cat ../a', 'read /a (outside)', 'read /repo/src/a'],
    ['env -C src/etc cat ../a', 'read /a (outside)', 'read /repo/src/a'],
    // Wildcards match links too.
    ['cat k*/id_rsa', 'read /home/ada/.ssh/id_rsa (credential-store)', 'read /repo/k*/id_rsa (secrets glob)'],
    ['cat fil?', 'read /etc/shadow (credential-store)', 'read /repo/fil? (glob)'],
    ['cat src/*/shadow', 'read /etc/shadow (credential-store)', 'read /repo/src/*/shadow (glob)'],
  ])('%s', (command, ...operations) => {
    expect(pathsOf(command)).toEqual(operations);
  });

  test('physical directories, where the shell is told so', () => {
    expect(pathsOf('set -P; cd src/etc && cd .. && cat a')).toContain('read /a (outside)');
    expect(pathsOf('cd -P src/etc && cd .. && cat a')).toContain('read /a (outside)');
  });

  test('links that are made where a link leads', () => {
    expect(pathsOf('ln -s /etc one/new; cat src/new/shadow')).toContain(
      'read /etc/shadow (credential-store)',
    );
    expect(pathsOf('cp -P file one/copy; cat src/copy')).toContain('read /etc/shadow (credential-store)');
  });

  test('a program of the repository that is a link out of it', () => {
    expect(pathsOf('./keys/run')).toContain('read /home/ada/.ssh/run (credential-store)');
  });
});

describe('links that the text makes', () => {
  const of = (command: string) =>
    operationsOf(command).filter((line) => /^(read|opaque|credential)/.test(line));
  test.each<readonly [command: string, wanted: string]>([
    ['ln -s /etc x && cat x/shadow', 'read /etc/shadow (credential-store)'],
    ['ln -s /etc x/ ; cat x/etc/shadow', 'read /etc/shadow (credential-store)'],
    ['ln -st x /etc; cat x/etc/shadow', 'read /etc/shadow (credential-store)'],
    ['mkdir a; ln -s ../../etc a/b; cat a/b/shadow', 'read /etc/shadow (credential-store)'],
    ['cd a/b && ln -s ../../../etc /repo/l; cat /repo/l/shadow', 'read /etc/shadow (credential-store)'],
    ['cd a && ln -s ../.. /repo/l; cat /repo/l/etc/shadow', 'read /etc/shadow (credential-store)'],
    ['ln -sr ../etc a/b; cat a/b/shadow', 'read /etc/shadow (credential-store)'],
    ['cp -s /etc/shadow x; cat x', 'read /etc/shadow (credential-store)'],
    ['ln -s /etc x; mv x y; cat y/shadow', 'read /etc/shadow (credential-store)'],
    ['ln -s /etc x; cp -a x y; cat y/shadow', 'read /etc/shadow (credential-store)'],
    ['ln -s /etc x; ln -s x y; cat y/shadow', 'read /etc/shadow (credential-store)'],
    ['ln -s /etc x; cat */shadow', 'read /etc/shadow (credential-store)'],
    ['while read -r l; do cat x/shadow; ln -s /etc x; done', 'read /etc/shadow (credential-store)'],
    ['(sleep 1; cat x/shadow) & ln -s /etc x', 'read /etc/shadow (credential-store)'],
    ['ln -s "$T" x; cat x/y', 'opaque read: x/y'],
  ])('%s', (command, wanted) => {
    expect(of(command)).toContain(wanted);
  });

  test('without the link, the path is what it says', () => {
    expect(of('cat x/shadow')).toEqual(['read /repo/x/shadow']);
  });

  test('more links than are kept track of', () => {
    const many = Array.from({ length: 100 }, (_, at) => `ln -s /etc x${at};`).join('');
    expect(operationsOf(`${many} cat x99/shadow`)).toContain('opaque exec: ');
  });
});

describe('links of every Linux', () => {
  test.each([
    ['cat /proc/self/root/etc/shadow', 'read /etc/shadow (credential-store)'],
    ['cat /proc/self/cwd/a', 'read /repo/a'],
    ['cd src && cat /proc/self/cwd/../a', 'read /repo/a'],
    ['cat /proc/thread-self/root/etc/shadow', 'read /etc/shadow (credential-store)'],
    ['cat /dev/fd/../root/etc/shadow', 'read /etc/shadow (credential-store)'],
    ['cat /dev/fd/../cwd/a', 'read /repo/a'],
    ['cat /dev/fd/3/shadow', 'read /proc/self/fd/3/shadow (process secrets)'],
  ])('%s', (command, wanted) => {
    expect(operationsOf(command)).toContain(wanted);
  });

  test.each(['cat /dev/fd/0', 'cat /dev/stdin', 'cat < /dev/fd/3'])('%s is a stream', (command) => {
    expect(operationsOf(command)).toEqual(['exec cat [reads]']);
  });
});
