/** Analyses a second over everyday commands. Run it with `node bench/analysis.bench.ts`. */
import { analyze, type AnalysisContext } from '../src/core/command/analyze.ts';
import { everydayCommands } from './everyday-commands.ts';

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
for (const [command, micros] of slowest(8))
  process.stdout.write(`  ${micros.toFixed(1).padStart(6)} µs  ${command.split('\n')[0]}\n`);
process.stdout.write(
  `${JSON.stringify({ name: 'analysis', perSecond: Math.round(result.perSecond), commands: everydayCommands.length })}\n`,
);
