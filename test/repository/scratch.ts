/** Real git repositories in a temporary directory, made with an environment that holds nothing of the machine's. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const environment = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

export interface Scratch extends Disposable {
  /** Real path of the temporary directory. */
  readonly directory: string;
  path(...parts: readonly string[]): string;
  /** Runs git in a directory and returns what it prints, trimmed. */
  git(cwd: string, ...args: readonly string[]): string;
  /** A new repository with one commit and a remote; returns its path. */
  repository(name: string, remote?: string): string;
  /** A new key without a passphrase. */
  key(name: string, type?: 'ed25519' | 'ecdsa' | 'rsa'): Key;
  /** Makes a named pipe. */
  pipe(path: string): void;
  /** Signs a file in a namespace with ssh-keygen, into `FILE.sig`. */
  sign(key: string, namespace: string, file: string): void;
}

export interface Key {
  readonly file: string;
  readonly publicLine: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

export function scratch(): Scratch {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'writ-repository-')));
  const path = (...parts: readonly string[]) => join(directory, ...parts);
  const run = (program: string, args: readonly string[], cwd: string) =>
    execFileSync(program, args, { cwd, env: environment, encoding: 'utf8', stdio: 'pipe' }).trim();
  const git = (cwd: string, ...args: readonly string[]) => run('git', args, cwd);
  return {
    directory,
    path,
    git,
    repository(name, remote) {
      git(directory, 'init', '--quiet', '--initial-branch=main', name);
      git(path(name), 'commit', '--quiet', '--allow-empty', '--message=first');
      if (remote !== undefined) git(path(name), 'remote', 'add', 'origin', remote);
      return path(name);
    },
    key(name, type = 'ed25519') {
      const file = path(name);
      run('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', `${name}@example.org`, '-f', file], directory);
      const [, fingerprint = ''] = run('ssh-keygen', ['-l', '-f', file], directory).split(' ');
      return { file, publicLine: readFileSync(`${file}.pub`, 'utf8').trim(), fingerprint };
    },
    pipe(path) {
      run('mkfifo', [path], directory);
    },
    sign(key, namespace, file) {
      rmSync(`${file}.sig`, { force: true });
      run('ssh-keygen', ['-q', '-Y', 'sign', '-f', key, '-n', namespace, file], directory);
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The error's code, or what was returned instead of an error. */
export async function codeOf(running: Promise<unknown>): Promise<string> {
  try {
    return `no error but ${JSON.stringify(await running)}`;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
