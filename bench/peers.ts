/**
 * Other tools that confine or watch commands, for comparison: fetched into a folder of their own, from which they are
 * run, and removed with it. Nothing is installed, and what cannot be had here is said and left out.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const npmPackages = ['@anthropic-ai/sandbox-runtime@0.0.83', '@openai/codex@0.169.0'];
const debianPackages = ['ripgrep', 'socat', 'sudo', 'strace'];
/** Each command below root's is traced and logged (sudoers(5)). */
const sudoers = `Defaults intercept, intercept_type=trace, log_subcmds, !use_pty, !syslog, logfile=/dev/null
root ALL=(ALL:ALL) NOPASSWD: ALL
`;
/** In a mount namespace of its own; the rest of the words is what to run. */
const overlay = `mount --make-rprivate / && mount -t overlay overlay -o "lowerdir=$1/usr:/usr" /usr &&
mount -t overlay overlay -o "lowerdir=$1/etc:/etc" /etc && shift && exec "$@"`;

export class Peers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'writ-bench-peers-'));
  readonly #system = join(this.#folder, 'system');
  /** With a home that holds nothing; the Codex sandbox wants one outside of the folder for temporary files. */
  readonly environment: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: join(this.#folder, 'home'),
    TMPDIR: join(this.#folder, 'temporary'),
    PATH: [join(this.#folder, 'node_modules/.bin'), join(this.#system, 'usr/bin'), process.env['PATH']].join(
      ':',
    ),
  };

  constructor() {
    for (const name of ['system', 'home', 'temporary']) mkdirSync(join(this.#folder, name));
    writeFileSync(join(this.#folder, 'package.json'), '{"private":true}');
    this.#fetch('npm', ['install', '--no-audit', '--no-fund', '--silent', ...npmPackages]);
    this.#fetch('apt-get', ['-o', 'APT::Sandbox::User=root', '--quiet=2', 'download', ...debianPackages]);
    for (const file of globSync('*.deb', { cwd: this.#folder }))
      this.#fetch('dpkg-deb', ['--extract', file, this.#system]);
    mkdirSync(join(this.#system, 'etc'), { recursive: true });
    writeFileSync(join(this.#system, 'etc/sudoers'), sudoers);
    chmodSync(join(this.#system, 'etc/sudoers'), 0o440);
  }

  #fetch(program: string, args: readonly string[]): void {
    const { status } = spawnSync(program, args, {
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) console.error(`${program} ${args[0]} failed: some peers are missing`);
  }

  /** `sudo` is no file of this machine: the words that run it where its files are in their places. */
  sudo(argv: readonly string[]): readonly string[] {
    return ['unshare', '--mount', 'sh', '-c', overlay, 'sh', this.#system, 'sudo', ...argv];
  }

  /** Those of the ways that work here. */
  working(ways: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(
      Object.entries(ways).filter(([name, [program = '', ...args]]) => {
        const { status } = spawnSync(program, args, { stdio: 'ignore', env: this.environment });
        if (status !== 0) console.error(`${name}: not to be had here, and left out`);
        return status === 0;
      }),
    );
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
