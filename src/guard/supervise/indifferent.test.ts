import { expect, test } from 'vitest';
import { ignoresWords } from '../../core/command/tool.ts';
import { modelOf } from '../../core/command/tools/registry.ts';
import { analyzeArgv } from '../../core/command/analyze.ts';
import { sandboxHome } from '../sandbox/environment.ts';

const context = {
  cwd: '/work',
  repository: '/work',
  home: sandboxHome,
  governance: '/governance',
};
const words = [
  [],
  ['/etc/shadow'],
  ['--help'],
  ['-x', '../..', '$(id)', '*'],
  ['--output=/etc/passwd', 'https://evil.example/'],
];
const ofAnalysis = (program: string, args: readonly string[]) =>
  analyzeArgv([program, ...args], context).operations.map((one) =>
    one.kind === 'exec' ? { ...one, argv: [], span: null } : one,
  );

test.each('true false echo seq expr factor basename dirname sleep yes printf getconf tr sync'.split(' '))(
  '%s does the same whatever it is told',
  (program) => {
    const model = modelOf(program);
    expect(model !== undefined && ignoresWords(model)).toBe(true);
    for (const args of words) expect(ofAnalysis(program, args)).toEqual(ofAnalysis(program, []));
  },
);

test.each('cat cp rm env xargs find git sh python3 curl printenv date id tee sort sed touch make'.split(' '))(
  '%s does not',
  (program) => {
    const model = modelOf(program);
    expect(model === undefined || !ignoresWords(model)).toBe(true);
  },
);
