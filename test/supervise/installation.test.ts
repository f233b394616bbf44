/** Supervision for whoever launches, and once more with the address and undefined-behaviour sanitizers. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, users } from '../sandbox/workshop.ts';
import { Installation } from './installation.ts';

const race = join(import.meta.dirname, 'race.c');

/** The other tests run as whoever runs them; these as somebody without rights, where there are both. */
const launchers = users.slice(-1).flatMap((user) =>
  (['writ-exec', 'writ-exec-sanitized'] as const).map((native) => ({
    name: `${user.name}, ${native}`,
    user,
    native,
  })),
);

describe.each(launchers)('supervision for $name', ({ user, native }) => {
  let installed: Installation;
  beforeAll(() => {
    installed = new Installation(user, native);
    compile(race, join(installed.repository, 'race'));
    copyFileSync(join(import.meta.dirname, 'bypass.py'), join(installed.repository, 'bypass.py'));
  });
  afterAll(() => installed?.[Symbol.dispose]());

  it('decides and records each program, and ends with the command', () => {
    const script =
      'for i in $(seq 50); do /bin/true; done; printf "#!/bin/sh\\necho script\\n" > s; chmod +x s; ./s; ' +
      "python3 bypass.py memory; python3 bypass.py loader; python3 -c \"import os; os.execv('/usr/sbin/ldconfig', ['ldconfig'])\" 2>/dev/null; " +
      'no-such-program 2>/dev/null; seq 3000 | xargs echo | wc -w';
    installed.run('sh', '-c', `cat > all.sh << 'END'\n${script}\nEND`);
    const { status, stdout, stderr } = installed.writ('exec', '--', 'bash', 'all.sh');
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'script\nmemory: Permission denied\nloader: Permission denied\n3000\n',
    });
    expect(stderr.split('\n').map((line) => line.slice(0, 30))).toEqual([
      expect.stringContaining('writ: denied: memfd:program'),
      expect.stringContaining('writ: denied: ld-linux'),
      expect.stringContaining('writ: denied: ldconfig'),
      '',
    ]);
    const found = JSON.parse(
      installed.writ('log', 'search', '--type', 'execution.process', '--limit', '1000', '--json').stdout,
    ) as { entry: { command: string; decision: string } }[];
    const commands = found.map(({ entry }) => entry.command);
    expect(commands.filter((command) => command === '/bin/true')).toHaveLength(50);
    expect(found.filter(({ entry }) => entry.decision === 'deny')).toHaveLength(3);
  });

  it('ends everything where another program started than was decided', () => {
    const { status, stderr } = installed.writ(
      'exec',
      '--',
      './race',
      '3000',
      'path',
      '/usr/bin/true',
      '/usr/bin/false',
    );
    expect(status).toBe(137);
    expect(stderr).toBe('writ: denied: another program started than was decided; everything is ended\n');
  });
});
