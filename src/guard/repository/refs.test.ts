/** What is read without git is what git says, at once after every change, and odd cases are left to git. */
import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scratch, type Scratch } from '../../../test/repository/scratch.ts';
import { identifyRepository } from './identify.ts';
import { readRef, readRefs } from './refs.ts';

const url = 'git@github.com:acme/shop.git';
const registered = { 'github.com/acme/shop': { refs: ['**'], signers: [] } };
let at: Scratch;
let clone: string;
let git: (...args: readonly string[]) => string;
beforeEach(() => {
  at = scratch();
  const server = at.repository('server');
  for (const branch of ['feature/x', 'feature/y/z']) at.git(server, 'branch', branch);
  at.git(at.directory, 'clone', '--quiet', server, 'shop');
  clone = at.path('shop');
  git = (...args) => at.git(clone, ...args);
  git('remote', 'set-url', 'origin', url);
});
afterEach(() => at[Symbol.dispose]());

const commit = () => git('commit', '--quiet', '--allow-empty', '--message=more');

/** Names and ids as git lists them, but for the pointer to the default branch. */
const listed = (prefix: string) =>
  git('for-each-ref', '--format=%(refname) %(objectname)', prefix)
    .split('\n')
    .filter((line) => line !== '' && !line.includes('/HEAD '))
    .sort();
const read = async (prefix: string) =>
  (await readRefs(join(clone, '.git'), prefix))?.map(({ name, id }) => `${name} ${id}`).sort() ?? null;

/** Each is done to the one clone after the other, as they come in practice. */
const changes: readonly (readonly [string, () => unknown])[] = [
  ['nothing', () => undefined],
  ['a commit', commit],
  ['a branch', () => git('switch', '--quiet', '--create', 'side')],
  ['refs in one file', () => git('pack-refs', '--all')],
  ['a commit over a packed ref', commit],
  ['objects in packs', () => git('gc', '--quiet')],
  ['a commit beside packs', commit],
  ['an amended commit', () => git('commit', '--quiet', '--amend', '--allow-empty', '--message=other')],
  ['a detached HEAD', () => git('checkout', '--quiet', '--detach', 'HEAD~1')],
  ['an annotated tag, packed', () => (git('tag', '-a', '-m', 'one', 'v1'), git('pack-refs', '--all'))],
  ['a branch that was fetched away', () => git('update-ref', '-d', 'refs/remotes/origin/feature/x')],
  ['a branch that was fetched anew', () => git('update-ref', 'refs/remotes/origin/new', 'HEAD')],
  ['a reset', () => git('switch', '--quiet', 'main')],
];

describe('HEAD and the refs', () => {
  it('are as git has them, whatever was known before', async () => {
    for (const [change, act] of changes) {
      act();
      const { commit: head, branch, proof } = await identifyRepository(clone, registered);
      const fetched = git('branch', '--remotes', '--contains', 'HEAD') !== '';
      expect({ change, head, branch, proof }).toEqual({
        change,
        head: git('rev-parse', 'HEAD'),
        branch: git('branch', '--show-current') || null,
        proof: fetched ? 'fetched-ref' : 'claimed',
      });
      for (const prefix of ['refs/remotes/origin/', 'refs/heads/', 'refs/tags/', 'refs/remotes/none/']) {
        expect({ change, refs: await read(prefix) }).toEqual({ change, refs: listed(prefix) });
      }
    }
  });

  it('of a repository without commits are none', async () => {
    git('switch', '--quiet', '--orphan', 'empty');
    expect(await readRef(join(clone, '.git'), 'refs/heads/empty')).toBe('none');
    expect((await identifyRepository(clone, registered)).commit).toBe(null);
  });

  it('are reported missing when the commit itself has gone', async () => {
    commit();
    const id = git('rev-parse', 'HEAD');
    await identifyRepository(clone, registered);
    renameSync(join(clone, '.git/objects', id.slice(0, 2), id.slice(2)), at.path('away'));
    await expect(identifyRepository(clone, registered)).rejects.toMatchObject({ code: expect.any(String) });
  });
});

describe('left to git', () => {
  const main = 'refs/heads/main';
  it.each<[string, () => void, string]>([
    ['a name that leads elsewhere', () => undefined, 'refs/heads/../../../server/.git/refs/heads/main'],
    ['a lock', () => undefined, `${main}.lock`],
    ['a hidden name', () => undefined, 'refs/heads/.main'],
    ['a ref that points at another', () => git('symbolic-ref', 'refs/heads/alias', main), 'refs/heads/alias'],
    [
      'a ref that is a link',
      () => symlinkSync('main', join(clone, '.git/refs/heads/link')),
      'refs/heads/link',
    ],
    ['a ref that is nonsense', () => writeFileSync(join(clone, '.git', main), 'nonsense\n'), main],
    [
      'packed refs that are nonsense',
      () => (writeFileSync(join(clone, '.git/packed-refs'), 'x y\n'), git('status')),
      'refs/heads/none',
    ],
  ])('%s', async (_, prepare, name) => {
    try {
      prepare();
    } catch {
      // git itself may refuse what was prepared.
    }
    expect(await readRef(join(clone, '.git'), name)).toBe(null);
  });
});
