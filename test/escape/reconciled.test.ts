import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';

interface Alert {
  readonly entry: { session: string; data: { kind: string; of: string; reason: string; argv: string[] } };
}

const world = new World();
beforeAll(() => {
  world.write(
    'forced.c',
    '#include <stdlib.h>\n__attribute__((constructor)) static void start(void) { if (getenv("ONCE")) { unsetenv("ONCE"); unsetenv("LD_PRELOAD"); system("true from-cat"); } }\n',
  );
  execFileSync('cc', ['-shared', '-fPIC', '-o', 'forced.so', 'forced.c'], { cwd: world.repository });
  world.must('init', '--yes');
});
afterAll(() => world.dispose());

/** The session of the doctor has a hook, as an assistant's has. */
const ask = (command: string): string =>
  `printf '%s' '{"hook_event_name":"PreToolUse","cwd":"${world.repository}","tool_name":"Bash","tool_input":{"command":"${command}"}}' | /run/writ/writ-exec hook /run/writ/hook.sock /run/writ/hook.token >/dev/null`;

it('an assistant is told which programs an approval cannot add to a session that runs', () => {
  const said = (command: string) => {
    world.write('task.sh', ask(command).replace('>/dev/null', ''));
    return world.writ(['exec', '--job', 'writ-doctor', '--', 'bash', 'task.sh']).stdout;
  };
  expect(said('nmap localhost')).toContain('In this session nmap cannot start even if it is approved');
  expect(said('git push')).toContain('step-up');
  expect(said('git push')).not.toContain('In this session');
});

it.each<[string, () => string, string, RegExp]>([
  [
    'a program that starts none has started one',
    () => 'ONCE=1 LD_PRELOAD=$PWD/forced.so cat /dev/null',
    'unannounced',
    /sh was started by cat/,
  ],
  [
    'the hook refused it, and it was started anyway',
    () => `${ask('git push')}\ngit push\n`,
    'defied',
    /git was refused when it was announced/,
  ],
  [
    'the text was allowed, and the file was another',
    () =>
      `${ask('true')}\npython3 -c "import os; f = os.memfd_create('x'); os.write(f, open('/bin/true', 'rb').read()); os.execve(f, ['true'], {})"\n`,
    'contradicted',
    /true was allowed as text/,
  ],
])('%s: an alert, and shown', (_, script, of, reason) => {
  world.write('task.sh', script());
  world.writ(['exec', '--job', 'writ-doctor', '--', 'bash', 'task.sh']);
  const [alert] = world.json('log', 'search', '--type', 'alert', '--limit', '1') as Alert[];
  expect(alert?.entry.data).toMatchObject({ kind: 'disagreement', of });
  expect(alert?.entry.data.reason).toMatch(reason);
  expect(world.writ(['show', alert?.entry.session ?? '']).stdout).toMatch(reason);
});
