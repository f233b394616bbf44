/** Which programs led to a process is what policy can go by; a process must not be able to choose it. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';

const world = new World();
const witness = join(world.repository, 'witness');
beforeAll(() => {
  world.must('init', '--yes');
  writeFileSync(
    join(world.repository, 'governance', 'policies', 'line.cedar'),
    `@id("test.line")
@reason("what a Python script leads to may not touch")
forbid (principal is Writ::Task, action == Writ::Action::"exec", resource)
when { resource.name == "touch" && (context.ancestors.contains("python3") || context.ancestors.contains("?")) };
`,
  );
  world.must('policy', 'check');
});
afterAll(() => world.dispose());

/** Each ends when the process that it made is done, so that bash, which may touch, is there as long. */
const ways = {
  fork: `
child = os.fork()
if child == 0: touch()
os.waitpid(child, 0)`,
  // clone(CLONE_PARENT): bash, which started Python, is the parent of what Python makes.
  sibling: `
reader, writer = os.pipe()
if libc.syscall({'x86_64': 56, 'aarch64': 220}[os.uname().machine], 0x8000 | 17, 0, 0, 0, 0) == 0: touch()
os.close(writer); os.read(reader, 1)`,
  orphan: `
reader, writer = os.pipe()
if os.fork() == 0:
    if os.fork() == 0: touch()
    os._exit(0)
os.wait(); os.close(writer); os.read(reader, 1)`,
  // A process that takes orphans in gives them its own line, and Python stands in that as well.
  adopted: `
libc.prctl(36, 1)
if os.fork() == 0:
    if os.fork() == 0: touch()
    os._exit(0)
os.wait(); os.wait()`,
};

it.each(Object.entries(ways))('%s: the line is kept', (_, way) => {
  world.write(
    'start.py',
    `import ctypes, os\nlibc = ctypes.CDLL(None)\ndef touch():\n    try: os.execv('/usr/bin/touch', ['touch', 'witness'])\n    finally: os._exit(1)\n${way}`,
  );
  const script = 'python3 start.py; touch own';
  spawnSync('bash', ['-c', script], { cwd: world.repository });
  expect(existsSync(witness)).toBe(true);
  rmSync(witness);

  expect(world.writ(['exec', '--', 'bash', '-c', script]).status).toBe(0);
  expect(existsSync(witness)).toBe(false);
});
