/** Starts the command line with a cache of compiled code, in the owner's own folder: a start is what each command pays. */
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { locateHome } from './home.ts';

try {
  const { root } = locateHome(process.env);
  if (existsSync(root)) enableCompileCache(join(root, 'cache'));
} catch {
  // A wrong WRIT_HOME is reported by the verb that needs it.
}
// A reader that has seen enough (`| head`) ends Writ as it ends other programs: 128 + SIGPIPE.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(141);
  });
}
await import('./program.ts');
