import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scratch, type Scratch } from '../../../test/repository/scratch.ts';
import { checkSignature } from './commit-signature.ts';
import { identifyRepository } from './identify.ts';
import { matchesRef } from './ref-pattern.ts';

const url = 'git@github.com:acme/shop.git';
const shop = 'github.com/acme/shop';

let at: Scratch;
beforeEach(() => {
  at = scratch();
});
afterEach(() => {
  at[Symbol.dispose]();
});

/** A clone of a local server whose remote then is given its public name, as if it had been fetched from there. */
function fetched(): string {
  const server = at.repository('server');
  at.git(server, 'branch', 'feature/x');
  at.git(at.directory, 'clone', '--quiet', server, 'shop');
  at.git(at.path('shop'), 'remote', 'set-url', 'origin', url);
  return at.path('shop');
}

function commit(clone: string, ...options: readonly string[]): string {
  at.git(clone, ...options, 'commit', '--quiet', '--allow-empty', '--message=work');
  return at.git(clone, 'rev-parse', 'HEAD');
}

function signing(file: string): string[] {
  return ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${file}`, '-c', 'commit.gpgSign=true'];
}

async function proofOf(clone: string, refs: readonly string[] = ['**'], signers: readonly string[] = []) {
  const { proof, proven } = await identifyRepository(clone, { [shop]: { refs, signers } });
  return { proof, proven };
}

describe('fetched-ref', () => {
  test('HEAD is a fetched branch, or an ancestor of one', async () => {
    const clone = fetched();
    const { proof, proven } = await proofOf(clone, ['main']);
    expect(proof).toBe('fetched-ref');
    expect(proven).toMatch(
      /^HEAD is contained in refs\/remotes\/origin\/main, fetched from github.com\/acme\/shop/,
    );
    commit(at.path('server'));
    at.git(clone, 'fetch', '--quiet', at.path('server'), '+refs/heads/*:refs/remotes/origin/*');
    expect((await proofOf(clone, ['main'])).proof).toBe('fetched-ref');
  });

  test.each([
    ['work that no fetched branch holds', ['**'], (clone: string) => commit(clone)],
    ['a branch that is not allowed', ['release/*'], () => undefined],
    [
      'only a pull request was fetched',
      ['**'],
      (clone: string) => at.git(clone, 'update-ref', 'refs/pull/1/head', commit(clone)),
    ],
    [
      'the tracking ref of another remote',
      ['**'],
      (clone: string) => at.git(clone, 'update-ref', 'refs/remotes/fork/main', commit(clone)),
    ],
    [
      'only refs/remotes/origin/HEAD',
      ['**'],
      (clone: string) => at.git(clone, 'update-ref', '--no-deref', 'refs/remotes/origin/HEAD', commit(clone)),
    ],
    [
      'branches fetched under other names',
      ['**'],
      (clone: string) =>
        at.git(
          clone,
          'config',
          '--replace-all',
          'remote.origin.fetch',
          '+refs/heads/evil:refs/remotes/origin/main',
        ),
    ],
    [
      'an ssh command of the clone',
      ['**'],
      (clone: string) => at.git(clone, 'config', 'core.sshCommand', 'evil'),
    ],
    [
      'a proxy of the clone',
      ['**'],
      (clone: string) => at.git(clone, 'config', 'http.https://github.com/.proxy', 'h'),
    ],
    ['certificates unchecked', ['**'], (clone: string) => at.git(clone, 'config', 'http.sslVerify', 'false')],
    [
      'an upload-pack of its own',
      ['**'],
      (clone: string) => at.git(clone, 'config', 'remote.origin.uploadpack', 'x'),
    ],
  ] as const)('not with %s', async (_name, refs, change) => {
    const clone = fetched();
    change(clone);
    const { proof, proven } = await proofOf(clone, refs);
    expect(proof).toBe('claimed');
    expect(proven).toMatch(/^Only the clone's own configuration says that this is github.com\/acme\/shop; ./);
  });

  test('replacement objects and grafts tell no other history', async () => {
    const clone = fetched();
    const tip = at.git(clone, 'rev-parse', 'origin/main');
    const own = commit(clone);
    const merge = at.git(clone, 'commit-tree', '-p', own, '-m', 'x', `${own}^{tree}`);
    at.git(clone, 'replace', tip, merge);
    // git itself is fooled, so the test would notice.
    at.git(clone, 'merge-base', '--is-ancestor', own, 'origin/main');
    expect((await proofOf(clone)).proof).toBe('claimed');
    at.git(clone, 'replace', '--delete', tip);
    writeFileSync(join(clone, '.git/info/grafts'), `${tip} ${own}\n`);
    at.git(clone, 'merge-base', '--is-ancestor', own, 'origin/main');
    expect((await proofOf(clone)).proof).toBe('claimed');
  });

  test('what the clone rests on is told', async () => {
    const server = at.repository('server');
    commit(server);
    at.git(at.directory, 'clone', '--quiet', '--depth=1', `file://${server}`, 'shop');
    at.git(at.path('shop'), 'remote', 'set-url', 'origin', url);
    expect(await proofOf(at.path('shop'))).toMatchObject({
      proof: 'fetched-ref',
      proven: expect.stringContaining('the clone is shallow') as string,
    });
    at.git(at.directory, 'clone', '--quiet', '--shared', server, 'borrower');
    at.git(at.path('borrower'), 'remote', 'set-url', 'origin', url);
    expect((await proofOf(at.path('borrower'))).proven).toContain(
      `it borrows objects from ${server}/.git/objects`,
    );
  });

  test('an unregistered repository and one without commits have only their claim', async () => {
    const { proof, proven } = await identifyRepository(fetched(), {
      constructor: { refs: ['**'], signers: [] },
    });
    expect(proof).toBe('claimed');
    expect(proven).toContain('no such repository is registered');
  });
});

describe('signed-commit', () => {
  test('HEAD is signed by an allowed signer', async () => {
    const clone = at.repository('shop', url);
    const [ada, bob] = [at.key('ada'), at.key('bob')];
    commit(clone, ...signing(ada.file));
    const { proof, proven } = await proofOf(clone, ['**'], [bob.publicLine, ada.publicLine]);
    expect(proof).toBe('signed-commit');
    expect(proven).toMatch(
      /^HEAD is signed by SHA256:[\w+/]{43}, an allowed signer of github.com\/acme\/shop\.$/,
    );
  });

  test.each(['ed25519', 'ecdsa', 'rsa'] as const)('agrees with ssh-keygen about a %s key', async (type) => {
    const clone = at.repository('shop', url);
    const { file, publicLine, fingerprint } = at.key('ada', type);
    at.git(clone, 'config', 'i18n.commitEncoding', 'ISO-8859-1');
    writeFileSync(at.path('message'), Buffer.from('gr\xfc\xdfe\n', 'latin1'));
    at.git(clone, ...signing(file), 'commit', '--quiet', '--allow-empty', '--file', at.path('message'));
    writeFileSync(at.path('allowed'), `ada ${publicLine}\n`);
    at.git(clone, '-c', `gpg.ssh.allowedSignersFile=${at.path('allowed')}`, 'verify-commit', 'HEAD');
    const { proof, proven } = await proofOf(clone, ['**'], [publicLine]);
    expect(proof).toBe('signed-commit');
    expect(proven).toContain(fingerprint);
  });

  test('a merge with a signed tag in it, signed itself', async () => {
    const clone = at.repository('shop', url);
    const ada = at.key('ada');
    at.git(clone, 'checkout', '--quiet', '-b', 'side');
    commit(clone);
    at.git(clone, ...signing(ada.file), 'tag', '--sign', '-m', 'tag', 'v1');
    at.git(clone, 'checkout', '--quiet', 'main');
    at.git(clone, ...signing(ada.file), 'merge', '--quiet', '--no-ff', '-m', 'merge', 'v1');
    expect(at.git(clone, 'cat-file', 'commit', 'HEAD')).toContain('mergetag');
    expect((await proofOf(clone, ['**'], [ada.publicLine])).proof).toBe('signed-commit');
  });

  test.each([
    ['not signed', 'of HEAD, it is not signed', (clone: string) => commit(clone)],
    [
      'signed by somebody else',
      'it is not signed by an allowed signer',
      (clone: string) => commit(clone, ...signing(at.key('eve').file)),
    ],
    [
      'only its parent is signed',
      'it is not signed',
      (clone: string) => (commit(clone, ...signing(at.path('ada'))), commit(clone)),
    ],
    [
      'the signature of another commit',
      'does not fit what was to be signed',
      (clone: string) => forge(clone, (text) => text.replace('\n\nwork', '\n\nevil')),
    ],
    [
      'two signatures',
      'several signatures',
      (clone: string) =>
        forge(clone, (text) =>
          text.replace(/(gpgsig [^]*?)(\n\n)/, (_all, own: string) => `${own}\n${own}\n\n`),
        ),
    ],
    [
      'an OpenPGP signature',
      'not an SSH signature',
      (clone: string) => forge(clone, (text) => text.replaceAll('SSH SIGNATURE', 'PGP SIGNATURE')),
    ],
    [
      'a signature in the message',
      'it is not signed',
      (clone: string) => forge(clone, (text) => text.replace(/\n(gpgsig [^]*?)\n\n([^]*)$/, '\n\n$2\n$1\n')),
    ],
  ] as const)('not when %s', async (_name, why, change) => {
    const clone = at.repository('shop', url);
    const ada = at.key('ada');
    change(clone);
    const { proof, proven } = await proofOf(clone, ['**'], [ada.publicLine]);
    expect(proof).toBe('claimed');
    expect(proven).toContain(why);
  });

  test('not when the signature was made for another purpose', async () => {
    const clone = at.repository('shop', url);
    const ada = at.key('ada');
    const id = commit(clone, ...signing(ada.file));
    const raw = at.git(clone, 'cat-file', 'commit', id);
    const payload = `${raw.replace(/\ngpgsig [^]*?(?=\n\n)/, '')}\n`;
    const file = at.path('payload');
    writeFileSync(file, payload);
    const sign = (namespace: string) => {
      at.sign(ada.file, namespace, file);
      return Buffer.from(
        payload.replace(
          '\n\n',
          `\ngpgsig ${readFileSync(`${file}.sig`, 'utf8').trim().replaceAll('\n', '\n ')}\n\n`,
        ),
      );
    };
    expect(checkSignature(sign('git'), [ada.publicLine])).toMatchObject({
      good: true,
    });
    expect(checkSignature(sign('file'), [ada.publicLine])).toMatchObject({
      good: false,
    });
    expect(checkSignature(sign('writ-approval@v1'), [ada.publicLine])).toMatchObject({
      good: false,
    });
  });

  test('a registered line cannot allow more than its key', async () => {
    const clone = at.repository('shop', url);
    const [ada, eve] = [at.key('ada'), at.key('eve')];
    commit(clone, ...signing(eve.file));
    for (const line of [
      `${ada.publicLine}\nsigner ${eve.publicLine}`,
      `* ${eve.publicLine}`,
      `cert-authority ${eve.publicLine}`,
    ]) {
      expect((await proofOf(clone, ['**'], [line])).proof).toBe('claimed');
    }
    expect((await proofOf(clone, ['**'], [eve.publicLine])).proof).toBe('signed-commit');
  });

  /** Commits with Ada's signature, then makes HEAD another object out of that text. */
  function forge(clone: string, change: (text: string) => string): void {
    const id = commit(clone, ...signing(at.path('ada')));
    const before = `${at.git(clone, 'cat-file', 'commit', id)}\n`;
    const after = change(before);
    expect(after).not.toBe(before);
    writeFileSync(at.path('forged'), after);
    const forged = at.git(clone, 'hash-object', '-t', 'commit', '-w', '--literally', at.path('forged'));
    at.git(clone, 'update-ref', '--no-deref', 'HEAD', forged);
  }
});

/**
 * Every way a clone's configuration can start a program that a look at the repository might take. Each is first
 * shown to work on plain git, so that a canary that stays away means something.
 */
describe('a hostile configuration starts nothing', () => {
  test('neither at a look, nor at the checking of refs and signatures', async () => {
    const clone = fetched();
    const ada = at.key('ada');
    writeFileSync(join(clone, 'file'), 'x\n');
    writeFileSync(join(clone, '.gitattributes'), '* diff=evil filter=evil\n');
    at.git(clone, 'add', '.');
    commit(clone, ...signing(ada.file));
    const canary = at.path('canary');
    const evil = at.path('evil.sh');
    writeFileSync(evil, `#!/bin/sh\necho "$0 $*" >> ${canary}\nexit 0\n`, { mode: 0o755 });
    for (const hook of ['post-checkout', 'pre-commit', 'reference-transaction', 'post-index-change']) {
      writeFileSync(join(clone, '.git/hooks', hook), `#!/bin/sh\n${evil}\n`, { mode: 0o755 });
    }
    writeFileSync(join(clone, '.git/included'), `[core]\n\tfsmonitor = ${evil}\n`);
    for (const [key, value] of Object.entries({
      'core.fsmonitor': evil,
      'core.hooksPath': join(clone, '.git/hooks'),
      'core.sshCommand': evil,
      'core.pager': evil,
      'core.editor': evil,
      'core.alternateRefsCommand': evil,
      'core.askPass': evil,
      'credential.helper': evil,
      'diff.external': evil,
      'diff.evil.textconv': evil,
      'diff.evil.command': evil,
      'filter.evil.clean': evil,
      'filter.evil.smudge': evil,
      'filter.evil.process': evil,
      'gpg.program': evil,
      'gpg.ssh.program': evil,
      'gpg.ssh.defaultKeyCommand': evil,
      'gpg.ssh.allowedSignersFile': evil,
      'include.path': 'included',
      'pager.config': evil,
      'pager.cat-file': evil,
      'uploadpack.packObjectsHook': evil,
      'extensions.partialClone': 'origin',
      'remote.origin.promisor': 'true',
      'alias.cat-file': `!${evil}`,
      'alias.config': `!${evil}`,
      'alias.rev-list': `!${evil}`,
    })) {
      at.git(clone, 'config', '--local', key, value);
    }
    at.git(clone, 'config', '--local', 'core.repositoryFormatVersion', '1');

    const identity = await identifyRepository(clone, { [shop]: { refs: ['**'], signers: [ada.publicLine] } });
    expect(identity.proof).toBe('signed-commit');
    await identifyRepository(clone, { [shop]: { refs: ['**'], signers: [] } });
    await identifyRepository(clone, { [shop]: { refs: ['**'], signers: [at.key('other').publicLine] } });
    expect(existsSync(canary)).toBe(false);

    for (const command of [['status'], ['log', '-1', '-p', '--ext-diff'], ['verify-commit', 'HEAD']]) {
      try {
        at.git(clone, ...command);
      } catch {
        // Whether git likes what the program said does not matter here.
      }
    }
    expect(readFileSync(canary, 'utf8').split('\n').length).toBeGreaterThan(3);
  });
});

test.each([
  ['main', 'main', true],
  ['main', 'mainly', false],
  ['feature/*', 'feature/x', true],
  ['feature/*', 'feature/x/y', false],
  ['feature/*', 'feature/', true],
  ['feature/**', 'feature/x/y', true],
  ['**', 'any/thing', true],
  ['**', '', true],
  ['*', 'a/b', false],
  ['release-*.*', 'release-1.2', true],
  ['release-*.*', 'release-12', false],
  ['rel.ase', 'release', false],
  ['*a*b', 'xaxbxb', true],
  ['*a*b', 'xaxbx', false],
  ['**/x', 'a/b/x', true],
  ['é*', 'été', true],
] as const)('the pattern %s and the branch %s: %s', (pattern, branch, expected) => {
  expect(matchesRef(pattern, branch)).toBe(expected);
});

test('no branch name makes matching slow', () => {
  const started = performance.now();
  expect(matchesRef('*a'.repeat(100), 'a'.repeat(1000) + 'b')).toBe(false);
  expect(performance.now() - started).toBeLessThan(2000);
});
