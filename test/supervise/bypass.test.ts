/** Ways around the decision on a program, each tried outside first, where it works. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { processes } from './entries.ts';

const world = new World();
const program = join(import.meta.dirname, 'bypass.py');

beforeAll(() => {
  world.must('init', '--yes');
  writeFileSync(
    join(world.repository, 'governance', 'policies', 'touch.cedar'),
    `@id("test.touch")
@reason("touching is forbidden here")
forbid (principal is Writ::Task, action == Writ::Action::"exec", resource)
when { resource.name == "touch" };
`,
  );
  world.must('policy', 'check');
});
afterAll(() => world.dispose());

let count = 0;
beforeEach(() => {
  count += 1;
  mkdirSync(join(world.repository, String(count)));
  copyFileSync(program, join(world.repository, String(count), 'bypass.py'));
});

describe('a program that policy forbids does not run', () => {
  it.each([
    ['plain', 'touch'],
    ['other_name', 'touch'],
    ['link', 'touch'],
    ['shebang', 'touch'],
    ['shebang_link', 'touch'],
    ['shebang_env', 'touch'],
    ['nested_shebang', 'touch'],
    ['descriptor', 'touch'],
    ['empty_path', 'touch'],
    ['own_descriptor', 'touch'],
    ['memory', 'in memory or deleted'],
    ['deleted', 'in memory or deleted'],
    ['loader', 'dynamic loader'],
    ['loader_copy', 'dynamic loader'],
    ['raw_call', 'touch'],
    ['empty_environment', 'touch'],
    ['shell_child', 'touch'],
    ['thread', 'touch'],
    ['orphan', 'touch'],
  ])('%s', (way, reason) => {
    const outside = mkdtempSync(join(tmpdir(), 'writ-bypass-'));
    const control = spawnSync('python3', [program, way], {
      cwd: outside,
      encoding: 'utf8',
      env: { ...process.env, REAPER: '1' },
    });
    expect({ status: control.status, made: existsSync(join(outside, 'witness')) }).toEqual({
      status: 0,
      made: true,
    });
    rmSync(outside, { recursive: true });

    const cwd = join(world.repository, String(count));
    const { status, stderr } = world.writ(['exec', '--', 'python3', 'bypass.py', way], { cwd });
    expect(existsSync(join(cwd, 'witness'))).toBe(false);
    expect(status).not.toBe(0);
    expect(stderr.split('\n').find((line) => line.startsWith('writ: denied: '))).toContain(reason);
  });

  it('and each attempt is on record', () => {
    const denied = processes(world).filter(({ decision }) => decision === 'deny');
    expect(new Set(denied.map(({ session }) => session)).size).toBe(count - 1);
  });
});
