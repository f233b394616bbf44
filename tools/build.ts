/** Builds `dist/` (bundled program) and `native/build/` (the C program for inside the sandbox). */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { writ: 'src/cli/main.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Loads its WebAssembly from beside itself, so it stays a package of its own.
  external: ['@cedar-policy/cedar-wasm', 'pg-native'],
  // CommonJS packages in the bundle ask for Node's own modules through `require`.
  banner: {
    js: "import { createRequire as writRequire } from 'node:module'; const require = writRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
});

const make = spawnSync('make', ['--silent', '-C', 'native'], { stdio: 'inherit' });
if (make.status !== 0) {
  process.stderr.write('writ: the native build failed; it needs a C compiler and make\n');
  process.exit(1);
}
