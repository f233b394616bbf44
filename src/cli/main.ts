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
await import('./program.ts');
