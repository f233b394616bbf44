/** Programs that run another program given by their words. Each gives its own exec, then the nested one. */
import type { Trait } from '../model/operation.ts';
import type { Call, Change } from './call.ts';
import { dropFirst, literal, unknown, type Field } from './field.ts';
import {
  adds,
  flag,
  hasOption,
  maybe,
  optionValue,
  shell,
  value,
  valueAdds,
  writes,
  type Option,
  type ParsedOptions,
} from './options.ts';
import { named, tool, type ToolModel } from './tool.ts';
import { parallel, xargs } from './wrappers/from-input.ts';
import { foreignShell, opaqueShell, shellModel } from './wrappers/shells.ts';
import { ssh } from './wrappers/ssh.ts';
import { env, runWithAssignments, superuser, switchUser } from './wrappers/with-environment.ts';

interface Wrapper {
  readonly traits?: readonly Trait[];
  readonly options?: Readonly<Record<string, Option>>;
  /** Operands of its own before the program. */
  readonly own?: number;
  readonly change?: (parsed: ParsedOptions) => Change;
  readonly before?: (call: Call, parsed: ParsedOptions) => void;
  /** What runs where no program is named. */
  readonly alone?: (call: Call) => void;
}

function wrapper(description: Wrapper): ToolModel {
  return tool({
    traits: description.traits ?? [],
    options: description.options ?? {},
    style: { stopAtOperand: true },
    hides: 'exec',
    apply: (call, parsed) => {
      description.before?.(call, parsed);
      const rest = parsed.operands.slice(description.own ?? 0);
      runRest(call, parsed, rest, description);
    },
  });
}

function runRest(
  call: Call,
  parsed: ParsedOptions,
  rest: readonly Field[],
  { change, alone }: Wrapper,
): void {
  if (parsed.strange.length > 0) {
    // An option that is not known may take the next word, and the program with it.
    call.opaque(
      'exec',
      call.exec.argv.join(' '),
      'an option is not known, so that the program cannot be told',
    );
  }
  if (rest.length === 0) {
    alone?.(call);
    return;
  }
  call.runner.runProgram(rest, call, change?.(parsed) ?? {});
}

const timeSpan = { '-k --kill-after -s --signal': value };

export const wrappers = named({
  env,
  sudo: superuser({
    '-A --askpass -b --background -B --bell -E --preserve-env -H --set-home -K -k -l --list -N -n --non-interactive -P -S --stdin -V -v --validate':
      flag,
    '-e --edit': adds('writes'),
    '-i --login': { takes: 'nothing', traits: [] },
    '-s --shell': { takes: 'nothing', traits: [] },
    '-C --close-from -g --group -h --host -p --prompt -R --chroot -r --role -T -t --type -U --other-user -u --user -a --auth-type -c':
      value,
    '-D --chdir': { takes: 'value', traits: [] },
  }),
  doas: superuser({ '-n -L': flag, '-s': { takes: 'nothing', traits: [] }, '-a -C -u': value }),
  'su runuser': switchUser,
  pkexec: superuser({ '--disable-internal-agent --keep-cwd': flag, '--user -u': value }),
  'xargs gxargs': xargs,
  parallel,
  'timeout gtimeout': wrapper({
    own: 1,
    options: { ...timeSpan, '--foreground --preserve-status -v --verbose -p -f': flag },
  }),
  nice: wrapper({ options: { '-n --adjustment': value, '-0 -1 -2 -3 -4 -5 -6 -7 -8 -9': flag } }),
  ionice: wrapper({
    options: { '-c --class -n --classdata -p --pid -P --pgid -u --uid': value, '-t --ignore': flag },
  }),
  nohup: wrapper({ traits: ['persists'], before: (call) => call.write(literal('nohup.out', call.span)) }),
  time: wrapper({
    options: {
      '-a --append -p --portability -v --verbose -q --quiet': flag,
      '-f --format': value,
      '-o --output': writes,
    },
  }),
  setsid: wrapper({ traits: ['persists'], options: { '-c --ctty -f --fork -w --wait': flag } }),
  stdbuf: wrapper({ options: { '-i --input -o --output -e --error': value } }),
  chrt: wrapper({
    own: 1,
    options: {
      '-a -b -d -f -i -m -o -r -R -v --all-tasks --batch --deadline --fifo --idle --other --rr': flag,
      '-p --pid -T -P -D': value,
    },
  }),
  taskset: wrapper({ own: 1, options: { '-a --all-tasks -c --cpu-list': flag, '-p --pid': value } }),
  unshare: wrapper({
    traits: ['privileges'],
    options: {
      '-i -m -n -p -u -U -C -T --mount --uts --ipc --net --pid --user --cgroup --time': maybe,
      '-f --fork -r --map-root-user -c --map-current-user --map-auto --keep-caps': flag,
      '--kill-child --mount-proc --propagation --setgroups --map-users --map-groups --map-user --map-group --monotonic --boottime':
        maybe,
      '-R --root -w --wd -S --setuid -G --setgid': value,
    },
    change: () => ({ directory: null }),
    alone: opaqueShell,
  }),
  nsenter: wrapper({
    traits: ['privileges', 'system'],
    options: {
      '-a -m -u -i -n -p -U -C -T -r -w -F -Z --all --preserve-credentials': maybe,
      '-t --target -S --setuid -G --setgid': value,
    },
    change: () => ({ directory: null }),
    alone: opaqueShell,
  }),
  chroot: wrapper({
    traits: ['privileges', 'system'],
    own: 1,
    options: { '--groups --userspec': value, '--skip-chdir': flag },
    change: () => ({ directory: null }),
    alone: opaqueShell,
  }),
  'strace ltrace': wrapper({
    options: {
      '-f -ff -F -c -C -d -h -i -k -n -q -qq -r -t -tt -ttt -T -v -V -w -x -xx -y -yy -Y -z -Z -S -L -g':
        flag,
      '-a -b -e -I -O -s -P -u -U -X -E --trace --signal -p -l -A -D': value,
      '-o --output': writes,
      '--follow-forks --summary --summary-only': flag,
    },
    before: (call, parsed) => {
      if (hasOption(parsed, '-p')) call.trait('signals');
      const output = optionValue(parsed, '-o');
      if (output !== null && /^[|!]/.test(output.text)) call.runner.runText(dropFirst(output, 1), call);
      if (parsed.seen.some(({ option }) => option.name === '-D' || option.name === '-E'))
        call.opaque('exec', call.exec.argv.join(' '), 'it changes the environment of what it runs');
    },
  }),
  catchsegv: wrapper({}),
  'cpulimit choom multitime logsave setlock pidstat coreutils caffeinate chronic ifne unbuffer rlwrap eatmydata fakeroot faketime proxychains proxychains4 torsocks tsocks firejail bwrap systemd-run systemd-inhibit dbus-run-session xvfb-run aa-exec runcon setarch linux64 linux32 i386 x86_64 setpriv capsh prlimit cgexec numactl softlimit chpst daemonize start-stop-daemon at batch':
    tool({
      hides: 'exec',
      raw: (call) => {
        call.trait('unknown');
        if (/^(systemd-run|daemonize|start-stop-daemon|at|batch)$/.test(call.name))
          call.trait('persists', 'system');
        if (/^(setpriv|capsh)$/.test(call.name)) call.trait('privileges');
        call.opaque('exec', call.exec.argv.join(' '), `${call.name} runs another program`);
        const at = call.words.findIndex((word) => word.known && !word.text.startsWith('-'));
        if (at >= 0) call.runner.runProgram(call.words.slice(at), call, { directory: null });
      },
    }),
  watch: tool({
    hides: 'exec',
    style: { stopAtOperand: true },
    options: {
      '-n --interval -q --equexit -s --shotsdir': value,
      '-b -c -C -e -g -p -r -t -w -d --beep --color --errexit --chgexit --precise --no-title --no-wrap --differences':
        flag,
      '-x --exec': { takes: 'nothing', traits: [] },
    },
    apply: (call, parsed) => {
      if (parsed.operands.length === 0) return;
      if (parsed.strange.length > 0) call.opaque('exec', call.exec.argv.join(' '), 'an option is not known');
      if (hasOption(parsed, '-x')) call.runner.runProgram(parsed.operands, call);
      else runJoined(call, parsed.operands);
    },
  }),
  'bash sh dash ash rbash': shellModel,
  'zsh ksh ksh93 mksh yash fish csh tcsh posh nu xonsh elvish pwsh powershell': foreignShell,
  'busybox toybox': tool({
    hides: 'exec',
    raw: (call) => {
      call.runner.runProgram(call.words, call);
    },
  }),
  script: tool({
    traits: ['writes'],
    hides: 'exec',
    lenient: true,
    options: {
      '-c --command': shell,
      '-B --log-io -I --log-in -O --log-out -T --log-timing': writes,
      '-E --echo -m --logging-format -o --output-limit': value,
      '-t --timing': maybe,
    },
    apply: (call, parsed) => {
      call.write(parsed.operands[0] ?? literal('typescript', call.span));
      if (!hasOption(parsed, '-c')) opaqueShell(call);
    },
  }),
  flock: tool({
    hides: 'exec',
    style: { stopAtOperand: true },
    options: {
      '-c --command': shell,
      '-E --conflict-exit-code -w --wait --timeout': value,
      '-e -x -n --nonblock --nb -o --close -s -u -F --verbose --shared --exclusive --unlock --no-fork': flag,
    },
    apply: (call, parsed) => {
      const [lock, next, text, ...rest] = parsed.operands;
      if (lock !== undefined && !/^\d+$/.test(lock.text)) call.write(lock);
      if (parsed.strange.length > 0) call.opaque('exec', call.exec.argv.join(' '), 'an option is not known');
      if (next === undefined) return;
      if (/^(-c|--command)$/.test(next.text) && text !== undefined)
        call.runner.runText(text, call, { positional: rest });
      else call.runner.runProgram(parsed.operands.slice(1), call);
    },
  }),
  entr: wrapper({
    options: { '-a -c -d -n -p -r -s -x -z': flag },
    before: (call, parsed) => {
      if (hasOption(parsed, '-s'))
        call.opaque('exec', call.exec.argv.join(' '), 'its words are run by a shell');
    },
  }),
  'nodemon watchexec': tool({
    traits: ['runs-code'],
    hides: 'exec',
    raw: (call) => {
      const at = call.words.findIndex(
        (word) => word.text === '--exec' || word.text === '-x' || word.text === '--',
      );
      const next = call.words[at + 1];
      if (at >= 0 && next !== undefined) {
        if (call.words[at]?.text === '--') call.runner.runProgram(call.words.slice(at + 1), call);
        else call.runner.runText(next, call);
      } else call.opaque('exec', call.exec.argv.join(' '), 'what it runs again and again cannot be told');
    },
  }),
  'concurrently run-p run-s npm-run-all': tool({
    traits: ['builds'],
    hides: 'exec',
    raw: (call) => {
      if (call.name !== 'concurrently') return;
      for (const word of call.words) if (!word.text.startsWith('-')) call.runner.runText(word, call);
    },
  }),
  'cross-env dotenv env-cmd': tool({
    hides: 'exec',
    raw: (call) => {
      if (call.name === 'cross-env') runWithAssignments(call, call.words);
      else call.opaque('exec', call.exec.argv.join(' '), 'it runs a program with an environment from files');
    },
  }),
  'gdb lldb rr valgrind perf heaptrack': tool({
    traits: ['runs-code'],
    hides: 'exec',
    raw: (call) => {
      const at = call.words.findIndex((word) => word.text === '--args' || word.text === '--');
      const start =
        at >= 0
          ? at + 1
          : call.name === 'valgrind'
            ? call.words.findIndex((word) => word.known && !word.text.startsWith('-'))
            : -1;
      if (start >= 0) call.runner.runProgram(call.words.slice(start), call);
      if (call.name !== 'valgrind' || start < 0)
        call.opaque('exec', call.exec.argv.join(' '), 'a debugger runs what it is told to');
    },
  }),
  ssh,
  mosh: tool({
    traits: ['network', 'publishes'],
    hides: 'exec',
    apply: (call, parsed) => {
      for (const host of parsed.operands.slice(0, 1)) call.connectToField(host, 22);
      call.credential('ssh');
    },
  }),
  'autossh sshpass': wrapper({
    options: { '-M -p -f -d': valueAdds(), '-e -v': flag },
    traits: ['credentials'],
  }),
});

/** Words joined by blanks and run by `sh -c`. */
function runJoined(call: Call, words: readonly Field[]): void {
  const known = words.every((word) => word.known && !word.pattern);
  const text = words.map((word) => word.text).join(' ');
  call.runner.runText(known ? literal(text, call.span) : unknown(text, call.span), call);
}
