/** Other processes, other tasks, the network, and the guard itself. */
import { join } from 'node:path';
import { attempt, type Attempt, type Stage } from '../stage.ts';

export function reachingProcesses(stage: Stage): Attempt[] {
  const { pid, address, key, name } = stage.victim;
  const run = (what: string, story: string, args: readonly string[], control: Attempt['control'] = 'same') =>
    attempt(`processes: ${what}`, story, [`${stage.tools}/processes`, what, ...args], control);
  const victim = [String(pid), address];
  return [
    run('exists', 'a signal needs nothing but a number', victim),
    run('thread', 'likewise to a thread', victim),
    run('pidfd', 'likewise by a descriptor', victim),
    run('trace', 'a debugger may do everything', victim),
    run('read', 'reads memory at once', victim),
    run('write', 'writes memory at once', victim),
    run('write-file', 'the same through /proc', victim),
    run('take', 'takes an open file away', victim),
    run('limit', 'reads and sets limits', victim),
    run('pages', 'tells about memory', victim),
    run('renice', 'slows somebody down', victim),
    run('affinity', 'likewise', victim),
    run('take-from-parent', 'of processes that are in view', [], 'same'),
    run('trace-parent', 'likewise: one command of a task must not steer another', [], 'same'),
    run('first', "process 1 is Writ's own inside", [], 'answer'),
    run('shared-memory', 'System V knows no folders', [key]),
    run('semaphores', 'likewise', [key]),
    run('messages', 'likewise', [key]),
    run('queue', 'POSIX queues neither', [name]),
    run('named-memory', 'POSIX shared memory', [name]),
    attempt('processes: kill from Perl', 'every language can', [
      'perl',
      '-e',
      `print "reached\\n" if kill 0, ${pid}`,
    ]),
    attempt(
      'processes: names of others',
      'arguments hold secrets',
      `cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -q '[v]ictim.py' && echo reached`,
    ),
  ];
}

export function reachingTheNetwork(stage: Stage): Attempt[] {
  const { tcp, tcp6, udp, outward, abstract, agent } = stage.victim;
  const python = (code: string) => [
    '/usr/bin/python3',
    '-c',
    `import socket\nsocket.setdefaulttimeout(5)\n${code}`,
  ];
  const raw = (
    what: string,
    story: string,
    control: Attempt['control'] = 'same',
    args: readonly string[] = [],
  ) => attempt(`sockets: ${what}`, story, [`${stage.tools}/network`, what, ...args], control);
  return [
    attempt(
      'a service on loopback',
      'databases and debuggers listen there',
      python(`print(socket.create_connection(('127.0.0.1', ${tcp})).recv(99))`),
    ),
    attempt(
      'a service on loopback by IPv6',
      'a second family, a second list',
      python(`print(socket.create_connection(('::1', ${tcp6})).recv(99))`),
    ),
    attempt(
      'a service by its mapped address',
      'IPv4 written as IPv6',
      python(
        `s = socket.socket(socket.AF_INET6)\ns.connect(('::ffff:127.0.0.1', ${tcp}))\nprint(s.recv(99))`,
      ),
    ),
    attempt(
      'a service by another name of the host',
      '0.0.0.0 is the host too',
      python(`print(socket.create_connection(('0.0.0.0', ${tcp})).recv(99))`),
    ),
    attempt(
      'a service on the outward address',
      'not everything listens on loopback',
      python(`print(socket.create_connection(('${outward[0]}', ${outward[1]})).recv(99))`),
    ),
    attempt('a service from the shell', 'Bash needs no program', [
      'bash',
      '-c',
      `exec 3<>/dev/tcp/127.0.0.1/${tcp} && head -c 99 <&3`,
    ]),
    attempt('a service from Node', 'nor does fetch', [
      'node',
      '-e',
      `require('net').connect(${tcp}, '127.0.0.1').on('data', (d) => { console.log(String(d)); process.exit() })`,
    ]),
    attempt(
      'names by UDP',
      'CVE-2025-55284: secrets leave as labels of a name',
      python(
        `s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.sendto(b'label', ('127.0.0.1', ${udp}))\nprint(s.recv(99))`,
      ),
    ),
    attempt(
      "the cloud's metadata",
      'credentials of the machine itself',
      python(
        `s = socket.create_connection(('169.254.169.254', 80))\ns.sendall(b'GET /latest/meta-data/ HTTP/1.0\\r\\n\\r\\n')\nwhile d := s.recv(999): print(d)`,
      ),
      'cloud',
    ),
    attempt(
      'an abstract socket',
      'it has no file and no permissions; a namespace hides it',
      python(`s = socket.socket(socket.AF_UNIX)\ns.connect('\\0${abstract}')\nprint(s.recv(99))`),
    ),
    attempt(
      'an agent',
      'an SSH agent signs for whoever connects',
      python(`s = socket.socket(socket.AF_UNIX)\ns.connect('${agent}')\nprint(s.recv(99))`),
    ),
    attempt(
      'every interface',
      'there may be one that was forgotten',
      python(`print('reached' if [n for _, n in socket.if_nameindex() if n != 'lo'] else '')`),
      'answer',
    ),
    raw('raw', "packets of one's own making", 'root'),
    raw('raw6', 'likewise', 'root'),
    raw('packet', "everybody's packets", 'root'),
    raw('ping', 'data leaves in echoes', 'root'),
    raw('vsock', 'to the machine beneath the machine'),
    raw('audit', "the kernel's audit"),
    raw('uevent', 'devices as they come'),
    raw('netfilter', 'CVE-2024-1086 was in its tables'),
    raw('diagnosis', 'who listens where'),
    raw('xfrm', 'CVE-2017-16939'),
    raw('interface', 'as the first step to another network', 'root'),
    raw('fast-open', 'data without connect', 'same', [String(tcp)]),
  ];
}

export function reachingTheGuard(stage: Stage): Attempt[] {
  const socket = join(stage.writHome, 'run', 'writ.sock');
  const get = (path: string) =>
    `import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('${socket}')\ns.sendall(b'GET ${path} HTTP/1.1\\r\\nHost: writ\\r\\n\\r\\n')\nprint('reached' if b' 200 ' in s.recv(99) else '')`;
  return [
    attempt('guard: its socket', "whoever reaches it asks for writs in the developer's name", [
      '/usr/bin/python3',
      '-c',
      get('/daemon/status'),
    ]),
    attempt(
      'guard: its process',
      'stopped, nothing is decided',
      "pgrep -f '[w]rit.mjs' | while read p; do kill -0 $p && echo reached; done",
    ),
    attempt(
      'guard: its launcher',
      'the parent of everything inside, and whatever else runs',
      '[ $(ls -d /proc/[0-9]* | wc -l) -gt 20 ] && echo reached',
    ),
    attempt(
      'guard: its program',
      'CVE-2019-5736: the runtime overwritten through /proc/1/exe',
      '(exec 3>>/proc/1/exe) 2>/dev/null && echo reached; (exec 3>>/run/writ/writ-exec) && echo reached',
      'answer',
    ),
    attempt(
      'guard: its folder',
      'another program under its name',
      'mv /run/writ /run/writ1 && echo reached',
      'answer',
    ),
  ];
}

/** `su` is no tool of any profile. By whatever way it is started, it is the file that is decided. */
export function startingPrograms(stage: Stage): Attempt[] {
  const start = (way: string, story: string) =>
    attempt(`programs: ${way}`, story, [
      '/usr/bin/python3',
      join(stage.tools, 'starts.py'),
      way,
      '/usr/bin/su',
      stage.tools,
    ]);
  return [
    start('plain', 'from a program that nobody reads'),
    start('raw', 'a libc that is watched is not asked'),
    start('other-name', 'argv[0] is whatever the starter says'),
    start('no-name', 'CVE-2021-4034: no argument at all'),
    start('execveat', 'the other call'),
    start('descriptor', 'the other call, without a path'),
    start('folder', 'the other call, relative to a folder'),
    start('proc', 'through /proc/self/fd'),
    start('proc-root', 'by a path that only begins otherwise'),
    start('memory', 'memfd and execveat passed sudo intercept in both of its modes'),
    start('memory-proc', 'likewise, by a path'),
    start('link', 'by a link in the repository'),
    start('deleted', 'a file that has no name any more'),
    start('loader', 'the loader runs what has no right to be run'),
    start('script', 'as the interpreter of a script'),
    start('script-spaces', 'a first line that parsers read differently'),
    start('script-script', 'an interpreter that is a script'),
    start('script-loader', 'the loader as interpreter'),
    start('env', 'by a program that starts others'),
    start('shell', 'by a shell'),
    attempt(
      'programs: the path in a race',
      'a thread changes it between the look and the act, again and again',
      [`${stage.tools}/race`, 'path', '150'],
    ),
  ];
}

/** Settings of a repository that the assistant made, inside the one that it was given: git obeys them inside. */
export function startingThroughGit(stage: Stage): Attempt[] {
  const start = (way: string, story: string) =>
    attempt(`git: ${way}`, story, [
      '/usr/bin/python3',
      join(stage.tools, 'gits.py'),
      way,
      '/usr/bin/su',
      stage.tools,
    ]);
  return [
    start('rebase-exec', 'a line for each commit'),
    start('rebase-todo', 'a line in the list that an editor is shown'),
    start('hook', 'made in the session'),
    start('hooks-elsewhere', 'made in the session, in another folder'),
    start('monitor', 'CVE-2026-26268: with git status'),
    start('included', 'CVE-2026-26268, in a file that the settings include'),
    start('ssh', 'instead of ssh'),
    start('alias', 'under a name of its own'),
    start('editor', 'with a message to be written'),
    start('filter', 'on each file that is added'),
    start('textconv', 'on each file that is shown'),
    start('merge', 'where two changes meet'),
    start('signature', 'instead of gpg'),
    start('helper', 'where a password is asked for'),
    start('upload', 'on the side that is asked'),
  ];
}
