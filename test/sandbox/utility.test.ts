import { spawnSync } from 'node:child_process';
import { cpSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEnvironment } from '../../src/guard/sandbox/environment.ts';
import { users, Workshop } from './workshop.ts';

/** What developers and their assistants do all day works, and gives what it gives outside. */
describe.each(users)('inside the sandbox of $name', (user) => {
  let shop: Workshop;
  beforeAll(() => {
    shop = new Workshop(user);
    const npm = realpathSync(spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim());
    cpSync(join(dirname(npm), '..'), shop.path('npm'), { recursive: true });
    shop.write(
      'package.json',
      JSON.stringify({
        name: 'shop',
        version: '1.0.0',
        type: 'module',
        scripts: {
          test: 'node --test',
          build: 'node build.js && cat out.txt',
          which: 'echo $npm_package_name',
        },
      }),
    );
    shop.write(
      'build.js',
      "import { writeFileSync } from 'node:fs'; writeFileSync('out.txt', `built ${process.platform}\\n`);",
    );
    shop.write(
      'sum.test.js',
      "import test from 'node:test'; import assert from 'node:assert'; test('sum', () => assert.equal(1 + 1, 2));",
    );
    shop.write(
      'Makefile',
      'hello: hello.c\n\tcc -O1 -o hello hello.c\n\ncheck: hello\n\t./hello | grep -q hello && echo checked\n',
    );
    shop.write(
      'hello.c',
      '#include <stdio.h>\n#include <pthread.h>\nstatic void *run(void *x) { puts("hello"); return x; }\nint main(void) { pthread_t t; pthread_create(&t, 0, run, 0); pthread_join(t, 0); return 0; }\n',
    );
    shop.write(
      'tool.py',
      'import multiprocessing, subprocess, tempfile, ssl, sqlite3, socket, sys\nif __name__ == "__main__":\n    with multiprocessing.Pool(2) as p: print(sum(p.map(abs, [-1, -2, 3])))\n    print(subprocess.check_output(["echo", "sub"], text=True).strip())\n    s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname()); print("loopback")\n    print(len(ssl.create_default_context().get_ca_certs()) >= 0, sqlite3.connect(tempfile.mkdtemp() + "/x").execute("select 1").fetchone())\n',
    );
    shop.write(
      'bin/run',
      '#!/usr/bin/env bash\nset -euo pipefail\nprintf "%s\\n" "$@" | sort -u | tee sorted.txt | wc -l\n',
      0o755,
    );
  });
  afterAll(() => shop?.[Symbol.dispose]());

  const toolchain = () => ({
    extraBinds: [
      { source: shop.node, target: '/opt/toolchain/node', mode: 'ro' as const },
      { source: shop.path('npm'), target: '/opt/npm', mode: 'ro' as const },
    ],
    environment: buildEnvironment({
      searchPath: ['/opt/toolchain'],
      caller: { TERM: 'xterm' },
      extra: {},
      session: 'ses_1',
      terminal: false,
    }),
  });

  it.each<[string, string, string]>([
    ['node', 'node -e "console.log(new Set([1, 1]).size)"', '1\n'],
    [
      'node with workers and many files',
      `node -e "const { Worker } = require('worker_threads'); new Worker('console.log(require(\\"fs\\").readdirSync(\\"/usr/bin\\").length > 50)', { eval: true })"`,
      'true\n',
    ],
    [
      'node serving itself',
      `node -e "const http = require('http'); const s = http.createServer((q, r) => r.end('served')).listen(0, 'localhost', async () => { console.log(await (await fetch('http://localhost:' + s.address().port)).text()); s.close() })"`,
      'served\n',
    ],
    ['npm run', 'node /opt/npm/bin/npm-cli.js run --silent build', 'built linux\n'],
    ['npm scripts with their variables', 'node /opt/npm/bin/npm-cli.js run --silent which', 'shop\n'],
    ['npm test', 'node /opt/npm/bin/npm-cli.js test 2>&1 | grep -o "pass 1"', 'pass 1\n'],
    ['python', 'python3 tool.py', '6\nsub\nloopback\nTrue (1,)\n'],
    ['make and a compiler', 'make -s check; file=$(./hello); echo $file', 'checked\nhello\n'],
    ['scripts with a shebang', './bin/run b a b c; cat sorted.txt', '3\na\nb\nc\n'],
    [
      'pipes and process substitution',
      'diff <(seq 3) <(seq 4) | tail -n 1; seq 100000 | sort -rn | head -n 1',
      '> 4\n100000\n',
    ],
    [
      'archives',
      'mkdir -p t/a; echo x > t/a/f; chmod 640 t/a/f; tar czf t.tgz t; rm -r t; tar xzf t.tgz; stat -c %a t/a/f; gzip -t t.tgz && echo whole',
      '640\nwhole\n',
    ],
    ['jq', `echo '{"a":[1,2]}' | jq -c '.a | map(. + 1)'`, '[2,3]\n'],
    [
      'temporary files',
      'f=$(mktemp); echo x > $f; cat $f; d=$(mktemp -d); test -w $d && echo writable; touch ~/x && ls ~',
      'x\nwritable\nx\n',
    ],
    [
      'who and where one is',
      'whoami; hostname; pwd -P | xargs basename; echo $HOME; date +%Z >/dev/null && echo dated',
      'writ\nwrit\nrepository\n/home/writ\ndated\n',
    ],
    [
      'file locks, links, fifos and sparse files',
      'flock l true && ln -s l s && ln l h && mkfifo p && (echo via > p & cat p) && truncate -s 1G big && stat -c %h l && rm big',
      'via\n2\n',
    ],
    [
      'processes',
      'sleep 5 & kill $!; wait $!; echo $?; ps -o comm= -p 1; nproc > /dev/null && echo counted',
      '143\nwrit-exec\ncounted\n',
    ],
  ])('%s', (_, script, expected) => {
    const { stdout, stderr, result } = shop.inside(['bash', '-c', script], toolchain());
    expect({ stderr, result }).toMatchObject({ stderr: '', result: { exitCode: 0 } });
    expect(stdout).toBe(expected);
  });
});
