/** Programs that show, signal and keep processes, and what shows their connections. */
import { named, tool } from '../tool.ts';

const shows = tool({ traits: ['reads'], lenient: true, hides: 'read' });

export const processes = named({
  ps: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: {
      '-o --format -O -C -u -U -p --pid --ppid -t --tty -g -G -s -q --sort': 'value',
      '-A -e -f -l -j -F -L -T -w -H -x -a -d -r -y -N': 'flag',
    },
    apply: (call, parsed) => {
      // Letters without a dash: `e` shows what the processes have in their environment.
      if (parsed.operands.some((word) => !word.known || /^[A-Za-z]*e[A-Za-z]*$/.test(word.text)))
        call.showsEnvironment();
    },
  }),
  'pgrep pidof pstree htop atop nvtop btop glances procs lsof netstat uptime free vmstat iostat mpstat w pinky':
    shows,
  // Who was logged in, by this file or another.
  'who users': tool({ traits: ['reads'], lenient: true, hides: 'read', operands: 'read' }),
  'last lastb': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: { '-f --file': 'read', '-n --limit -p --present -s --since -t --until --time-format': 'value' },
  }),
  dmesg: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: { '-F --file -K --kmsg-file': 'read' },
  }),
  top: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: { '-d -n -o -p -u -U -w': 'value', '-b -c -H -i -S -s -1 -e -E': 'flag' },
  }),
  'kill killall pkill skill snice': tool({ traits: ['signals'], lenient: true }),
  fuser: tool({
    traits: ['reads'],
    lenient: true,
    options: {
      '-k --kill': { takes: 'nothing', traits: ['signals'] },
      '-n --namespace -SIGNAL': 'value',
      '-M -i -m -s -v -u': 'flag',
    },
  }),
  ss: tool({
    traits: ['reads'],
    lenient: true,
    options: {
      '-K --kill': { takes: 'nothing', traits: ['signals', 'privileges'] },
      '-F --filter': 'read',
      '-D --diag': 'write',
      '-f --family -A --query --socket -N --net': 'value',
      '-n -r -a -l -o -e -m -p -T -i -s -E -Z -z -4 -6 -0 -t -u -d -w -x -S -M -H -O -B -b': 'flag',
    },
  }),
  'screen tmux zellij byobu abduco dtach': tool({
    hides: 'exec',
    raw: (call) => {
      const verb = call.words.find((word) => !word.known || !/^-/.test(word.text));
      const only =
        /^(ls|list-sessions|lsw|list-windows|lsp|list-panes|capture-pane|has-session|info|-ls|-V)$/;
      if (only.test(verb?.text ?? call.words[0]?.text ?? '')) {
        call.trait('reads');
        return;
      }
      call.trait('persists', 'runs-code');
      call.opaque('exec', call.exec.argv.join(' '), 'it runs commands that outlive this one');
    },
  }),
  'pm2 forever supervisord foreman overmind hivemind honcho': tool({
    traits: ['persists', 'runs-code', 'builds'],
    hides: 'exec',
  }),
});
