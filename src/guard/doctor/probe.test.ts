import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { layBaits } from './baits.ts';
import { readFindings } from './findings.ts';
import { probeScript } from './probe-script.ts';

const folder = mkdtempSync(join(tmpdir(), 'writ-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A probe that calls a layer live where there is none would be worse than no probe. */
describe('without a sandbox', () => {
  it('no layer is live', async () => {
    mkdirSync(join(folder, 'shop', '.git', 'hooks'), { recursive: true });
    const [state, policy] = ['state', 'policy'].map((name) => join(folder, name));
    for (const file of [state!, policy!, join(folder, 'shop', '.git', 'config')]) writeFileSync(file, 'x');
    await using laid = await layBaits({ stateFile: state!, governanceFile: policy! });
    const { stdout } = spawnSync('bash', ['-s'], {
      cwd: join(folder, 'shop'),
      env: { PATH: '/usr/bin:/bin', WRIT_SESSION: 'ses_1', ...laid.environment },
      input: probeScript(laid.baits),
      encoding: 'utf8',
      timeout: 30_000,
    });
    const { session, findings } = readFindings(stdout, 3);
    expect(session).toBe('ses_1');
    // Not everybody may write there, and not every machine has a way out.
    const elsewhere = ['writing into the system', 'a way out of the machine'];
    const asked = findings.filter(({ probe }) => !elsewhere.includes(probe));
    expect(asked.filter(({ state: found }) => found !== 'not firing')).toEqual([]);
    expect(new Set(asked.map(({ layer }) => layer))).toEqual(
      new Set(['files', 'network', 'credentials', 'processes', 'hook', 'programs']),
    );
  });
});

describe('what was printed', () => {
  it('counts line by line, and only if it is the probe that says so', () => {
    const printed =
      'noise\nwrit-doctor\tsession\tid\tses_9\nwrit-doctor\tfiles\ta\tstopped\nwrit-doctor\tfiles\tb\treached\n';
    const { session, findings } = readFindings(printed, 2);
    expect(session).toBe('ses_9');
    expect(findings.filter(({ layer }) => layer === 'files')).toEqual([
      { layer: 'files', probe: 'a', state: 'live' },
      { layer: 'files', probe: 'b', state: 'not firing' },
    ]);
  });

  it('proves nothing for a layer of which nothing was printed', () => {
    const states = readFindings('writ-doctor\tfiles\ta\tstopped\n', 3).findings;
    expect(states.filter(({ state }) => state === 'not tried').map(({ layer }) => layer)).toEqual([
      'network',
      'credentials',
      'processes',
      'hook',
      'programs',
    ]);
  });

  it('holds programs to account only where the writ says that they are decided', () => {
    const printed = 'writ-doctor\tprograms\tsu\treached\n';
    expect(readFindings(printed, 2).findings.map(({ layer }) => layer)).not.toContain('programs');
    expect(readFindings(printed, 3).findings[0]?.state).toBe('not firing');
  });
});
