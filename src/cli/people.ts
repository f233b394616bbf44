/** What is known of the person at this keyboard, without asking them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Name of the operating system's user; falls back to the number where it has no name. */
export function currentLogin(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 0}`;
  }
}

/** Git's own idea of the user's name, else the login. */
export function currentFullName(): string {
  try {
    return (
      execFileSync('git', ['config', '--global', 'user.name'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim() || currentLogin()
    );
  } catch {
    return currentLogin();
  }
}

/** Public keys in `~/.ssh`, the ones that can sign approvals. Private keys are never opened. */
export function publicSshKeys(
  home: string = process.env['HOME'] ?? homedir(),
): readonly { file: string; key: string }[] {
  const folder = join(home, '.ssh');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.pub') && !name.includes('-cert'))
    .sort()
    .map((name) => ({ file: join(folder, name), key: readFileSync(join(folder, name), 'utf8').trim() }))
    .filter(({ key }) => /^(ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/=]+( |$)/.test(key));
}
