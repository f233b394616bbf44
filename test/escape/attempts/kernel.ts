/** System calls and kernel interfaces that lead out of a sandbox, or have done so in others. */
import { attempt, type Attempt, type Stage } from '../stage.ts';

export function mountingAnew(stage: Stage): Attempt[] {
  const mounts = (what: string, story: string, control: Attempt['control'] = 'namespaces') =>
    attempt(`mounts: ${what}`, story, [`${stage.tools}/mounts`, what, stage.governance], control);
  return [
    mounts('over', 'an empty file system over the governance'),
    mounts('bind', "the root once more, at a place of one's own"),
    mounts('remount', 'the same mount, writable'),
    mounts('propagation', 'the first step of every container'),
    mounts('detach', 'what covers something is taken off'),
    mounts('proc', "a /proc of one's own shows what was hidden"),
    mounts('formats', 'binfmt_misc: the kernel starts a program of the choice of who mounts it'),
    mounts('cgroup', 'release_agent runs a program as root of the host'),
    mounts('overlay', 'CVE-2021-3493: an overlay kept capabilities'),
    mounts('open-tree', 'the new calls do what mount(2) did, under other names'),
    mounts('move-mount', 'likewise'),
    mounts('set-attributes', 'likewise: clear read-only'),
    mounts('new-mount', 'CVE-2022-0185 was in fsconfig'),
    mounts('pick', 'likewise'),
    mounts('pivot', 'another root'),
    mounts('pivot-call', 'the call alone'),
    mounts('chroot', 'twice, and one is outside'),
    mounts('join-mounts', 'the view of process 1'),
    mounts('join-by-process', 'setns takes a process too'),
  ];
}

export function callingTheKernel(stage: Stage): Attempt[] {
  const calls = (what: string, story: string, control: Attempt['control'] = 'same') =>
    attempt(`calls: ${what}`, story, [`${stage.tools}/kernel`, what], control);
  const native = process.arch === 'x64';
  return [
    calls('new-user', "all rights over a world of one's own are the begin of most exploits"),
    calls('clone-user', 'the same by clone'),
    calls('clone3-user', 'the same by clone3, whose flags a filter cannot see'),
    calls('new-time', 'a time namespace', 'namespaces'),
    calls('bpf', 'its verifier has let wrong programs pass', 'root'),
    calls('perf', 'CVE-2023-5717 and before', 'root'),
    calls('userfaultfd', 'stops the kernel in the middle of a copy'),
    calls('userfaultfd-device', 'the same by its device', 'root'),
    calls('io_uring', 'does by itself what a filter would refuse'),
    calls('add-key', 'keys are shared by all processes of a user'),
    calls('search-keys', 'likewise', 'answer'),
    calls('request-key', 'starts a program of the host, as root', 'answer'),
    calls('kcmp', 'tells kernel addresses by comparing'),
    calls('personality', 'switches address randomisation off'),
    calls('handle', 'opens a file without its path', 'root'),
    calls('guessed-handle', "shocker.c: reads the host's disk from a container", 'root'),
    calls('reboot', "ends everybody's work", 'root'),
    calls('kexec', 'another kernel', 'answer'),
    calls('swapon', 'memory to disk', 'root'),
    calls('swapoff', 'likewise', 'root'),
    calls('quota', 'settings of the file system'),
    calls('quota-by-file', 'likewise', 'answer'),
    calls('clock', 'certificates and writs live by it'),
    calls('clock-state', 'likewise'),
    calls('insert-module', 'code in the kernel', 'answer'),
    calls('insert-module-file', 'likewise', 'answer'),
    calls('remove-module', 'likewise', 'answer'),
    calls('accounting', 'writes a file as root', 'root'),
    calls('kernel-log', 'tells addresses and devices', 'root'),
    calls('hang-up', 'of the terminal', 'root'),
    calls('host-name', 'what others see of the machine', 'namespaces'),
    calls('nice', 'before everybody else', 'root'),
    calls('disk-first', 'likewise, at the disk', 'root'),
    calls('listener', "decides about one's own programs in the supervisor's stead"),
    calls('sibling', 'a child that is not one: out of the line of who started whom'),
    calls('watch-all', 'sees and holds up what others open', 'root'),
    calls('file-capability', 'a file that gives rights to whoever starts it outside', 'root'),
    calls('set-id', 'likewise, with the bits that chmod refuses given at birth', 'root'),
    calls('real-time', 'likewise, and for ever', 'root'),
    ...(native
      ? [
          calls('x32', 'agentsh left this second table open', 'answer'),
          calls('i386', 'the third table'),
          calls('i386-mount', 'its numbers mean other calls'),
          calls('segments', 'CVE-2015-3290 and before'),
          calls('ports', 'talks to devices', 'answer'),
        ]
      : []),
  ];
}

/** Opening for writing is enough: nothing is written. */
export function settingTheKernel(): Attempt[] {
  const setting = (path: string, story: string, control: Attempt['control'] = 'root') =>
    attempt(`kernel file ${path}`, story, `exec 3>>${path} && echo reached`, control);
  return [
    setting('/proc/sys/kernel/core_pattern', 'a pipe there runs as root of the host at the next crash'),
    setting('/proc/sys/kernel/hostname', "everybody's"),
    setting('/proc/sys/vm/overcommit_memory', "everybody's memory"),
    setting('/proc/self/oom_score_adj', 'others are ended first when memory is short'),
    setting('/sys/kernel/uevent_helper', 'a program that runs with each device', 'answer'),
    setting('/sys/kernel/mm/ksm/run', 'stands for all of /sys', 'answer'),
    setting('/sys/fs/cgroup/cgroup.procs', "out of one's limits", 'answer'),
    attempt(
      'kernel file /proc/self/loginuid',
      'who did it, for the audit',
      'cat /proc/self/loginuid > u1; echo 4242 > /proc/self/loginuid && echo reached; rm -f u1',
      'answer',
    ),
    attempt(
      'kernel symbols',
      'addresses for the next step',
      'awk \'$1 !~ /^0+$/ { print "reached"; exit }\' /proc/kallsyms',
      'root',
    ),
    attempt(
      'a namespace by unshare(1)',
      'what a script would do',
      'unshare --user --map-root-user true && echo reached',
    ),
    attempt(
      'a sandbox in the sandbox',
      'bubblewrap makes namespaces',
      'bwrap --ro-bind / / --unshare-user true && echo reached',
    ),
  ];
}
