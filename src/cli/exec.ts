/**
 * `writ exec` and `writ run` are the native launcher's (native/session.c), which comes here only where Writ is not
 * running yet, and for help: this starts Writ and gives its place back.
 */
import { exit } from '../core/model/exit-status.ts';
import { findWritExec } from '../guard/sandbox/machine.ts';
import { ensureRunning } from './daemon-client.ts';
import { locateHome } from './home.ts';
import { say } from './output.ts';

interface ExecOptions {
  readonly profile?: string;
  readonly assistant?: string;
  readonly job?: string;
  readonly writ?: string;
  readonly wait?: boolean;
  readonly json?: boolean;
}

export function exec(argv: readonly string[], options: ExecOptions): Promise<void> {
  return launchGoverned('exec', argv, options);
}

export function run(argv: readonly string[], options: ExecOptions): Promise<void> {
  return launchGoverned('run', argv, options);
}

async function launchGoverned(
  kind: 'exec' | 'run',
  argv: readonly string[],
  options: ExecOptions,
): Promise<void> {
  if (argv.length === 0) {
    say(`which command? Use: writ ${kind} -- COMMAND ARGUMENT…`);
    process.exitCode = exit.usage;
    return;
  }
  const home = locateHome(process.env);
  await ensureRunning(home);
  const words = ['writ-exec', kind, '--started', ...optionWords(options), '--', ...argv];
  process.execve?.(findWritExec(), words, { ...process.env, WRIT_HOME: home.root });
}

function optionWords({ wait, json, ...named }: ExecOptions): string[] {
  return [
    ...Object.entries(named).map(([name, value]) => `--${name}=${value}`),
    ...(wait === true ? ['--wait'] : []),
    ...(json === true ? ['--json'] : []),
  ];
}
