/**
 * Analysis and stock policy together, as a user meets them: everyday commands pass under `develop` where the sandbox
 * stands behind the decision, and none of the abuses is allowed where nothing but the decision does (level 1).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stockGovernance } from '../../src/cli/governance.ts';
import { analyze } from '../../src/core/command/analyze.ts';
import type { EnforcementLevel, Decision } from '../../src/core/model/decision.ts';
import { loadBundle } from '../../src/core/policy/bundle.ts';
import { decideCommand } from '../../src/core/policy/decide.ts';
import { startingGovernance } from '../../src/core/policy/start.ts';

const remote = 'git.example/acme/shop';
const facts = {
  person: 'ada',
  name: 'Ada',
  login: 'ada',
  sshKeys: [],
  trustDomain: 'acme.example',
  remote,
  registries: {},
  private: {},
};
const { bundle } = loadBundle(startingGovernance(facts, stockGovernance()), stockGovernance());
if (bundle === null) throw new Error('the start does not load');
const sound = bundle;

function lines<Line>(file: string): Line[] {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8').trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as Line);
}

interface Abuse {
  readonly command: string;
  /** Its story: the incident, the function of the tool that it uses, the trick. */
  readonly why: string;
}

function decide(command: string, profile: string, enforcement: EnforcementLevel): Decision {
  const task = {
    id: 'writ',
    assistant: 'local',
    requester: 'ada',
    job: null,
    profile,
    repository: remote,
    branch: 'main',
  };
  const { operations } = analyze(command, { cwd: '/repo', repository: '/repo', home: '/home/writ' });
  return decideCommand(sound, { ...task, proof: 'claimed', enforcement }, operations, [], 0);
}

describe('under develop, confined', () => {
  const everyday = lines<string>('everyday.jsonl');

  it.each(everyday)('not denied: %s', (command) => {
    const { decision, reason } = decide(command, 'develop', 2);
    expect({ decision, reason }).not.toMatchObject({ decision: 'deny' });
  });

  it('at most 2 % of everyday commands ask for an approval', () => {
    const asked = everyday.filter((command) => decide(command, 'develop', 2).decision === 'step-up');
    expect(asked.length / everyday.length, asked.join('\n')).toBeLessThanOrEqual(0.02);
  });
});

describe('where only the decision stands (level 1)', () => {
  it.each(lines<Abuse>('abuses.jsonl'))('not allowed: $command ($why)', ({ command }) => {
    expect(decide(command, 'develop', 1).decision).not.toBe('allow');
  });
});

describe('under observe', () => {
  it.each(['git status', 'ls -la', 'grep -rn foo src', 'git log -3', 'cat package.json'])(
    'allowed: %s',
    (command) => {
      expect(decide(command, 'observe', 2).decision).toBe('allow');
    },
  );

  it.each(['touch x', 'rm x', 'git commit -m x', 'echo x > y', 'npm test', 'sed -i s/a/b/ x'])(
    'not allowed: %s',
    (command) => {
      expect(decide(command, 'observe', 2).decision).not.toBe('allow');
    },
  );
});
