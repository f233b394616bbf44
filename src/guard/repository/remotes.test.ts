import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, scratch, type Scratch } from '../../../test/repository/scratch.ts';
import { WritError } from '../../core/model/errors.ts';
import { identifyRepository } from './identify.ts';
import { rewritten, ruleFor } from './rewriting.ts';

const origin = '[remote "origin"]\n\turl = https://github.com/acme/shop\n';

let at: Scratch;
let clone: string;
beforeEach(() => {
  at = scratch();
  clone = at.repository('shop');
});
afterEach(() => {
  at[Symbol.dispose]();
});

function configure(text: string): void {
  writeFileSync(join(clone, '.git/config'), text);
}

describe('the configuration tells one repository', () => {
  test.each([
    ['origin', origin],
    [
      'a rewrite to the same repository',
      `${origin}[url "git@github.com:"]\n\tinsteadOf = https://github.com/\n`,
    ],
    [
      'a rewrite of something else',
      `${origin}[url "https://evil.example/"]\n\tinsteadOf = https://gitlab.com/\n`,
    ],
    ['a push address of the same repository', `${origin}\tpushurl = git@github.com:Acme/Shop.git\n`],
    [
      'a push rewrite to the same',
      `${origin}[url "ssh://git@github.com/"]\n\tpushInsteadOf = https://github.com/\n`,
    ],
    ['the only remote, whatever its name', '[remote "upstream"]\n\turl = https://github.com/acme/shop\n'],
    ['origin among others', `[remote "fork"]\n\turl = https://github.com/bob/shop\n${origin}`],
    ['several addresses of one repository', `${origin}\turl = git@github.com:acme/shop\n`],
  ])('%s', async (_name, text) => {
    configure(text);
    expect((await identifyRepository(clone, {})).remote).toBe('github.com/acme/shop');
  });

  test('the remote that is named', async () => {
    configure(`${origin}[remote "fork"]\n\turl = https://github.com/bob/shop\n`);
    expect((await identifyRepository(clone, {}, { remote: 'fork' })).remote).toBe('github.com/bob/shop');
  });

  test('other remotes are told', async () => {
    configure(
      `${origin}[remote "fork"]\n\turl = https://github.com/bob/shop\n[remote "x"]\n\turl = /srv/x\n`,
    );
    const { proven } = await identifyRepository(clone, {});
    expect(proven).toContain('its remote fork is github.com/bob/shop');
    expect(proven).toContain('its remote x is none that Writ knows');
  });
});

describe('the configuration contradicts itself', () => {
  test.each([
    ['insteadOf', 4, `${origin}[url "https://evil.example/"]\n\tinsteadOf = https://github.com/\n`],
    [
      'insteadOf on its section line',
      3,
      `${origin}[URL "https://evil.example/"] InsteadOf = https://github.com/\n`,
    ],
    [
      'insteadOf in the old spelling',
      5,
      `${origin}# x\n[url "https://evil.example/"]\n  insteadof="https://github.com/"\n`,
    ],
    [
      'the longer of two rules',
      5,
      `${origin}[url "https://evil.example/"]\n\tinsteadOf = https://gitlab.com/\n\tinsteadOf = https://github.com/acme\n[url "git@github.com:"]\n\tinsteadOf = https://github.com/\n`,
    ],
    ['insteadOf of everything', 4, `${origin}[url "https://evil.example/"]\n\tinsteadOf = ""\n`],
    ['insteadOf to a local folder', 4, `${origin}[url "/srv/"]\n\tinsteadOf = https://github.com/\n`],
    ['insteadOf to a helper program', 4, `${origin}[url "ext::sh -c "]\n\tinsteadOf = https://\n`],
    ['pushInsteadOf', 4, `${origin}[url "https://evil.example/"]\n\tpushInsteadOf = https://github.com/\n`],
    ['pushurl', 3, `${origin}\tpushurl = https://evil.example/acme/shop\n`],
    ['a second url, to which pushes go too', 3, `${origin}\turl = https://evil.example/acme/shop\n`],
    [
      'a rewritten pushurl',
      5,
      `${origin}\tpushurl = x:acme/shop\n[url "https://evil.example/"]\n\tinsteadOf = x:\n`,
    ],
  ])('%s, on line %i', async (name, line, text) => {
    configure(text);
    const error = await identifyRepository(clone, {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WritError);
    expect((error as WritError).code).toBe('remote_rewritten');
    const expected = name === 'a rewritten pushurl' ? 3 : line;
    expect((error as WritError).place).toEqual({
      file: join(clone, '.git/config'),
      line: expected,
      column: 1,
    });
  });

  test('a rewrite in a file that it includes', async () => {
    configure(`[include]\n\tpath = ../shared\n${origin}`);
    writeFileSync(
      join(clone, 'shared'),
      '\n[url "https://evil.example/"]\n\tinsteadOf = https://github.com/\n',
    );
    const error = (await identifyRepository(clone, {}).catch((reason: unknown) => reason)) as WritError;
    expect([error.code, error.place]).toEqual([
      'remote_rewritten',
      { file: join(clone, 'shared'), line: 3, column: 1 },
    ]);
  });

  test('a rewrite behind a condition that does not hold now', async () => {
    configure(`[includeIf "onbranch:later"]\n\tpath = later\n${origin}`);
    writeFileSync(
      join(clone, '.git/later'),
      '[url "https://evil.example/"]\n\tinsteadOf = https://github.com/\n',
    );
    expect(await codeOf(identifyRepository(clone, {}))).toBe('remote_rewritten');
  });

  test("an include in somebody's home is told, not read", async () => {
    configure(`[include]\n\tpath = ~/shared\n${origin}`);
    expect((await identifyRepository(clone, {})).proven).toContain(
      'its configuration includes ~/shared, which was not read',
    );
  });
});

test.each([
  ['no remote', '[core]\n\tbare = false\n'],
  ['a local folder', '[remote "origin"]\n\turl = /srv/shop\n'],
  ['a folder that looks like a host', '[remote "origin"]\n\turl = github.com/acme/shop\n'],
])('a clone with %s is known by its own folder only', async (_name, text) => {
  configure(text);
  const { remote, proof, proven } = await identifyRepository(clone, {});
  expect(remote).toMatch(/^localhost\/[a-z0-9-]+-[0-9a-f]{16}$/);
  expect({ proof, proven }).toMatchObject({
    proof: 'claimed',
    proven: expect.stringContaining('known by its folder'),
  });
});

test("no address claims another folder's name", async () => {
  configure('');
  const { remote } = await identifyRepository(clone, {});
  const other = at.repository('other', `https://${remote}`);
  for (const url of [
    `https://${remote}`,
    `ssh://git@LOCALHOST/${remote.slice(10)}.git`,
    `git@localhost:${remote.slice(10)}`,
  ]) {
    at.git(other, 'remote', 'set-url', 'origin', url);
    expect((await identifyRepository(other, {})).remote).not.toBe(remote);
    expect(await codeOf(identifyRepository(other, {}, { remote: 'origin' }))).toBe('remote_local');
  }
});

test.each([
  [
    'several, none of them origin',
    'remote_missing',
    '[remote "a"]\n\turl = https://h/a\n[remote "b"]\n\turl = https://h/b\n',
  ],
  ['a helper program', 'remote_hostile', '[remote "origin"]\n\turl = ext::sh -c x\n'],
  ['a helper by name', 'remote_hostile', `${origin}\tvcs = evil\n`],
  ['an option for ssh', 'remote_hostile', '[remote "origin"]\n\turl = ssh://-oProxyCommand=x/acme/shop\n'],
  ['broken text', 'configuration_invalid', '[remote "origin"\nurl = x\n'],
  ['NUL bytes', 'configuration_invalid', '[remote\0'],
  ['more than can be right', 'configuration_too_large', `${origin}#${'x'.repeat(1024 * 1024)}\n`],
  ['files that include each other', 'configuration_too_large', `${origin}[include]\n\tpath = config\n`],
  ['a device that never ends', 'repository_format', `${origin}[include]\n\tpath = /dev/zero\n`],
])('%s is refused: %s', async (_name, code, text) => {
  configure(text);
  expect(await codeOf(identifyRepository(clone, {}))).toBe(code);
});

test('a pipe in the place of a file blocks nobody', async () => {
  configure(`${origin}[include]\n\tpath = pipe\n`);
  at.pipe(join(clone, '.git/pipe'));
  expect(await codeOf(identifyRepository(clone, {}))).toBe('repository_format');
});

test('a large configuration of many sections is read whole', async () => {
  const sections = Array.from(
    { length: 8000 },
    (_, index) => `[branch "b${index}"]\n\tremote = origin\n\tmerge = refs/heads/b${index}\n`,
  );
  configure(sections.join('') + origin);
  expect((await identifyRepository(clone, {})).remote).toBe('github.com/acme/shop');
});

test('addresses are rewritten as git does it', () => {
  const text = fc.stringMatching(/^[ab:/]{0,4}$/);
  const rule = fc.record({ base: fc.stringMatching(/^[ab:/]{1,4}$/), prefix: text });
  mkdirSync(at.path('bare'));
  const environment = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };
  fc.assert(
    fc.property(fc.stringMatching(/^[ab:/]{1,8}$/), fc.array(rule, { maxLength: 4 }), (url, rules) => {
      // The same base twice belongs to its first place in git's list.
      const unique = rules.filter(
        ({ base }, index) => rules.findIndex((other) => other.base === base) === index,
      );
      const args = unique.flatMap(({ base, prefix }) => ['-c', `url.${base}.insteadOf=${prefix}`]);
      const git = execFileSync('git', [...args, 'ls-remote', '--get-url', url], {
        cwd: at.path('bare'),
        env: environment,
        encoding: 'utf8',
      });
      expect(rewritten(url, ruleFor(url, unique))).toBe(git.replace(/\n$/, ''));
    }),
    { numRuns: 300 },
  );
});
