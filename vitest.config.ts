import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 240_000,
    reporters: ['default', './tools/closing-line-reporter.ts'],
    maxWorkers: 2,
  },
});
