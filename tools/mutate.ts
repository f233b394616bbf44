/**
 * `npm run mutate [-- FILE…]`: changes the code of the command analysis in one place after the other, and runs the
 * quick tests against each change. A change that no test notices survives, and has to stand in
 * `tools/mutation/survivors.txt` with the reason why it changes nothing, or as open. Ends with status 1 where one does not.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { Script } from 'node:vm';
import { createRequire } from 'node:module';
import { build } from 'esbuild';
import { withMutants, type Mutant } from './mutation/mutants.ts';

const root = join(import.meta.dirname, '..');
const room = join(root, 'src/core/command');
const oracle = [
  'analyze',
  'braces',
  'shell-state',
  'links',
  'paths',
  'words',
  'recorded',
  'decides',
  'tool',
].map((name) => `${name}.test.ts`);

/** Words for people, limits and vocabularies: nothing is decided there that a wrong branch could get wrong. */
const leftOut =
  /(\.test|test-\w+|describe|effects|limits|text-limits|hidden|foreign|risk|findings|environment|hosts|sensitive-paths)\.ts$/;

const wanted = process.argv.slice(2);
const mutants: Mutant[] = [];
const code = await bundled();

interface Registered {
  readonly name: string;
  readonly run: () => void;
}

const globals = globalThis as unknown as {
  __mutant: (id: number) => boolean;
  __tests: Registered[];
  __now: () => void;
};
let active = -1;
let hits = new Set<number>();
globals.__mutant = (id) => {
  hits.add(id);
  return id === active;
};

const program = new Script(`(function(require, module, exports) {${code}\n})`, { filename: 'analysis.js' });
const call = new Script('__now()');

function load(): readonly Registered[] {
  const start = program.runInThisContext() as (...parts: unknown[]) => void;
  const module = { exports: {} };
  start(createRequire(import.meta.url), module, module.exports);
  return globals.__tests;
}

/** Whether the tests pass with what is active. A loop without end is a failure. */
function pass(tests: readonly Registered[]): boolean {
  globals.__now = () => {
    for (const { run } of tests) run();
  };
  try {
    call.runInThisContext({ timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

const tests = load();
const atLoad = hits;
const covering = new Map<number, Registered[]>();
for (const test of tests) {
  hits = new Set();
  if (!pass([test])) throw new Error(`the test fails without any change: ${test.name}`);
  for (const id of hits) covering.set(id, [...(covering.get(id) ?? []), test]);
}

const reasons = new Map(
  readFileSync(join(root, 'tools/mutation/survivors.txt'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('src/'))
    .map((line) => [line.split('  # ')[0] ?? '', line.split('  # ')[1] ?? '']),
);
const seen = new Set<string>();
let openOnes = 0;
const survivors: Mutant[] = [];
let killed = 0;
for (const mutant of mutants) {
  active = mutant.id;
  const all = atLoad.has(mutant.id);
  let survives: boolean;
  try {
    survives = pass(all ? load() : (covering.get(mutant.id) ?? []));
  } catch {
    survives = false;
  }
  if (!survives) killed += 1;
  else if (reasons.has(keyOf(mutant))) {
    seen.add(keyOf(mutant));
    if (reasons.get(keyOf(mutant))?.startsWith('open') === true) openOnes += 1;
  } else survivors.push(mutant);
  if (mutant.id % 100 === 0)
    process.stderr.write(`\r${mutant.id} of ${mutants.length}, ${survivors.length} survive `);
}

process.stderr.write('\r');
for (const mutant of survivors) {
  const place = atLoad.has(mutant.id) || covering.has(mutant.id) ? '' : '  (no test comes here)';
  process.stdout.write(`${keyOf(mutant)}  # line ${mutant.line}${place}\n`);
}
const stale = wanted.length > 0 ? [] : [...reasons.keys()].filter((key) => !seen.has(key));
for (const key of stale) process.stdout.write(`no longer survives: ${key}\n`);
const equivalent = mutants.length - killed - survivors.length - openOnes;
process.stdout.write(
  `${mutants.length} mutants in ${new Set(mutants.map(({ file }) => file)).size} files, ${tests.length} tests: ` +
    `${killed} killed, ${equivalent} explained, ${openOnes} known and open, ${survivors.length} new survivors\n`,
);
process.exitCode = survivors.length + stale.length > 0 ? 1 : 0;

function keyOf({ file, before, after }: Mutant): string {
  return `${file}  ${before}  →  ${after === '' ? 'nothing' : after}`;
}

async function bundled(): Promise<string> {
  const entry = oracle
    .filter((file) => readdirSync(room).includes(file))
    .map((file) => `import ${JSON.stringify(join(room, file))};`)
    .join('\n');
  const result = await build({
    stdin: { contents: entry, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    define: { 'import.meta.dirname': JSON.stringify(room) },
    alias: { vitest: join(root, 'tools/mutation/tiny-vitest.ts') },
    plugins: [
      {
        name: 'mutants',
        setup: (builder) => {
          builder.onLoad({ filter: /src\/core\/command\/.*\.ts$/ }, ({ path }) => {
            const file = relative(root, path);
            const source = readFileSync(path, 'utf8');
            const chosen =
              !leftOut.test(file) &&
              !file.includes('/tools/') &&
              (wanted.length === 0 || wanted.some((name) => file.endsWith(name) || basename(file) === name));
            return { contents: chosen ? withMutants(source, file, mutants) : source, loader: 'ts' };
          });
        },
      },
    ],
  });
  return result.outputFiles[0]?.text ?? '';
}
