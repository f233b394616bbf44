/** What governing costs real work: a C build with make, and `npm test` with vitest, each bare and governed. */
import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { World } from '../test/cli/world.ts';
import { report, sideBySide } from './side-by-side.ts';

const rounds = Number(process.argv[2] ?? 5);
const writ = join(import.meta.dirname, '../bin/writ');

const world = new World();
world.must('init', '--yes');

/** Writ's own program in C, a compiler's run for each file. */
function layOutC(): string {
  const folder = join(world.repository, 'c');
  cpSync('native', folder, { recursive: true, filter: (from) => !/\/build$/.test(from) });
  writeFileSync(
    join(folder, 'Makefile'),
    `SOURCES = $(filter-out sanitizer_options.c,$(wildcard *.c))
CFLAGS = -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra
writ-exec: $(SOURCES:.c=.o)
\t$(CC) -o $@ $^
clean:
\trm -f writ-exec *.o
`,
  );
  return 'make -s -C c clean && make -s -j2 -C c';
}

/** A part of Writ's own tests, as they are. */
function layOutNode(): string {
  const folder = join(world.repository, 'node');
  for (const part of ['src', 'test', 'governance']) cpSync(part, join(folder, part), { recursive: true });
  const [from, to] = [`${resolve('node_modules')}/.`, join(folder, 'node_modules')];
  // Hard links where both are on one disk, as package managers make them.
  if (spawnSync('cp', ['-al', from, to]).status !== 0) cpSync(from, to, { recursive: true });
  cpSync('tsconfig.json', join(folder, 'tsconfig.json'));
  // Making SSH keys is denied to a task, so their tests are not for it.
  const test = `vitest run --reporter=dot --testTimeout=180000 --exclude 'src/**/ssh-*' src/core/identity src/core/log`;
  const scripts = { test };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', scripts }));
  return 'npm test --silent --prefix node';
}

const works = { 'C build': layOutC(), 'npm test': layOutNode() };

function run(argv: readonly string[]): void {
  const [program = '', ...args] = argv;
  const options = { cwd: world.repository, env: world.environment, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(program, args, options);
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stdout}${stderr}`);
}

try {
  for (const [name, command] of Object.entries(works)) {
    const bare = ['bash', '-c', command];
    const measured = await sideBySide(
      { bare: () => run(bare), governed: () => run([writ, 'exec', '--', ...bare]) },
      rounds,
      1,
    );
    report(`governed, ${name}`, rounds, measured, ['bare']);
  }
} finally {
  world.dispose();
}
