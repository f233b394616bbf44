/** Where the smallest change of the code would decide otherwise: edges of tables, limits, and what stands at them. */
import { describe, expect, test } from 'vitest';
import { analyze, analyzeArgv } from './analyze.ts';
import { limits } from './limits.ts';
import type { Links } from './links.ts';
import { withReached } from './path-operations.ts';
import { classifyPath } from './paths.ts';
import { classifyPattern, matchesSegment } from './patterns.ts';
import { operationsOf, testContext } from './test-notation.ts';
import type { Operation } from '../model/operation.ts';

const place = { repository: '/repo', home: '/home/writ', governance: '/repo/policies' };

test.each([
  ['/run/writ/socket', 'guard'],
  ['/var/lib/writ/x', 'guard'],
  ['/etc/writ/x', 'guard'],
  ['/run/user/1000/writ/x', 'guard'],
  ['/home/ada/.writ/x', 'guard'],
  ['/home/ada/.config/writ', 'guard'],
  ['/home/ada/.local/state/writ/x', 'guard'],
  ['/srv/run/writ/x', 'outside'],
  ['/srv/run/user/1/writ', 'outside'],
  ['/home/ada/.writer', 'home'],
  ['/boot/x', 'system'],
  ['/sys/x', 'system'],
  ['/run/x', 'system'],
  ['/var/log/syslog', 'system'],
  ['/var/spool/cron', 'system'],
  ['/var/www', 'outside'],
  ['/proc/self/fd/1', 'temporary'],
  ['/proc/self/fd/3', 'process'],
  ['/proc', 'process'],
  ['/processes', 'outside'],
  ['/dev', 'device'],
  ['/dev/null', 'temporary'],
  ['/dev/shm/x', 'temporary'],
  ['/dev/sda', 'device'],
  ['/development', 'outside'],
  ['/tmp', 'temporary'],
  ['/tmpfile', 'outside'],
  ['/', 'outside'],
])('%s lies in %s', (path, area) => {
  expect(classifyPath(path, place).area).toBe(area);
});

test.each([
  ['/repo/policies/a.cedar', 'governance'],
  ['/repo/POLICIES/a.cedar', 'governance'],
  ['/repo/Agents.md', 'assistant-settings'],
  ['/repo/.Zed/tasks.json', 'editor-settings'],
  ['/repo/.e\u007fnv', 'secrets'],
  ['/repo/.e\u0001nv', 'secrets'],
  ['/repo/.e nv', null],
  ['/repo/a', null],
])('%j is %s', (path, sensitivity) => {
  expect(classifyPath(path, place).sensitivity).toBe(sensitivity);
});

describe('segments of globs', () => {
  test.each([
    ['*', 'a', true],
    ['*', '.a', false],
    ['.*', '.a', true],
    ['?', 'a', true],
    ['?', '', false],
    ['?', 'ab', false],
    ['a', 'a', true],
    ['a', 'b', false],
    ['a*b*c', 'axxbxxc', true],
    ['a*b*c', 'axxbxx', false],
    ['a*bc', 'abbc', true],
    ['*ab', 'aab', true],
    ['*ab', 'axb', false],
    ['*a*ab', 'xab', false],
    ['a*', 'a', true],
    ['a**', 'a', true],
    ['*a', 'b', false],
    ['[ab]c', 'bc', true],
    ['[ab]c', 'c', false],
    ['[[:alpha:]]c', 'ac', true],
    ['[]]c', ']c', true],
    ['[a', 'x', true],
    ['A*', 'abc', true],
    ['x.', 'x.', true],
    ['*.', 'x.', true],
  ])('%s matches %s: %s', (pattern, name, wanted) => {
    expect(matchesSegment(pattern, name)).toBe(wanted);
  });

  const deep = (count: number): string => `/repo/${'a/'.repeat(count)}*`;

  test('patterns of more segments than are followed', () => {
    expect(classifyPattern(deep(61), place)?.area).toBe('repository');
    expect(classifyPattern(deep(62), place)).toBeNull();
  });

  test.each([
    ['/repo/src/.en?', 'secrets'],
    ['/repo/*/.env', 'secrets'],
    ['/repo/*/deep/.env', 'secrets'],
    ['/repo/p*.json', 'lock-file'],
    ['/repo/*', null],
    ['/repo/src/*', null],
    ['/repo/*/*', 'governance'],
    ['/repo/.gi*', 'secrets'],
    ['/repo/polic*/x', null],
  ])('%s is %s', (pattern, sensitivity) => {
    expect(classifyPattern(pattern, place)?.sensitivity).toBe(sensitivity);
  });
});

describe('links that lead on and on', () => {
  const chain = (length: number): Links => ({
    at: (path) => {
      const step = /^\/repo\/l(\d+)$/.exec(path);
      if (step === null) return null;
      return Number(step[1]) === length ? '/etc' : `l${Number(step[1]) + 1}`;
    },
    in: () => [],
  });
  const reads = (links: Links, command: string): readonly string[] =>
    operationsOf(command, { ...testContext, links }).filter((line) => line.includes('read'));

  test('as many as Linux follows, and no more', () => {
    expect(reads(chain(39), 'cat l0/x')).toContain('read /etc/x (toolchain)');
    expect(reads(chain(40), 'cat l0/x')).toContain('opaque read: l0/x');
  });

  test('more ways than are followed', () => {
    const many = (count: number): Links => ({
      at: (path) => (/^\/repo\/m\d+$/.test(path) ? `/outside/${path.slice(7)}` : null),
      in: (directory) => (directory === '/repo' ? Array.from({ length: count }, (_, at) => `m${at}`) : []),
    });
    expect(reads(many(14), 'cat m*/x')).toContain('read /outside/13/x (outside)');
    expect(reads(many(14), 'cat m*/x').some((line) => line.startsWith('opaque'))).toBe(false);
    expect(reads(many(17), 'cat m*/x')).toContain('opaque read: m*/x');
  });

  test('more steps than are taken', () => {
    const bushy: Links = {
      at: (path) => (path.endsWith('/a') ? '..' : null),
      in: () => ['a'],
    };
    expect(reads(bushy, `cat ${'*/'.repeat(50)}x`)).toContain(`opaque read: ${'*/'.repeat(50)}x`);
  });
});

test('paths of an assistant’s own tools are followed too', () => {
  const links: Links = {
    at: (path) => (path === '/repo/l' ? '/etc' : path === '/repo/o' ? 'o' : null),
    in: () => [],
  };
  const read = (target: string): Operation => ({
    kind: 'read',
    target,
    pattern: false,
    recursive: true,
    area: 'repository',
    sensitivity: null,
    by: 'Read',
    span: { start: 0, end: 1 },
  });
  const connect: Operation = {
    kind: 'connect',
    target: 'h:1',
    host: 'h',
    port: 1,
    by: 'x',
    span: { start: 0, end: 1 },
  };
  const reached = withReached([read('/repo/l/shadow'), read('/repo/a'), read('/repo/o/x'), connect], {
    ...place,
    links,
  });
  expect(reached.map((one) => [one.kind, one.target])).toEqual([
    ['read', '/repo/l/shadow'],
    ['read', '/etc/shadow'],
    ['credential', 'system'],
    ['read', '/repo/a'],
    ['read', '/repo/o/x'],
    ['opaque', '/repo/o/x'],
    ['connect', 'h:1'],
  ]);
  expect(reached[1]).toMatchObject({ by: 'Read', recursive: true, area: 'credential-store' });
});

describe('limits', () => {
  test('of an argument vector', () => {
    const words = (count: number): readonly string[] => [
      'rm',
      ...Array.from({ length: count - 1 }, () => 'a'),
    ];
    expect(analyzeArgv(words(limits.arguments), testContext).operations[0]?.kind).toBe('exec');
    expect(analyzeArgv(words(limits.arguments + 1), testContext).operations).toMatchObject([
      { kind: 'opaque', of: 'exec' },
    ]);
    expect(analyzeArgv(['x'.repeat(limits.text)], testContext).operations[0]?.kind).toBe('exec');
    expect(analyzeArgv(['x'.repeat(limits.text + 1)], testContext).operations).toMatchObject([
      { kind: 'opaque' },
    ]);
    expect(analyzeArgv(['x\u202e'], testContext).risks).toMatchObject([{ kind: 'hidden-text' }]);
    expect(analyzeArgv(['x'], testContext).risks).toEqual([]);
  });

  test('of the words of one command', () => {
    const found = operationsOf(`rm ${'a '.repeat(limits.arguments + 1)}`);
    expect(found).toEqual(['opaque exec: ']);
  });

  test('of a path', () => {
    expect(operationsOf(`cat ${'x'.repeat(4_096)}`)).toEqual([
      'exec cat [reads]',
      `read /repo/${'x'.repeat(4_096)}`,
    ]);
    expect(operationsOf(`cat ${'x'.repeat(4_097)}`)[1]).toBe(`opaque read: ${'x'.repeat(199)}…`);
    expect(analyzeArgv(['cat', 'a\0b'], testContext).operations[1]).toMatchObject({
      kind: 'opaque',
      of: 'read',
    });
  });

  test('of words that no shell reads: each stands where it was', () => {
    const spans = analyzeArgv(['rm', 'ab', 'c'], testContext).operations.map(({ span }) => [
      span.start,
      span.end,
    ]);
    expect(spans).toEqual([
      [0, 7],
      [3, 5],
      [6, 7],
    ]);
  });

  test('of text with NUL', () => {
    expect(operationsOf('rm a\0b')).toContain('opaque exec: rm a\0b');
    expect(operationsOf('rm ab')).toEqual(['exec rm [writes]', 'write /repo/ab']);
  });

  test('of what is shown of a text that is too long', () => {
    const [operation] = analyze('a'.repeat(limits.text + 1), testContext).operations;
    expect(operation?.target).toBe(`${'a'.repeat(199)}…`);
  });

  test('of links that are made through links, last first', () => {
    const copies = (count: number): string =>
      Array.from({ length: count }, (_, at) => `cp -P l${count - at - 1} l${count - at};`).join(' ');
    const found = (count: number): readonly string[] =>
      operationsOf(`${copies(count)} ln -s /etc l0; cat l${count}/shadow`);
    expect(found(2)).toContain('read /etc/shadow (credential-store)');
    expect(found(2)).not.toContain('opaque exec: ');
    expect(found(3)).toContain('opaque exec: ');
  });
});
