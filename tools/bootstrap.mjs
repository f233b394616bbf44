#!/usr/bin/env node
/**
 * `npm start`, `npm test`, … from a fresh clone: sets up what is missing, then hands over to Node 24.
 * Plain JavaScript without dependencies: it must run on Node 20 before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules', '.writ-installed');

/** Programs from the system, the Debian package that brings each, and which tasks need it. */
const systemParts = [
  { file: 'bwrap', debian: 'bubblewrap', tasks: ['start', 'test', 'bench', 'fuzz:analysis'] },
  { file: 'prlimit', debian: 'util-linux', tasks: ['start', 'test', 'bench'] },
  { file: 'git', debian: 'git', tasks: ['start', 'test', 'bench'] },
  { file: 'ssh-keygen', debian: 'openssh-client', tasks: ['start', 'test', 'bench'] },
  { file: 'cc', debian: 'gcc libc6-dev', tasks: ['start', 'build', 'test', 'check', 'bench'] },
  { file: 'make', debian: 'make', tasks: ['start', 'build', 'test', 'check', 'bench'] },
  { file: 'strace', debian: 'strace', tasks: ['test', 'check', 'fuzz:analysis'] },
  { file: 'python3', debian: 'python3', tasks: ['test', 'check'] },
  // Inside the sandbox only the system's own is there.
  { file: '/usr/bin/pip3', debian: 'python3-pip', tasks: ['test', 'check'] },
  { file: 'curl', debian: 'curl', tasks: ['test', 'check'] },
  { file: 'wget', debian: 'wget', tasks: ['test', 'check'] },
  { file: 'openssl', debian: 'openssl', tasks: ['test', 'check', 'bench'] },
  { file: 'jq', debian: 'jq', tasks: ['test', 'check'] },
  { file: 'setpriv', debian: 'util-linux', tasks: ['test', 'check'] },
  { file: 'go', debian: 'golang-go', tasks: ['test', 'check'] },
  {
    file: '/usr/share/gocode/src/golang.org/x/mod/sumdb/note/note.go',
    debian: 'golang-golang-x-mod-dev',
    tasks: ['test', 'check'],
  },
  { file: 'initdb', debian: 'postgresql', tasks: ['test', 'check', 'bench'] },
  { file: '/usr/sbin/sshd', debian: 'openssh-server', tasks: ['test', 'check'] },
];

const tasks = {
  setup: () => 0,
  build: () => node('tools/build.ts'),
  start: (rest) => node('tools/build.ts') || node('tools/tour.ts', ...rest),
  test: (rest) => node('tools/build.ts') || node('node_modules/vitest/vitest.mjs', 'run', ...rest),
  check: () => node('tools/check.ts'),
  mutate: (rest) => node('tools/mutate.ts', ...rest),
  'fuzz:analysis': (rest) => node('tools/fuzz-analysis.ts', ...rest),
  bench: (rest) => node('tools/build.ts') || node('tools/bench.ts', ...rest),
};

const [task = '', ...rest] = process.argv.slice(2);
if (!(task in tasks)) fail(`usage: bootstrap.mjs ${Object.keys(tasks).join('|')}`, 2);
installPackages();
installSystemParts(task);
process.exit(tasks[task](rest));

function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  if (!existsSync(join(root, 'node_modules', '.package-lock.json')) || existsSync(stampFile)) {
    say('installing packages (npm ci)');
    if (run('npm', ['ci', '--no-audit', '--no-fund']) !== 0) fail('npm ci failed; see above');
  }
  writeFileSync(stampFile, wanted);
}

function installSystemParts(task) {
  const missing = systemParts.filter((part) => part.tasks.includes(task) && !present(part.file));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((part) => part.debian.split(' ')))];
  const command = `apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
  const mayInstall = process.getuid?.() === 0 && present('apt-get');
  if (!mayInstall) {
    const names = missing.map((part) => part.file).join(', ');
    fail(`missing on this machine: ${names}\n  install with:  sudo ${command}\n  then run this again`);
  }
  say(`installing ${packages.join(', ')}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '--quiet'], { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  const status = run('apt-get', command.split(' ').slice(1), {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) fail(`could not install: ${command}`);
}

function present(file) {
  if (file.startsWith('/')) return existsSync(file);
  if (file === 'initdb') return postgresBinary('initdb') !== null;
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, file)));
}

function postgresBinary(name) {
  for (let version = 20; version >= 13; version -= 1) {
    const path = `/usr/lib/postgresql/${version}/bin/${name}`;
    if (existsSync(path)) return path;
  }
  return null;
}

/** Runs a program of ours with Node 24 first in the path. */
function node(...args) {
  const own = join(root, 'node_modules', '.bin', 'node');
  const executable = Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : own;
  if (!existsSync(executable)) {
    fail('Node 24 or later is needed and npm has no build of it for this machine: install Node 24 first');
  }
  return run(executable, ['--disable-warning=ExperimentalWarning', ...args]);
}

function run(program, args, options = {}) {
  const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`;
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    ...options,
    env: { ...(options.env ?? process.env), PATH: path },
  });
  if (result.error) fail(`cannot run ${program}: ${result.error.message}`);
  return result.status ?? 1;
}

function say(text) {
  process.stderr.write(`writ: ${text}\n`);
}

function fail(text, status = 1) {
  say(text);
  process.exit(status);
}
