/** Programs that use an official SDK, each as one file that a task can run without anything being installed. */
import { buildSync } from 'esbuild';

/** @param source a module that imports from this project's own packages @param file to write */
export function bundleProgram(source: string, file: string): void {
  buildSync({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'js' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
    },
    outfile: file,
    logLevel: 'error',
  });
}
