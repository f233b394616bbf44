/** Analyses every hostile text some times over, and says how much memory that left and took. */
import { analyze } from '../../src/core/command/analyze.ts';
import { bombs } from '../../src/core/command/test-bombs.ts';

const context = { cwd: '/repo', repository: '/repo', home: '/home/writ' };
const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);

function round(): void {
  for (const [, text] of bombs) analyze(text, context);
}

function used(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

round();
const before = used();
for (let at = 0; at < 3; at += 1) round();
process.stdout.write(JSON.stringify({ texts: bombs.length, leftBytes: used() - before }));
