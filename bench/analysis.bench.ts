/** Analyses a second over everyday commands. Run it with `node bench/analysis.bench.ts`. */
import { analyze, type AnalysisContext } from '../src/core/command/analyze.ts';

export const everydayCommands: readonly string[] = [
  'ls',
  'ls -la src',
  'pwd',
  'cat README.md',
  'head -n 50 src/index.ts',
  'tail -f -n 100 logs/app.log',
  "sed -n '1,120p' src/server.ts",
  'wc -l src/*.ts',
  'grep -rn "TODO" src --include=*.ts',
  'rg -n "createServer" src',
  "rg --files -g '*.test.ts'",
  "find . -name '*.ts' -not -path './node_modules/*'",
  'find src -type f -name "*.js" | xargs grep -l require',
  'git status',
  'git status --short',
  'git diff',
  'git diff --stat HEAD~3',
  'git log --oneline -10',
  'git show HEAD:src/index.ts',
  'git add -A',
  'git add src/a.ts src/b.ts && git commit -m "Fix the parser"',
  'git commit -am "wip: try another way"',
  'git checkout -b feature/login',
  'git switch main',
  'git branch -a',
  'git fetch origin',
  'git pull --rebase',
  'git push origin feature/login',
  'git stash && git stash pop',
  'git rebase main',
  'git rev-parse --abbrev-ref HEAD',
  'npm ci',
  'npm test',
  'npm run build',
  'npm run lint -- --fix',
  'npm install lodash',
  'npx tsc --noEmit',
  'npx vitest run src/parser.test.ts',
  'pnpm install --frozen-lockfile',
  'yarn build',
  'node scripts/generate.js --out dist',
  'node --test',
  'tsc -p .',
  'eslint src --max-warnings 0',
  'prettier --check .',
  'python3 -m pytest -q tests',
  'pytest -x tests/test_api.py::test_login',
  'python manage.py migrate',
  'pip install -r requirements.txt',
  'ruff check . && mypy src',
  'go test ./...',
  'go build -o bin/app ./cmd/app',
  'cargo build --release',
  'cargo test -- --nocapture',
  'make -j4',
  'cmake -S . -B build && cmake --build build',
  'mkdir -p dist/assets && cp -r public/. dist/',
  'rm -rf dist',
  'mv src/old.ts src/new.ts',
  'touch .gitkeep',
  'chmod +x scripts/run.sh',
  'echo "hello" > out.txt',
  'cd packages/api && npm test',
  'export NODE_ENV=test; npm test',
  'NODE_ENV=production npm run build',
  'curl -s https://example.com/health',
  'curl -sSL https://example.com/data.json | jq .items',
  'tar -xzf archive.tar.gz -C vendor',
  'jq -r .version package.json',
  "awk '{print $1}' access.log | sort | uniq -c | sort -rn | head",
  'for f in src/a.ts src/b.ts; do wc -l "$f"; done',
  'if [ -f package.json ]; then echo yes; else echo no; fi',
  "cat > notes.md <<'EOF'\n# Notes\n\nSome text about $things and `others`.\nEOF",
  'ps aux | grep node',
  'which node && node --version',
  'docker ps',
  'gh pr view 12',
  'timeout 60 npm test 2>&1 | tail -20',
  'du -sh node_modules',
  'diff -u a.txt b.txt',
];

const context: AnalysisContext = { cwd: '/repo', repository: '/repo', home: '/home/writ' };

/** Microseconds for each of many runs of every command; the first runs warm the compiler up. */
function measure(seconds: number): { readonly analyses: number; readonly perSecond: number } {
  const end = performance.now() + seconds * 1000;
  const start = performance.now();
  let analyses = 0;
  while (performance.now() < end) {
    for (const command of everydayCommands) analyze(command, context);
    analyses += everydayCommands.length;
  }
  return { analyses, perSecond: analyses / ((performance.now() - start) / 1000) };
}

function slowest(count: number): readonly (readonly [string, number])[] {
  const times = everydayCommands.map((command) => {
    const rounds = 2000;
    const start = performance.now();
    for (let round = 0; round < rounds; round += 1) analyze(command, context);
    return [command, ((performance.now() - start) / rounds) * 1000] as const;
  });
  return times.sort((left, right) => right[1] - left[1]).slice(0, count);
}

measure(1);
const result = measure(3);
process.stdout.write(`everyday commands   ${everydayCommands.length}\n`);
process.stdout.write(`analyses a second   ${Math.round(result.perSecond).toLocaleString('en')}\n`);
process.stdout.write(`mean                ${(1e6 / result.perSecond).toFixed(1)} µs\n\nslowest\n`);
for (const [command, micros] of slowest(8)) process.stdout.write(`  ${micros.toFixed(1).padStart(6)} µs  ${command.split('\n')[0]}\n`);
process.stdout.write(`${JSON.stringify({ name: 'analysis', perSecond: Math.round(result.perSecond), commands: everydayCommands.length })}\n`);
