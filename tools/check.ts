/** `npm run check`: everything that must hold before a commit lands, quickest first. Stops at the first failure. */
import { spawnSync } from 'node:child_process';

const steps: readonly (readonly [name: string, program: string, ...args: string[]])[] = [
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings', 'src', 'test', 'bench', 'tools'],
  ['types', 'tsc', '-p', '.'],
  ['import direction', process.execPath, 'tools/check-imports.ts'],
  ['unused code', 'knip', '--no-progress'],
  ['build', process.execPath, 'tools/build.ts'],
  ['tests', 'vitest', 'run'],
];

for (const [name, program, ...args] of steps) {
  const started = performance.now();
  process.stderr.write(`── ${name}\n`);
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) {
    process.stderr.write(`writ: ${name} failed${error ? `: ${error.message}` : ''}\n`);
    process.exit(1);
  }
  process.stderr.write(`   ok, ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}
