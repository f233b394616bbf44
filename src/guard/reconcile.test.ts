import { describe, expect, it } from 'vitest';
import { analyze } from '../core/command/analyze.ts';
import type { Decision, Verdict } from '../core/model/decision.ts';
import { Reconciler } from './reconcile.ts';

const context = { cwd: '/repo', repository: '/repo', home: '/home/writ' };

/** As it would be decided if each part of the text got this verdict. */
function decided(text: string, verdict: Verdict): Decision {
  const operations = analyze(text, context).operations.map((operation) => ({
    operation,
    decision: verdict,
    policies: [],
    missing: [],
    reason: '',
    advice: null,
  }));
  return { decision: verdict, operations, missing: [], reason: '', advice: null, policyVersion: 'v' };
}

interface Case {
  readonly heard?: readonly (readonly [text: string, verdict: Verdict])[];
  readonly starter: string;
  readonly argv: readonly string[];
  readonly decision?: Verdict;
}

function judged({ heard = [], starter, argv, decision = 'allow' }: Case): string | null {
  const reconciler = new Reconciler();
  for (const [text, verdict] of heard) reconciler.heard(decided(text, verdict));
  return reconciler.saw({ starter, argv, decision })?.kind ?? null;
}

const bash = '/usr/bin/bash';

describe('what is explained', () => {
  it.each<[string, Case]>([
    [
      'the command that was announced',
      { heard: [['git status', 'allow']], starter: bash, argv: ['git', 'status'] },
    ],
    [
      'what a script starts',
      { heard: [['sh build.sh', 'allow']], starter: '/usr/bin/dash', argv: ['cc', 'x.c'] },
    ],
    [
      'what a build tool starts',
      { heard: [['make', 'allow']], starter: '/usr/bin/make', argv: ['sh', '-c', 'x'] },
    ],
    ['what a program starts that can', { starter: '/usr/bin/sort', argv: ['gzip'] }],
    ['a program of the repository that is called cat', { starter: '/repo/bin/cat', argv: ['id'] }],
    ['what was never announced and is refused', { starter: bash, argv: ['su'], decision: 'deny' }],
    [
      'what was refused, and allowed since',
      {
        heard: [
          ['git push', 'step-up'],
          ['git push', 'allow'],
        ],
        starter: bash,
        argv: ['git', 'push'],
      },
    ],
    [
      'another command than was refused',
      { heard: [['git push', 'deny']], starter: bash, argv: ['git', 'status'] },
    ],
    ['what could not be told', { heard: [['$CMD x', 'deny']], starter: bash, argv: ['id', 'x'] }],
  ])('%s', (_, one) => {
    expect(judged(one)).toBeNull();
  });
});

describe('what nothing explains', () => {
  it.each<[string, Case, string]>([
    ['a child of a program that has none', { starter: '/usr/bin/cat', argv: ['id'] }, 'unannounced'],
    ['also by its other path', { starter: '/bin/ls', argv: ['sh'] }, 'unannounced'],
    [
      'what was refused and is started all the same',
      { heard: [['git push', 'deny']], starter: bash, argv: ['/usr/bin/git', 'push'] },
      'defied',
    ],
    [
      'also where the kernel refuses it again',
      { heard: [['git push', 'step-up']], starter: bash, argv: ['git', 'push'], decision: 'step-up' },
      'defied',
    ],
    [
      'what was allowed by its name and refused as the file that it is',
      { heard: [['git status', 'allow']], starter: bash, argv: ['git', 'status'], decision: 'deny' },
      'contradicted',
    ],
  ])('%s', (_, one, expected) => {
    expect(judged(one)).toBe(expected);
  });

  it('is said once', () => {
    const reconciler = new Reconciler();
    const seen = { starter: '/usr/bin/cat', argv: ['id'], decision: 'allow' as const };
    expect([reconciler.saw(seen), reconciler.saw(seen)]).toEqual([expect.anything(), null]);
  });
});
