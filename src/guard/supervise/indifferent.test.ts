import { realpathSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ignoresWords } from '../../core/command/tool.ts';
import { modelOf } from '../../core/command/tools/registry.ts';
import { analyzeArgv } from '../../core/command/analyze.ts';
import { bundleOf, task } from '../../../test/policy/organisation.ts';
import { sandboxHome, systemPath } from '../sandbox/environment.ts';
import { isIndifferent } from './indifferent.ts';
import type { Attempt, Image } from './protocol.ts';

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

const image = (path: string): Image => ({ kind: 'program', fd: 9, identity: '1:2:3:4:5', path });
const attempt = (...paths: readonly string[]): Attempt => ({
  request: 1,
  process: 2,
  parent: 3,
  lineage: 4,
  starter: '/usr/bin/bash',
  named: 'expr',
  directory: '/work',
  images: paths.map(image),
  argv: ['expr', '1'],
  effective: ['expr', '1'],
});
const situation = {
  bundle: bundleOf(),
  task,
  view: { searchPath: systemPath, installed: '', toolchains: [] },
  evidence: [],
};
const expr = realpathSync('/usr/bin/expr');
const readsWords = `permit (principal, action, resource);
forbid (principal, action == Writ::Action::"exec", resource) when { context.arguments.contains("9") };`;
const approval = { key: 'approval:maintainers', by: 'ada', reference: 'apr_1', expiresAt: 1 } as const;

test.each<[string, Attempt, Partial<typeof situation> | object, boolean]>([
  ['a tool that ignores its words', attempt(expr), {}, true],
  ['one that heeds them', attempt(realpathSync('/usr/bin/cat')), {}, false],
  ['a program of the repository by that name', attempt('/work/expr'), {}, false],
  ['a script', attempt(expr, '/usr/bin/dash'), {}, false],
  ['one that somebody approved with its words', attempt(expr), { evidence: [approval] }, false],
  ['a policy that looks at words', attempt(expr), { bundle: bundleOf(readsWords) }, false],
])('%s', (_case, one, change, expected) => {
  expect(isIndifferent(one, { ...situation, ...change })).toBe(expected);
});
