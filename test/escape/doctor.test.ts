import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../cli/world.ts';

const world = new World();
beforeAll(() => world.must('init', '--yes'));
afterAll(() => world.dispose());

interface Diagnosis {
  readonly live: boolean;
  readonly session: string;
  readonly enforcement: number;
  readonly findings: readonly { layer: string; probe: string; state: string }[];
  readonly kernel: Record<string, unknown>;
}

describe('writ doctor', () => {
  it('finds every layer live, says what the kernel offers, and puts it on the log', () => {
    const { status, stdout, stderr } = world.writ(['doctor', '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const diagnosis = JSON.parse(stdout) as Diagnosis;
    expect(diagnosis.findings.filter(({ state }) => state !== 'live')).toEqual([]);
    expect(diagnosis.findings.map(({ layer }) => layer)).toEqual(
      expect.arrayContaining([
        'decision',
        'files',
        'network',
        'credentials',
        'processes',
        'programs',
        'hook',
      ]),
    );
    expect(diagnosis.kernel).toMatchObject({ namespaces: true, landlockAbi: expect.any(Number) });
    const [found] = world.json('log', 'search', '--type', 'enforcement.probed') as {
      entry: { session: string; data: Diagnosis };
    }[];
    expect(found?.entry.session).toBe(diagnosis.session);
    expect(found?.entry.data).toMatchObject({ live: true, findings: diagnosis.findings });
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(world.home).filter((name) => name.startsWith('.writ-doctor'))).toEqual([]);
    expect(existsSync(join(world.repository, '.git', 'hooks', 'writ-doctor'))).toBe(false);
    expect(world.git('status', '--short')).toBe('?? governance/\n');
  });

  it('holds under a profile that only observes', () => {
    const { live, findings } = world.json('doctor', '--profile', 'observe') as Diagnosis;
    expect(findings.filter(({ state }) => state !== 'live')).toEqual([]);
    expect(live).toBe(true);
  });

  it('says when it could not probe', () => {
    const { status, stdout } = world.writ(['doctor', '--profile', 'nothing', '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'probe_failed' } });
  });

  it('is red where what must be denied is not', () => {
    world.organisation((document) => document.setIn(['bundles', 'core'], ['sudo', 'bash', 'ls', 'true']));
    const base = join(world.repository, 'governance', 'policies', 'base.cedar');
    const lax = '@id("base.lax")\npermit (principal is Writ::Task, action, resource);\n';
    const rules = readFileSync(base, 'utf8').replace('context.traits.contains("privileges")', 'false');
    writeFileSync(base, rules + lax);
    world.must('policy', 'check');
    world.must('down');
    const { status, stdout } = world.writ(['doctor', '--json']);
    expect(status).toBe(1);
    const { live, findings } = JSON.parse(stdout) as Diagnosis;
    expect(live).toBe(false);
    expect(findings.filter(({ state }) => state !== 'live')).toEqual([
      { layer: 'decision', probe: 'a denied command', state: 'not firing' },
      { layer: 'hook', probe: 'a denied command', state: 'not firing' },
    ]);
  });
});
