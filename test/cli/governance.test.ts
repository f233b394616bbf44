/** The policy in force is the folder's, however the folder changes; a broken one never comes into force. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.dispose());

interface Status {
  readonly policyVersion: string;
  readonly policyProblems: number;
  readonly governanceFault: string | null;
}

const status = () => world.json('status') as Status;
const policies = () => join(world.repository, 'governance/policies');
const rule = (name: string) =>
  `@id("no-${name}")\nforbid (principal is Writ::Task, action == Writ::Action::"exec", resource) when { resource.name == "${name}" };\n`;

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    if (condition()) return;
    await sleep(100);
  }
  throw new Error('it never came to be');
}

describe('a change of the policy in force', () => {
  beforeEach(() => world.must('init', '--yes'));

  it.each([
    ['a new file', () => writeFileSync(join(policies(), 'new.cedar'), rule('pwd'))],
    [
      'a file in a new subfolder',
      () => {
        mkdirSync(join(policies(), 'a/b'), { recursive: true });
        writeFileSync(join(policies(), 'a/b/new.cedar'), rule('pwd'));
      },
    ],
    [
      'the folder replaced, as a deployment does',
      () => {
        cpSync(policies(), `${policies()}.new`, { recursive: true });
        writeFileSync(join(`${policies()}.new`, 'new.cedar'), rule('pwd'));
        renameSync(policies(), `${policies()}.old`);
        renameSync(`${policies()}.new`, policies());
      },
    ],
  ])('is taken up by itself: %s', async (_name, change) => {
    expect(world.writ(['exec', '--', 'pwd']).status).toBe(0);
    const { policyVersion } = status();
    change();
    await until(() => status().policyVersion !== policyVersion);
    expect(world.writ(['exec', '--', 'pwd']).status).toBe(3);
    // And once more, in what was put there just now.
    const [changed = ''] = [join(policies(), 'a/b/new.cedar'), join(policies(), 'new.cedar')].filter((path) =>
      existsSync(path),
    );
    rmSync(changed);
    await until(() => status().policyVersion === policyVersion);
    expect(world.writ(['exec', '--', 'pwd']).status).toBe(0);
  });

  it('that breaks it, or takes the folder away, is told by writ status, and the last good one decides', async () => {
    const { policyVersion } = status();
    writeFileSync(join(policies(), 'broken.cedar'), 'permit (');
    await until(() => status().policyProblems > 0);
    expect(world.writ(['status']).stdout).toContain('the folder has 1 fault, so the last good version stays');
    rmSync(join(world.repository, 'governance'), { recursive: true });
    await until(() => status().governanceFault !== null);
    expect(world.writ(['status']).stdout).toContain(
      'has no organisation.yaml, so the last good version stays',
    );
    expect(status().policyVersion).toBe(policyVersion);
  });
});

describe('a first start on a broken folder', () => {
  it('fails at once with the place of the fault, and leaves no process behind', () => {
    world.must('init', '--yes');
    world.must('down');
    const state = join(world.root, 'fresh');
    mkdirSync(state, { mode: 0o700 });
    cpSync(join(world.writHome, 'config.json'), join(state, 'config.json'));
    writeFileSync(join(policies(), 'broken.cedar'), '\npermit (');
    const begun = Date.now();
    const failed = world.writ(['exec', '--', 'true'], { env: { WRIT_HOME: state } });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/policies\/broken\.cedar:2:\d+: .*\[governance_invalid\]/);
    // It gave up because the start failed, not because it had waited long enough (20 s).
    expect(Date.now() - begun).toBeLessThan(15_000);
    const left = spawnSync('pgrep', ['-f', '--', '--foreground'], { encoding: 'utf8' }).stdout.trim();
    const ours = left
      .split('\n')
      .filter((pid) => pid !== '' && environmentOf(pid).includes(`WRIT_HOME=${state}`));
    expect(ours).toEqual([]);
  });
});

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

it('variables that the profile names pass from the caller, and no others', () => {
  world.must('init', '--yes');
  world.organisation((document) =>
    document.setIn(['profiles', 'develop'], document.createNode({ environment: ['SHOP_STAGE', 'HOME'] })),
  );
  world.must('down');
  const env = { SHOP_STAGE: 'test 1', SHOP_SECRET: 'no' };
  const { stdout } = world.writ(['exec', '--', 'env'], { env });
  expect(stdout).toContain('SHOP_STAGE=test 1\n');
  expect(stdout).toContain('HOME=/home/writ\n');
  expect(stdout).not.toContain('SHOP_SECRET');
});

it.each([
  ['LD_PRELOAD', /changes which code every program loads/],
  ['BASH_ENV', /changes which code every program loads/],
  ['WRIT_HOME', /changes which code every program loads/],
  ['AWS_SECRET_ACCESS_KEY', /holds a login \(aws\) and never passes from a caller: lend it as a credential/],
  ['SSH_AUTH_SOCK', /holds a login \(ssh\) and never passes from a caller: lend it as a credential/],
])('a profile cannot let %s pass', (name, why) => {
  world.must('init', '--yes');
  world.organisation((document) =>
    document.setIn(['profiles', 'develop'], document.createNode({ environment: [name] })),
  );
  const { status: found, stdout } = world.writ(['policy', 'check']);
  expect(found).toBe(1);
  expect(stdout).toMatch(/organisation\.yaml:\d+:\d+: error: /);
  expect(stdout).toMatch(why);
});
