/** `npm run bench`: every figure that Writ quotes, each as a ratio measured side by side in one run. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const wanted = process.argv.slice(2);
const files = globSync('bench/*.bench.ts')
  .sort()
  .filter((file) => wanted.length === 0 || wanted.some((name) => file.includes(name)));
if (files.length === 0) {
  process.stderr.write(`writ: no benchmark matches ${wanted.join(' ')}\n`);
  process.exit(2);
}
for (const file of files) {
  process.stdout.write(`\n── ${file}\n`);
  const { status } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}
