/** Small projects as they are found: their files, and the command that their people run all day. */

export interface Project {
  readonly files: Readonly<Record<string, string>>;
  /** Bash. */
  readonly command: string;
  /** In what it prints, governed or not. */
  readonly expected: RegExp;
}

const moduleNames = Array.from({ length: 12 }, (_, i) => `part${i}`);

export const projects: Readonly<Record<string, Project>> = {
  'TypeScript: type check and bundle': {
    files: {
      'tsconfig.json': '{"compilerOptions":{"strict":true,"module":"nodenext","noEmit":true,"types":[]}}',
      'src/sum.ts': 'export const sum = (...all: number[]): number => all.reduce((a, b) => a + b, 0);\n',
      'src/main.ts': "import { sum } from './sum.js';\nexport const answer: number = sum(40, 2);\n",
    },
    command:
      'node_modules/.bin/tsc -p . && node_modules/.bin/esbuild --bundle --format=esm --log-level=error src/main.ts | node --input-type=module -e "$(cat; echo "console.log(answer)")"',
    expected: /^42$/m,
  },
  'TypeScript: a fault stops the build': {
    files: {
      'tsconfig.json': '{"compilerOptions":{"strict":true,"noEmit":true,"types":[]},"include":["bad.ts"]}',
      'bad.ts': "const n: number = 'text';\n",
    },
    command: 'node_modules/.bin/tsc -p . ; echo "status $?"',
    expected: /TS2322[\s\S]*status [12]/,
  },
  'vitest: workers, a failing test, a watcherless run': {
    files: {
      'package.json': '{"type":"module","scripts":{"test":"vitest run --reporter=tap-flat"}}',
      'a.test.ts': "import { expect, it } from 'vitest'; it('adds', () => expect(1 + 1).toBe(2));\n",
      'b.test.ts': "import { expect, it } from 'vitest'; it('fails', () => expect(1).toBe(2));\n",
    },
    command:
      'npm test --silent 2>/dev/null | grep -Eo "^(not )?ok [0-9]+ - [^#]*" | cut -d " " -f 1 | sort; echo "status ${PIPESTATUS[0]}"',
    expected: /^not\nok\nstatus 1$/m,
  },
  'prettier and oxlint by their own names': {
    files: {
      'package.json': '{"name":"p","type":"module","main":"a.js"}',
      'a.js': 'export   const a=1\n',
    },
    command:
      'node_modules/.bin/prettier --check a.js; node_modules/.bin/prettier --write a.js >/dev/null; cat a.js; node_modules/.bin/oxlint a.js | tail -n 1 | cut -c 1-8',
    expected: /export const a = 1;/,
  },
  'C: twelve files in parallel, a library, tests, install': {
    files: {
      Makefile: `CFLAGS = -O1 -Wall\nPARTS = ${moduleNames.join(' ')}\nall: app\napp: main.o libparts.a\n\t$(CC) -o $@ main.o -L. -lparts\nlibparts.a: $(PARTS:=.o)\n\t$(AR) rcs $@ $^\ncheck: app\n\t./app | grep -qx 66 && echo passed\ninstall: app\n\tinstall -D app $(DESTDIR)/bin/app\n.PHONY: all check install\n`,
      'main.c': `#include <stdio.h>\n${moduleNames.map((name) => `int ${name}(void);`).join('\n')}\nint main(void) { printf("%d\\n", ${moduleNames.map((name) => `${name}()`).join(' + ')}); return 0; }\n`,
      ...Object.fromEntries(
        moduleNames.map((name, i) => [`${name}.c`, `int ${name}(void) { return ${i}; }\n`]),
      ),
    },
    command: 'make -s -j4 && make -s check && make -s install DESTDIR=$PWD/out && out/bin/app',
    expected: /^passed\n66$/m,
  },
  'Python: a package, its unittest suite in processes': {
    files: {
      'shop/__init__.py':
        'from concurrent.futures import ProcessPoolExecutor\n\n\ndef total(prices):\n    with ProcessPoolExecutor(2) as pool:\n        return sum(pool.map(round, prices))\n',
      'shop/__main__.py': 'from . import total\n\nprint(total([1.2, 2.7]))\n',
      'tests/test_shop.py':
        'import subprocess, sys, unittest\nfrom shop import total\n\n\nclass Shop(unittest.TestCase):\n    def test_total(self):\n        self.assertEqual(total([1, 2]), 3)\n\n    def test_program(self):\n        out = subprocess.run([sys.executable, "-m", "shop"], capture_output=True, text=True, check=True)\n        self.assertEqual(out.stdout, "4\\n")\n',
      'tests/__init__.py': '',
    },
    command: 'python3 -m compileall -q shop && python3 -m unittest -q 2>&1 | tail -n 1 && python3 -m shop',
    expected: /^OK\n4$/m,
  },
  'Go: test and build with no network': {
    files: {
      'go.mod': 'module shop.example/shop\n\ngo 1.18\n',
      'shop.go':
        'package main\n\nimport "fmt"\n\nfunc total(n ...int) (sum int) {\n\tfor _, one := range n {\n\t\tsum += one\n\t}\n\treturn\n}\n\nfunc main() { fmt.Println(total(40, 2)) }\n',
      'shop_test.go':
        'package main\n\nimport "testing"\n\nfunc TestTotal(t *testing.T) {\n\tif total(1, 2) != 3 {\n\t\tt.Fatal("wrong")\n\t}\n}\n',
    },
    command:
      'export GOFLAGS=-mod=mod GOCACHE=/tmp/go-cache GOPATH=/tmp/go; go test ./... | cut -f 1 && go build -o app && ./app',
    expected: /^ok\s*\n42$/m,
  },
  'npm: a package with native code, built by make in its install script': {
    files: {
      'package.json':
        '{"name":"n","version":"1.0.0","scripts":{"preinstall":"make -s","test":"./native | grep -q native && echo tested"}}',
      Makefile: 'native: native.c\n\t$(CC) -o $@ $<\n',
      'native.c': '#include <stdio.h>\nint main(void) { puts("native"); return 0; }\n',
    },
    command: 'npm run -s preinstall && npm test -s',
    expected: /^tested$/m,
  },
  'autotools-like: configure, make, make test': {
    files: {
      configure:
        '#!/bin/sh\nset -e\nfor t in cc make ar; do command -v $t >/dev/null || { echo "no $t"; exit 1; }; done\ncat > conftest.c <<END\n#include <stdint.h>\nint main(void) { return sizeof(void *) == 8 ? 0 : 1; }\nEND\ncc -o conftest conftest.c && ./conftest && echo "#define WIDE 1" > config.h\nrm -f conftest conftest.c\nsed "s/@CC@/cc/" Makefile.in > Makefile\n',
      'Makefile.in': 'CC = @CC@\nt: t.c config.h\n\t$(CC) -o t t.c\ntest: t\n\tsh run-tests.sh\n',
      't.c':
        '#include <stdio.h>\n#include "config.h"\nint main(int n, char **v) { printf("%d %s\\n", WIDE, v[n - 1]); return 0; }\n',
      'run-tests.sh':
        'for i in 1 2 3 4 5; do ./t case$i | grep -qx "1 case$i" || exit 1; done\necho "5 passed"\n',
    },
    command: 'sh ./configure && make -s && make -s test',
    expected: /^5 passed$/m,
  },
  // rbenv's suite: `test/../libexec/rbenv` while another process renames.
  'programs by paths with dots, while files are renamed': {
    files: {
      'run.py':
        'import os, subprocess\nopen("a", "w").close()\nparent, mover = os.getpid(), os.fork()\nif mover == 0:\n    while os.getppid() == parent:\n        os.rename("a", "b")\n        os.rename("b", "a")\n    os._exit(0)\nfor _ in range(200):\n    subprocess.run(["/usr/lib/../bin/true"], check=True)\nprint("started")\n',
    },
    command: 'python3 run.py',
    expected: /^started$/m,
  },
  'scripts that probe what is around them': {
    files: {
      Makefile: [
        'check:',
        '\t@logs=`printf "%s " a.log b.log`; if test -n "$$logs"; then rm -f $$logs && ls; fi; false || echo made',
        '\t@if test -d /no/such/folder; then rm -rf src; fi; ls src',
        '',
      ].join('\n'),
      'a.log': '',
      'src/kept': '',
      'probe.sh': [
        'for absent in /no/such/file /srv/none /root/none; do cat "$absent" >/dev/null 2>&1; echo "absent $?"; done',
        'cc -shared -Wl,-rpath,/foo -o t.so -x c /dev/null && echo linked',
        'grep -c : /etc/passwd >/dev/null; echo "passwd $?"',
        'sleep 60 & ls "/proc/$!/fd" | head -n 1; kill $!; readlink "/proc/$$/exe"',
        'date -D %Y >/dev/null 2>&1; echo "date $?"',
        'dpkg --print-architecture 2>/dev/null | wc -l',
        '"$(basename "$(readlink -f "$(command -v cc)")")" --version >/dev/null; echo "versioned $?"',
        '',
      ].join('\n'),
    },
    command: 'sh probe.sh && make -s check',
    expected: /^absent 1\nabsent 1\nabsent 1\nlinked\npasswd \d\n0\n.*\ndate 1\n.*\nversioned 0\n/,
  },
  'tests with repositories of their own': {
    files: {
      't/run.sh': [
        'set -e',
        'git init -q trash && cd trash',
        'git config user.name T; git config user.email t@example.org; touch a; git add a; git commit -qm one',
        'cp .git/config .git/config.old; rm .git/config; mv .git/config.old .git/config; chmod 0600 .git/config',
        'printf "#!/bin/sh\\necho hooked > out\\n" > .git/hooks/post-commit; chmod +x .git/hooks/post-commit',
        'git commit -q --allow-empty -m two; cat out; rm .git/hooks/post-commit',
        'touch .git/index.lock; git add a 2>/dev/null || echo locked; rm -f .git/index.lock',
        'printf "#!/bin/sh\necho stub\n" > ../git; chmod +x ../git; env PATH="$PWD/..:$PATH" git clone host.example:a b; rm ../git',
        'mkdir .git/rebase-apply; rm -rf .git/rebase-apply; git rev-list --count HEAD',
        'cd ..; mv trash/.git bare; git -C bare rev-parse --verify -q HEAD >/dev/null && rm -rf bare trash; ls',
        '',
      ].join('\n'),
    },
    command: 'cd t && sh run.sh',
    expected: /^hooked\nlocked\nstub\n2\nrun\.sh\n/,
  },
};
