import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { users, Workshop } from './workshop.ts';

describe.each(users)('a repository of $name', (user) => {
  let shop: Workshop;
  beforeEach(() => {
    shop = new Workshop(user, 'shop');
    shop.write('a.txt', 'one\n');
    git('-c', 'user.name=Dev', '-c', 'user.email=dev@x.invalid', 'add', '.');
    git('-c', 'user.name=Dev', '-c', 'user.email=dev@x.invalid', 'commit', '--quiet', '-m', 'first');
  });
  afterEach(() => shop?.[Symbol.dispose]());

  const git = (...args: string[]) => shop.outside(['git', '-C', shop.worktree, ...args]);
  const sh = (script: string, changes = {}) => shop.inside(['bash', '-c', script], changes);

  it('is worked on with git as outside, and commits bear the identity of the task', () => {
    const { stdout, stderr, result } = sh(
      'set -e; echo two >> a.txt; git status --short; git diff --stat; git add a.txt; git commit -qm second; git log --format="%an <%ae> %s"; git branch topic; git switch -q topic; git stash list; git gc -q; git fsck',
    );
    expect({ stdout, stderr, result }).toMatchObject({
      stdout:
        ' M a.txt\n a.txt | 1 +\n 1 file changed, 1 insertion(+)\nWrit: local <local@writ.invalid> second\nDev <dev@x.invalid> first\n',
      result: { exitCode: 0 },
    });
    expect(git('log', '--format=%s', 'topic').stdout).toBe('second\nfirst\n');
    expect(git('fsck').status).toBe(0);
  });

  it('is not changed at all where the profile only reads', () => {
    const { stdout } = sh(
      'git log --format=%s; cat a.txt; echo x >> a.txt; git commit --allow-empty -m no; touch new; exit 0',
      { repository: 'read-only' },
    );
    expect(stdout).toBe('first\none\n');
    expect(git('status', '--short').stdout + git('log', '--format=%s').stdout).toBe('first\n');
  });

  describe('is not made to run anything outside', () => {
    /** What a steered assistant would plant. `ran` appears when git outside runs it. */
    const attacks: Record<string, string> = {
      'a hook':
        'printf "#!/bin/sh\\ntouch %s\\n" "$RAN" > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit',
      'a hooks folder in place of the real one':
        'mv .git/hooks .git/old; mkdir .git/hooks; printf "#!/bin/sh\\ntouch %s\\n" "$RAN" > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit',
      'a setting': 'git config core.fsmonitor "touch $RAN; false"',
      'a setting by hand': 'printf "[core]\\n\\tfsmonitor = touch %s; false\\n" "$RAN" >> .git/config',
      'a configuration in place of the real one':
        'cp .git/config c; printf "[core]\\n\\tfsmonitor = touch %s; false\\n" "$RAN" >> c; rm -f .git/config; mv -f c .git/config',
      'another git directory in place of the real one':
        'cp -r .git evil; printf "[core]\\n\\tfsmonitor = touch %s; false\\n" "$RAN" >> evil/config; mv .git away; mv evil .git',
      'a link in place of the git directory':
        'cp -r .git evil; printf "[core]\\n\\tfsmonitor = touch %s; false\\n" "$RAN" >> evil/config; mv .git away; ln -s evil .git; ln -sfn evil .git',
      'another common directory':
        'cp -r .git evil; printf "[core]\\n\\tfsmonitor = touch %s; false\\n" "$RAN" >> evil/config; echo ../evil > .git/commondir',
      'a configuration of the worktree':
        'git config extensions.worktreeConfig true; printf "[core]\\n\\tfsmonitor = touch %s; false\\n" "$RAN" >> .git/config.worktree',
    };

    it.each(Object.entries(attacks))('by %s', (_, attack) => {
      const ran = shop.path('ran');
      const script = `RAN=${ran}; ${attack}; exit 0`;
      sh(script);
      git('status');
      git(
        '-c',
        'user.name=Dev',
        '-c',
        'user.email=dev@x.invalid',
        'commit',
        '--quiet',
        '--allow-empty',
        '-m',
        'next',
      );
      expect(existsSync(ran)).toBe(false);
      expect(git('log', '-1', '--format=%s').stdout).toBe('next\n');

      // The control: the same attack without a sandbox works.
      shop.outside(['bash', '-c', script]);
      git('status');
      git(
        '-c',
        'user.name=Dev',
        '-c',
        'user.email=dev@x.invalid',
        'commit',
        '--quiet',
        '--allow-empty',
        '-m',
        'next',
      );
      expect(existsSync(ran)).toBe(true);
    });

    it('and what was planted is told', () => {
      const { result } = sh('echo ../evil > .git/commondir');
      expect(result).toMatchObject({ planted: [join(shop.worktree, '.git/commondir')] });
      expect(existsSync(join(shop.worktree, '.git/commondir'))).toBe(false);
    });

    it("nor is Writ's governance rewritten", () => {
      shop.write('governance/organisation.yaml', 'version: 1\n');
      sh(
        'echo x >> governance/organisation.yaml; mv governance g; rm -rf governance; mkdir governance; echo x > governance/new; exit 0',
      );
      expect(readFileSync(join(shop.worktree, 'governance/organisation.yaml'), 'utf8')).toBe('version: 1\n');
      expect(existsSync(join(shop.worktree, 'governance/new'))).toBe(false);
    });
  });

  describe('linked worktrees and submodules', () => {
    it('a linked worktree works, sees nothing of the main one, and cannot redirect either', () => {
      const linked = shop.path('linked');
      git('worktree', 'add', '--quiet', '-b', 'side', linked);
      const gitDirectories = [join(shop.worktree, '.git/worktrees/linked'), join(shop.worktree, '.git')];
      const place = { worktree: linked, cwd: linked, gitDirectories };
      const { stdout } = sh(
        'echo two >> a.txt; git commit -qam side; git log --format=%s; ls -A "$1"'.replace(
          '$1',
          shop.worktree,
        ),
        place,
      );
      expect(stdout).toBe('side\nfirst\n.git\n');
      const before = [
        join(linked, '.git'),
        join(gitDirectories[0] ?? '', 'commondir'),
        join(gitDirectories[0] ?? '', 'gitdir'),
      ].map((path) => readFileSync(path, 'utf8'));
      sh(
        `d=${shop.worktree}/.git; echo "gitdir: /evil" > .git; mv .git x; echo /evil > $d/worktrees/linked/commondir; mv $d/worktrees/linked/commondir $d/c; mv $d/worktrees/linked $d/worktrees/l; mv $d/worktrees $d/w; echo x > $d/hooks/x; exit 0`,
        place,
      );
      const after = [
        join(linked, '.git'),
        join(gitDirectories[0] ?? '', 'commondir'),
        join(gitDirectories[0] ?? '', 'gitdir'),
      ].map((path) => readFileSync(path, 'utf8'));
      expect(after).toEqual(before);
      expect(existsSync(join(shop.worktree, '.git/hooks/x'))).toBe(false);
      expect(shop.outside(['git', '-C', linked, 'status', '--short']).stdout).toBe('');
    });

    it('a submodule works, within its superproject and alone, and its hooks stay as they are', () => {
      const library = shop.path('library');
      shop.outside(['git', 'clone', '--quiet', shop.worktree, library]);
      git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'deep/lib');
      const submodule = join(shop.worktree, 'deep/lib');
      const own = join(shop.worktree, '.git/modules/deep/lib');
      expect(
        sh('git submodule status; cd deep/lib; git commit -q --allow-empty -m inner; git log -1 --format=%s')
          .stdout,
      ).toMatch(/^ [0-9a-f]{40} deep\/lib .*\ninner\n$/);
      const alone = sh('git commit -q --allow-empty -m alone; git log -1 --format=%s; ls -A ../..', {
        worktree: submodule,
        cwd: submodule,
        gitDirectories: [own],
      });
      expect(alone.stdout).toBe('alone\n.git\ndeep\n');
      const config = readFileSync(join(own, 'config'), 'utf8');
      sh(
        'cd .git/modules; echo x > deep/lib/hooks/x; echo x >> deep/lib/config; mv deep/lib deep/l; mv deep d; mkdir -p deep/lib; echo x > deep/lib/config; cd ..; mv modules m; exit 0',
      );
      expect(readFileSync(join(own, 'config'), 'utf8')).toBe(config);
      expect(existsSync(join(own, 'hooks/x'))).toBe(false);
    });
  });

  describe('is refused', () => {
    it.each([
      [
        'a link as git directory',
        () => (git('worktree', 'prune'), shop.outside(['bash', '-c', 'mv .git g; ln -s g .git'])),
        /\.git is a symbolic link/,
      ],
      [
        'a link as hooks folder',
        () => shop.outside(['bash', '-c', 'rm -r .git/hooks; ln -s /etc .git/hooks']),
        /hooks is a symbolic link/,
      ],
      ['an earlier redirection', () => shop.write('.git/commondir', '../evil'), /commondir redirects git/],
    ] as const)('with %s', (_, prepare, message) => {
      prepare();
      expect(sh('true').result).toMatchObject({
        error: { code: 'worktree_unsafe', message: expect.stringMatching(message) },
      });
    });

    it('when its folder was replaced after it was identified', () => {
      expect(sh('echo ran', { worktreeId: '1:2' })).toMatchObject({
        stdout: '',
        result: { error: { code: 'sandbox_failed', message: expect.stringContaining('was replaced') } },
      });
    });
  });

  it('hides what it must not show, and says so rather than showing nothing', () => {
    shop.write('.env', 'PASSWORD=canary');
    shop.write('keys/deploy.pem', 'canary');
    const hide = ['.env', 'keys', 'missing'].map((name) => join(shop.worktree, name));
    const { stdout, stderr } = sh(
      'cat .env; ls -A keys; cat keys/deploy.pem; rm -rf keys; mv .env e; cat e',
      { hide },
    );
    expect(stdout).toBe('');
    expect(stderr).toContain('cat: .env: Permission denied');
    expect(readFileSync(join(shop.worktree, '.env'), 'utf8')).toBe('PASSWORD=canary');
    expect(sh('cat .env').stdout).toBe('PASSWORD=canary');
  });

  it('may have a path of any characters', () => {
    using odd = new Workshop(user, 'a b\n"$(touch x)\'=:,\\é🜂 --bind');
    odd.write('file', 'here\n');
    const { stdout, stderr, result } = odd.inside(['sh', '-c', 'cat file; git status --short; pwd']);
    expect({ stdout, stderr, result }).toMatchObject({
      stdout: `here\n?? file\n${odd.worktree}\n`,
      stderr: '',
      result: { exitCode: 0 },
    });
  });

  it('stays where its path says, whatever links inside it say', () => {
    mkdirSync(shop.path('elsewhere'));
    writeFileSync(shop.path('elsewhere/secret'), 'canary');
    symlinkSync(shop.path('elsewhere'), join(shop.worktree, 'out'));
    symlinkSync('/', join(shop.worktree, 'root'));
    expect(
      sh(`cat out/secret root${shop.path('elsewhere/secret')} root/etc/shadow; echo x > out/new; exit 0`)
        .stdout,
    ).toBe('');
    expect(existsSync(shop.path('elsewhere/new'))).toBe(false);
  });
});
