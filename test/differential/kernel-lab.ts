/**
 * Runs command lines for real, each in a fresh copy of a small world inside of bubblewrap, and says what the kernel
 * was asked for meanwhile. Many lines share one sandbox, so that most of the time goes to the commands.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AnalysisContext } from '../../src/core/command/analyze.ts';
import { linksBelow } from '../../src/guard/repository/links.ts';

/** Where things lie inside. */
const places = ['repo', 'outside', 'home/writ', 'tmp'] as const;

const files: Readonly<Record<string, string>> = {
  'repo/a.txt': 'alpha\nbeta\n',
  'repo/b.txt': 'beta\ngamma\n',
  'repo/list.txt': 'a.txt\nb.txt\nsrc/a.ts\n',
  'repo/words.txt': 'one two\n',
  'repo/.env': 'TOKEN=1\n',
  'repo/package.json': '{}\n',
  'repo/x y.md': '# x\n',
  'repo/run.sh': 'echo run > ran.txt\n',
  'repo/edit.sed': 's/a/b/w edited.txt\n',
  'repo/change.patch': '--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n-alpha\n+ALPHA\n beta\n',
  'repo/src/a.ts': 'export {};\n',
  'repo/src/b.ts': 'export {};\n',
  'repo/src/deep/c.txt': 'c\n',
  'repo/docs/read me.md': 'docs\n',
  'repo/.config/settings': 'x=1\n',
  'outside/o.txt': 'outside\n',
  'outside/dir/p.txt': 'p\n',
  'home/writ/.ssh/id_rsa': 'key\n',
  'home/writ/notes.txt': 'notes\n',
  'tmp/t.txt': 't\n',
};

const links: Readonly<Record<string, string>> = {
  'repo/in': 'src',
  'repo/out': '/outside',
  'repo/keys': '/home/writ/.ssh',
  'repo/src/up': '..',
  'repo/src/deep/o': '../../out/o.txt',
};

/** Opening, making, changing and removing files, starting programs, and what tells where a process is. */
const calls =
  'open,openat,openat2,creat,execve,execveat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,mknod,mknodat,truncate,chmod,fchmodat,chown,lchown,fchownat,utimensat,utime,utimes,futimesat,setxattr,lsetxattr,chdir,fchdir,clone,clone3,fork,vfork';

const runner = `
for trace in /lab/cases/*.sh; do
  for place in ${places.join(' ')}; do
    find "/$place" -mindepth 1 -delete
    cp -a "/lab/world/$place/." "/$place/"
  done
  IFS= read -r -d '' text <"$trace"
  name=\${trace##*/}
  cd /repo
  env -i PATH=/usr/bin:/bin HOME=/home/writ LC_ALL=C GIT_CONFIG_NOSYSTEM=1 \\
    strace -ff -qq -y -z -s 8192 --seccomp-bpf -e signal=none -e trace=${calls} -o "/lab/traces/\${name%.sh}" \\
    timeout -k 1 10 bash -c "$text" </dev/null >/dev/null 2>&1
  cd /
done
`;

/** The lines that strace wrote, by process id. */
export type Trace = ReadonlyMap<number, readonly string[]>;

export class KernelLab {
  readonly context: AnalysisContext;
  readonly #folder: string;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'writ-kernel-'));
    const world = join(this.#folder, 'world');
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(world, path)), { recursive: true });
      writeFileSync(join(world, path), content);
    }
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(world, path));
    const repository = join(world, 'repo');
    const git = (...words: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...words], {
        cwd: repository,
        stdio: 'ignore',
      });
    git('init', '--quiet', '--initial-branch=main', '--template=');
    git('config', 'user.name', 't');
    git('config', 'user.email', 't@t');
    git('add', '.');
    git('commit', '--quiet', '-m', 'first');
    git('branch', 'other');
    execFileSync('tar', ['cf', 'archive.tar', 'src', 'words.txt'], { cwd: repository });
    execFileSync('gzip', ['-k', 'words.txt'], { cwd: repository });
    this.context = {
      cwd: '/repo',
      repository: '/repo',
      home: '/home/writ',
      links: linksBelow(repository, '/repo'),
    };
  }

  /** One trace for each command line, in order. */
  run(commands: readonly string[]): readonly Trace[] {
    const cases = join(this.#folder, 'cases');
    const traces = join(this.#folder, 'traces');
    for (const folder of [cases, traces]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
    }
    const names = commands.map((_, at) => String(at).padStart(6, '0'));
    commands.forEach((command, at) => writeFileSync(join(cases, `${names[at]}.sh`), `${command}\0`));
    const words = [
      ...'--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64'.split(
        ' ',
      ),
      ...'--ro-bind-try /etc/ld.so.cache /etc/ld.so.cache --ro-bind-try /etc/alternatives /etc/alternatives'.split(
        ' ',
      ),
      ...'--proc /proc --dev /dev --unshare-all --die-with-parent --new-session'.split(' '),
      ...places.flatMap((place) => ['--tmpfs', `/${place}`]),
      '--ro-bind',
      this.#folder,
      '/lab',
      '--bind',
      traces,
      '/lab/traces',
    ];
    const { status, stderr } = spawnSync('bwrap', [...words, 'bash', '-c', runner], {
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the laboratory did not run: ${stderr.slice(0, 500)}`);
    const all = new Map<string, Map<number, readonly string[]>>();
    for (const file of readdirSync(traces)) {
      const dot = file.lastIndexOf('.');
      const lines = readFileSync(join(traces, file), 'latin1').split('\n');
      const name = file.slice(0, dot);
      const trace = all.get(name) ?? new Map<number, readonly string[]>();
      all.set(name, trace.set(Number(file.slice(dot + 1)), lines));
    }
    return names.map((name) => all.get(name) ?? new Map());
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
