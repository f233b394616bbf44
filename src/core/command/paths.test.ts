import * as fc from 'fast-check';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classifyPath, resolvePath } from './paths.ts';
import { classifyPattern } from './patterns.ts';

const place = { repository: '/repo', home: '/home/writ' };

describe('resolvePath', () => {
  test.each([
    ['a', '/repo/a'],
    ['./a//b/../c/', '/repo/a/c'],
    ['../../../x', '/x'],
    ['/', '/'],
    ['/proc/self/root/etc/x', '/etc/x'],
    ['/proc/self/root/proc/self/root/etc/x', '/etc/x'],
    ['/proc/thread-self/root/../etc/x', '/etc/x'],
    ['/proc/self/task/7/root/etc/x', '/etc/x'],
    ['/proc/self/cwd/x', '/repo/x'],
    ['/proc/./self//cwd/../x', '/x'],
    ['/proc/1/root/x', '/proc/1/root/x'],
    ['/proc/self/environ', '/proc/self/environ'],
  ])('%s is %s', (path, resolved) => {
    expect(resolvePath(path, '/repo')).toBe(resolved);
  });

  test('agrees with POSIX normalisation where no link of /proc is passed', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', '..', '.', '', 'c.d', '...'), { maxLength: 8 })
      .map((parts) => parts.join('/'));
    fc.assert(
      fc.property(path, (text) => {
        const expected = posix.resolve('/repo/x', text);
        expect(resolvePath(text, '/repo/x')).toBe(expected);
      }),
    );
  });
});

describe('classifyPath', () => {
  test.each([
    ['/repo', 'repository', null],
    ['/repo/src/a.ts', 'repository', null],
    ['/repository', 'outside', null],
    ['/repo/.git/config', 'repository', 'git-internals'],
    ['/repo/.GIT/hooks/pre-commit', 'repository', 'git-internals'],
    ['/repo/.g\u200cit/config', 'repository', 'git-internals'],
    ['/repo/git~1/config', 'repository', 'git-internals'],
    ['/repo/sub/.git/hooks/x', 'repository', 'git-internals'],
    ['/repo/.gitmodules', 'repository', 'git-internals'],
    ['/repo/.gitignore', 'repository', null],
    ['/repo/.github/workflows/ci.yml', 'repository', 'ci'],
    ['/repo/.github/dependabot.yml', 'repository', null],
    ['/repo/Jenkinsfile', 'repository', 'ci'],
    ['/repo/package-lock.json', 'repository', 'lock-file'],
    ['/repo/sub/package.json', 'repository', 'manifest'],
    ['/repo/requirements-dev.txt', 'repository', 'manifest'],
    ['/repo/.claude/settings.json', 'repository', 'assistant-settings'],
    ['/repo/CLAUDE.md', 'repository', 'assistant-settings'],
    ['/repo/.vscode/tasks.json', 'repository', 'editor-settings'],
    ['/repo/.envrc', 'repository', 'editor-settings'],
    ['/repo/.env', 'repository', 'secrets'],
    ['/repo/.env.local', 'repository', 'secrets'],
    ['/repo/.env.example', 'repository', null],
    ['/repo/.еnv', 'repository', 'secrets'], // a Cyrillic letter
    ['/repo/.env.test.example', 'repository', null],
    ['/repo/config/secrets.yml', 'repository', 'secrets'],
    ['/repo/passwords.txt', 'repository', 'secrets'],
    ['/repo/src/secrets.ts', 'repository', null],
    ['/repo/design/tokens.json', 'repository', null],
    ['/repo/.editorconfig', 'repository', null],
    ['/repo/Makefile', 'repository', null],
    ['/repo/.git /config', 'repository', 'git-internals'], // other file systems drop the blank
    ['/repo/.pre-commit-config.yaml', 'repository', 'git-internals'],
    ['/repo/.kiro/settings/mcp.json', 'repository', 'assistant-settings'],
    ['/repo/.github/instructions/a.instructions.md', 'repository', 'assistant-settings'],
    ['/repo/.github/ISSUE_TEMPLATE/bug.md', 'repository', null],
    ['/repo/.gitlab/issue_templates/bug.md', 'repository', null],
    ['/repo/ci/base.gitlab-ci.yml', 'repository', 'ci'],
    ['/repo/shop.code-workspace', 'repository', 'editor-settings'],
    ['/repo/.gdbinit', 'repository', 'editor-settings'],
    ['/repo/uv.lock', 'repository', 'lock-file'],
    ['/repo/deploy/server.pem', 'repository', 'secrets'],
    ['/repo/id_ed25519', 'repository', 'secrets'],
    ['/repo/id_ed25519.pub', 'repository', null],
    ['/repo/governance/policies/a.cedar', 'repository', 'governance'],
    ['/repo/src/governance.ts', 'repository', null],
    ['/tmp/x', 'temporary', null],
    ['/home/writ/x', 'private-home', null],
    ['/home/writ/.ssh/config', 'credential-store', null],
    ['/home/writ/.sshx', 'private-home', null],
    ['/home/bob/x', 'home', null],
    ['/home/bob/.config/gh/hosts.yml', 'credential-store', null],
    ['/root/.kube/config', 'credential-store', null],
    ['/root/.bash_history', 'credential-store', null],
    ['/etc/shadow', 'credential-store', null],
    ['/etc/shadow-', 'credential-store', null],
    ['/etc/sudoers.d/x', 'system', null],
    ['/etc/hosts', 'toolchain', null],
    ['/etc/passwd', 'system', null],
    ['/proc/cpuinfo', 'toolchain', null],
    ['/home/bob/.cache/huggingface/token', 'credential-store', null],
    ['/home/bob/.config/Code/User/globalStorage/state.vscdb', 'credential-store', null],
    ['/usr/bin/git', 'toolchain', null],
    ['/boot/x', 'system', null],
    ['/sys/x', 'system', null],
    ['/run/secrets/token', 'credential-store', null],
    ['/var/lib/writ/writ.db', 'guard', 'governance'],
    ['/home/writ/.local/state/writ/keys/log', 'guard', 'governance'],
    ['/dev/sda', 'device', null],
    ['/dev/null', 'temporary', null],
    ['/proc/1/mem', 'process', 'secrets'],
    ['/proc/1/status', 'toolchain', null],
    ['/proc/1/status/../environ', 'process', 'secrets'],
    ['/proc/1/task/1/environ', 'process', 'secrets'],
    ['/proc/self/environ', 'process', 'secrets'],
    ['/proc/80/fd', 'process', null],
    ['/proc/80/fd/3', 'process', 'secrets'],
    ['/proc/80/cmdline', 'process', null],
    ['/proc/80/cwd/x', 'process', 'secrets'],
    ['/proc/kcore', 'process', 'secrets'],
    ['/', 'outside', null],
    ['/srv/x', 'outside', null],
  ])('%s lies in %s, %s', (path, area, sensitivity) => {
    const found = classifyPath(path, place);
    expect([found.area, found.sensitivity]).toEqual([area, sensitivity]);
  });

  test('a repository within a home is the repository', () => {
    expect(
      classifyPath('/home/bob/shop/src', { repository: '/home/bob/shop', home: '/home/writ' }).area,
    ).toBe('repository');
    expect(
      classifyPath('/home/bob/.ssh/id_rsa', { repository: '/home/bob', home: '/home/writ' }),
    ).toMatchObject({ area: 'repository', sensitivity: 'secrets', credential: 'ssh' });
  });
});

describe('classifyPattern', () => {
  test.each([
    ['/repo/*', 'repository', null],
    ['/repo/src/*.ts', 'repository', null],
    ['/repo/.en?', 'repository', 'secrets'],
    ['/repo/.en[v]', 'repository', 'secrets'],
    ['/repo/sec*', 'repository', 'secrets'],
    ['/repo/.cl*/settings.json', 'repository', 'assistant-settings'],
    ['/repo/.gi*/config', 'repository', 'git-internals'],
    ['/repo/.git*/hooks/*', 'repository', 'git-internals'],
    ['/repo/p*.json', 'repository', 'lock-file'],
    ['/repo/g*/policies/*', 'repository', 'governance'],
    ['/etc/sh*', 'credential-store', null],
    ['/etc/ho*', 'toolchain', null],
    ['/home/writ/.s*/id_rsa', 'credential-store', null],
    ['/home/b*/.ssh/id_rsa', 'home', null],
    ['/tmp/*', 'temporary', null],
  ])('%s lies in %s, %s', (pattern, area, sensitivity) => {
    const found = classifyPattern(pattern, place);
    expect([found?.area, found?.sensitivity]).toEqual([area, sensitivity]);
  });

  test.each(['/*/shadow', '/e*/x', '/repo/.*/x', '/repo/.?/x', '/repo/.[e]*'])(
    '%s may lie anywhere',
    (pattern) => {
      expect(classifyPattern(pattern, place)).toBeNull();
    },
  );
});
