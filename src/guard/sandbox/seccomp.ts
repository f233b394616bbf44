/**
 * The filter that every governed command runs under. It takes away kernel surface that a build or an assistant does
 * not need, and with it the ways out of namespaces; what files and hosts exist is the mount view's matter.
 */
import { assemble, type Instruction } from './bpf.ts';
import { systemCalls, type Architecture, type SystemCall } from './syscalls.ts';

/** linux/audit.h */
const auditArchitecture: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
/** Set in the numbers of the x32 ABI, which shares the architecture's value with x86-64. */
const x32Bit = 0x40000000;

const allow = 0x7fff0000;
const killProcess = 0x80000000;
const errno = (number: number): number => 0x00050000 | number;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Offsets in `struct seccomp_data`. Only low halves are read: the kernel takes these arguments as 32 bits. */
const numberOffset = 0;
const architectureOffset = 4;
const argument = (index: number): number => 16 + 8 * index;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const namespaceFlags = 0x7e020000;
/** CLONE_PARENT: a process that takes its parent's parent for its own would lose the line of programs that led to it. */
const sibling = 0x8000;
/** For unshare(2) only; in clone(2) the bit is part of the signal's number. */
const newTimeNamespace = 0x80;
/** S_ISUID | S_ISGID: a file in the repository must not lend its owner's identity to others on the host. */
const setIdBits = 0o6000;

const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const TIOCSETD = 0x5423;

const addressFamilies = { unix: 1, inet: 2, inet6: 10, netlink: 16 } as const;
const NETLINK_ROUTE = 0;

/** Programs probe for these and do without. clone3 hides its flags in memory; the C library falls back to clone. */
const absent: readonly SystemCall[] = ['clone3', 'io_uring_setup', 'io_uring_enter', 'io_uring_register'];

const refused: readonly SystemCall[] = [
  // mounts and roots
  'mount',
  'umount2',
  'pivot_root',
  'chroot',
  'open_tree',
  'open_tree_attr',
  'move_mount',
  'fsopen',
  'fsconfig',
  'fsmount',
  'fspick',
  'mount_setattr',
  'setns',
  // other processes
  'ptrace',
  'process_vm_readv',
  'process_vm_writev',
  'process_madvise',
  'kcmp',
  'pidfd_getfd',
  // kernel surface with a history of faults
  'bpf',
  'perf_event_open',
  'userfaultfd',
  'add_key',
  'request_key',
  'keyctl',
  'modify_ldt',
  'uselib',
  'ustat',
  'sysfs',
  '_sysctl',
  'lookup_dcookie',
  'nfsservctl',
  'name_to_handle_at',
  'open_by_handle_at',
  // the machine
  'kexec_load',
  'kexec_file_load',
  'create_module',
  'init_module',
  'finit_module',
  'delete_module',
  'get_kernel_syms',
  'query_module',
  'reboot',
  'swapon',
  'swapoff',
  'syslog',
  'acct',
  'quotactl',
  'quotactl_fd',
  'settimeofday',
  'clock_settime',
  'clock_adjtime',
  'adjtimex',
  'iopl',
  'ioperm',
  'vhangup',
];

/** What is decided by an argument. Each body ends by jumping to one of the ends below. */
const conditional: Partial<Record<SystemCall, readonly Instruction[]>> = {
  clone: refuseBits(0, namespaceFlags | sibling),
  unshare: refuseBits(0, namespaceFlags | newTimeNamespace),
  chmod: refuseBits(1, setIdBits),
  fchmod: refuseBits(1, setIdBits),
  fchmodat: refuseBits(2, setIdBits),
  fchmodat2: refuseBits(2, setIdBits),
  ioctl: [
    { op: 'load', offset: argument(1) },
    { op: 'equal', value: TIOCSTI, yes: 'refused' },
    { op: 'equal', value: TIOCLINUX, yes: 'refused' },
    { op: 'equal', value: TIOCSETD, yes: 'refused', no: 'allowed' },
  ],
  personality: [
    { op: 'load', offset: argument(0) },
    { op: 'equal', value: 0, yes: 'allowed' },
    { op: 'equal', value: 0xffffffff, yes: 'allowed', no: 'refused' },
  ],
  socket: [
    { op: 'load', offset: argument(0) },
    { op: 'equal', value: addressFamilies.unix, yes: 'allowed' },
    { op: 'equal', value: addressFamilies.inet, yes: 'allowed' },
    { op: 'equal', value: addressFamilies.inet6, yes: 'allowed' },
    { op: 'equal', value: addressFamilies.netlink, no: 'unsupported' },
    { op: 'load', offset: argument(2) },
    { op: 'equal', value: NETLINK_ROUTE, yes: 'allowed', no: 'unsupported' },
  ],
};

function refuseBits(index: number, bits: number): Instruction[] {
  return [
    { op: 'load', offset: argument(index) },
    { op: 'anyBit', value: bits, yes: 'refused', no: 'allowed' },
  ];
}

/** The filter as bubblewrap's `--seccomp` takes it. */
export function seccompFilter(architecture: Architecture): Buffer {
  const numbers = systemCalls[architecture];
  const program: Instruction[] = [
    { op: 'load', offset: architectureOffset },
    { op: 'equal', value: auditArchitecture[architecture], yes: 'native' },
    { op: 'return', value: killProcess },
    { op: 'label', name: 'native' },
    { op: 'load', offset: numberOffset },
  ];
  // arm64 has no numbers up there either.
  program.push({ op: 'atLeast', value: x32Bit, yes: 'refused' });
  for (const [call, body] of Object.entries(conditional)) {
    const value = numbers[call as SystemCall];
    if (value === undefined) continue;
    program.push({ op: 'equal', value, no: `not ${call}` }, ...body, { op: 'label', name: `not ${call}` });
  }
  for (const [calls, end] of [
    [absent, 'absent'],
    [refused, 'refused'],
  ] as const) {
    for (const call of calls) {
      const value = numbers[call];
      if (value !== undefined) program.push({ op: 'equal', value, yes: end });
    }
  }
  program.push(
    { op: 'label', name: 'allowed' },
    { op: 'return', value: allow },
    { op: 'label', name: 'refused' },
    { op: 'return', value: errno(EPERM) },
    { op: 'label', name: 'absent' },
    { op: 'return', value: errno(ENOSYS) },
    { op: 'label', name: 'unsupported' },
    { op: 'return', value: errno(EAFNOSUPPORT) },
  );
  return assemble(program);
}
