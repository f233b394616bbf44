/** What people and assistants start all day, which starts other programs in turn, ends as it does without Writ. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { lastProcesses } from './entries.ts';

const world = new World();

beforeAll(() => {
  world.must('init', '--yes');
  world.write(
    'package.json',
    JSON.stringify({
      name: 'shop',
      version: '1.0.0',
      scripts: {
        test: 'node --test sum.test.js',
        build: 'brought out.txt && cat out.txt',
        prebuild: 'echo before',
      },
    }),
  );
  world.write(
    'sum.test.js',
    "const test = require('node:test'); const { execFileSync } = require('node:child_process'); test('sum', () => { if (execFileSync(process.execPath, ['-p', '1+1']).toString() !== '2\\n') throw new Error(); });",
  );
  const bin = join(world.repository, 'node_modules', '.bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(
    join(bin, 'brought'),
    "#!/usr/bin/env node\nrequire('node:fs').writeFileSync(process.argv[2], 'built\\n');\n",
  );
  chmodSync(join(bin, 'brought'), 0o755);
  world.write(
    'recipes.mk',
    `export PATH := $(shell printf '%s' "$$PWD/node_modules/.bin:$$PATH")
suite:
\t@for v in $$(set | awk -F= '$$1 ~ "^NVM_" { print $$1 }'); do unset $$v; done && unset v; brought suite.txt && cat suite.txt
`,
  );
  const parts = Array.from({ length: 12 }, (_, part) => `part${part}`);
  for (const part of parts) world.write(`${part}.c`, `int ${part}(void) { return 1; }\n`);
  world.write(
    'main.c',
    `#include <stdio.h>\n${parts.map((part) => `int ${part}(void);`).join('\n')}\nint main(void) { printf("%d\\n", ${parts.map((part) => `${part}()`).join(' + ')}); return 0; }\n`,
  );
  world.write(
    'Makefile',
    `objects = main.o ${parts.map((part) => `${part}.o`).join(' ')}\nall: $(objects)\n\t@$(CC) -o sum $(objects)\n\t@./sum\n%.o: %.c\n\t@$(CC) -c -o $@ $<\n`,
  );
  world.write(
    'tool.py',
    'import multiprocessing, subprocess, sys\nif __name__ == "__main__":\n    multiprocessing.set_start_method("spawn")\n    with multiprocessing.Pool(2) as pool: print(sum(pool.map(abs, [-1, -2])))\n    print(subprocess.check_output([sys.executable, "-c", "print(3)"], text=True).strip())\n    print(subprocess.run("echo $0 | tr a-z A-Z", shell=True, capture_output=True, text=True).stdout.strip())\n',
  );
  const hook = join(world.repository, '.git', 'hooks', 'pre-commit');
  writeFileSync(hook, '#!/bin/sh\nls *.py | xargs wc -l | tail -n 1\nexec python3 -c "print(\'checked\')"\n');
  chmodSync(hook, 0o755);
  world.write(
    'configure',
    '#!/bin/sh\nexec 3>&1\nfor p in cc gcc awk sed grep; do command -v $p >/dev/null && echo "$p yes" >&3; done\nuname -s\ncat <<END | while read -r line; do expr "$line" : "a.*"; done\nabc\nEND\n',
  );
  world.write(
    'absent',
    '#!/bin/sh\nno-such-program; echo $?; ./no-such-file; echo $?; echo echo text > plain; chmod +x plain; ./plain; echo $?; ./; echo $?\n',
  );
  chmodSync(join(world.repository, 'configure'), 0o755);
  chmodSync(join(world.repository, 'absent'), 0o755);
});
afterAll(() => world.dispose());

describe('under stock develop', () => {
  it.each([
    ['npm scripts, with what packages bring', ['npm', 'run', '--silent', 'build']],
    ['npm test, which starts node again', ['sh', '-c', 'npm test --silent | grep -oE "(pass|fail) [0-9]+$"']],
    ['make on two processors, with a compiler', ['make', '-s', '-j2']],
    ['python, its pool and its children', ['python3', 'tool.py']],
    [
      'git, with a hook',
      [
        'sh',
        '-c',
        'git -c user.name=A -c user.email=a@b commit -q --allow-empty -m x && git log -1 --format=%s',
      ],
    ],
    ['scripts that look around', ['./configure']],
    [
      'a compiler that links late, and what reads its output',
      ['sh', '-c', 'gcc -O2 -flto -o late main.c part*.c && ./late && nm late | grep -c " T main"'],
    ],
    [
      'a library of objects that are linked late',
      [
        'sh',
        '-c',
        'gcc -O2 -flto -c main.c part*.c && gcc-ar rcs late.a part*.o && gcc-ranlib late.a && gcc -flto -o whole main.o late.a && ./whole',
      ],
    ],
    ['programs that are not there', ['./absent']],
    [
      'a recipe that clears variables it looked for, before a program of a package (nvm)',
      ['make', '-s', '-f', 'recipes.mk'],
    ],
    [
      'links to the system’s programs, as tests make them',
      [
        'sh',
        '-c',
        'mkdir -p bins && ln -sf /usr/bin/printf bins/printf && PATH=bins && printf "%s\\n" linked; exec bins/printf x',
      ],
    ],
    ['a long list of arguments', ['sh', '-c', 'seq 20000 | xargs echo | wc']],
    [
      'traps, background work and pipes',
      [
        'bash',
        '-c',
        'trap "echo bye" EXIT; sleep 0.05 & (sleep 0.01; echo sub) | cat; wait; timeout 5 sh -c "exit 7"; echo $?',
      ],
    ],
  ])('%s', (_, argv) => {
    const [program = '', ...args] = argv;
    const bare = spawnSync(program, args, {
      cwd: world.repository,
      env: world.environment,
      encoding: 'utf8',
    });
    const governed = world.writ(['exec', '--', ...argv]);
    const plain = (text: string) => text.replaceAll(/^.*?: (\d+: )?/gm, '');
    expect({ status: governed.status, stdout: governed.stdout, stderr: plain(governed.stderr) }).toEqual({
      status: bare.status,
      stdout: bare.stdout,
      stderr: plain(bare.stderr),
    });
    expect(lastProcesses(world).filter(({ decision }) => decision !== 'allow')).toEqual([]);
  });
});
