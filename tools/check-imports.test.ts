import { describe, expect, it } from 'vitest';
import { roomOf, violations } from './check-imports.ts';

describe('the import check', () => {
  it.each([
    ['src/core/command/a.ts', "import { x } from '../policy/b.ts';"],
    ['src/core/model/a.ts', "import type { x } from '../command/b.ts';"],
    ['src/guard/a.ts', "import { x } from '../authority/b.ts';"],
    ['src/authority/a.ts', "const x = await import('../guard/b.ts');"],
    ['src/core/log/a.ts', "import { readFileSync } from 'node:fs';"],
    ['src/guard/sandbox/a.ts', "export { x } from '../../cli/b.ts';"],
  ])('finds the planted violation in %s', (file, line) => {
    expect(violations(file, `// first\n${line}`)).toMatchObject([{ file, line: 2 }]);
  });

  it.each([
    ['src/core/command/a.ts', "import { x } from '../model/b.ts';"],
    ['src/core/log/a.ts', "import { createHash } from 'node:crypto';"],
    ['src/guard/a.ts', "import { x } from '../core/policy/b.ts';"],
    ['src/cli/a.ts', "import { x } from '../authority/b.ts';"],
  ])('lets %s import downwards', (file, line) => {
    expect(violations(file, line)).toEqual([]);
  });

  it('knows a file outside every room', () => {
    expect(roomOf('src/stray/a.ts')).toBeNull();
  });
});
