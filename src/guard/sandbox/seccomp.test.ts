import { spawnSync } from 'node:child_process';
import { assert, constantFrom, nat, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble, type Instruction } from './bpf.ts';
import { seccompFilter } from './seccomp.ts';
import { systemCalls, type SystemCall } from './syscalls.ts';

const machines = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
type Machine = keyof typeof machines;

/** The kernel's interpreter for what the filter uses, written from linux/filter.h and not from the assembler. */
function run(filter: Buffer, data: Buffer): number {
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const [code, yes, no, k] = [
      filter.readUInt16LE(at),
      filter[at + 2],
      filter[at + 3],
      filter.readUInt32LE(at + 4),
    ];
    const jump = (condition: boolean) => (at += 8 * ((condition ? yes : no) ?? 0));
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x15) jump(accumulator === k);
    else if (code === 0x35) jump(accumulator >= k);
    else if (code === 0x45) jump((accumulator & k) !== 0);
    else if (code === 0x06) return k;
    else throw new Error(`bad instruction ${code} at ${at}`);
  }
  throw new Error('the filter does not end');
}

function verdict(
  machine: Machine,
  call: number,
  args: readonly (number | bigint)[] = [],
  architecture = machines[machine],
) {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call >>> 0, 0);
  data.writeUInt32LE(architecture, 4);
  for (const [index, value] of args.entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + 8 * index);
  const answer = run(seccompFilter(machine), data);
  if (answer === 0x7fff0000) return 'allowed';
  if (answer === 0x80000000) return 'killed';
  return { 0x50001: 'EPERM', 0x50026: 'ENOSYS', 0x50061: 'EAFNOSUPPORT' }[answer] ?? answer;
}

function call(machine: Machine, name: SystemCall): number {
  const number = systemCalls[machine][name];
  if (number === undefined) throw new Error(`${machine} has no ${name}`);
  return number;
}

describe.each(['x64', 'arm64'] as const)('the filter for %s', (machine) => {
  it.each([
    ['clone', [0x11], 'allowed'], // fork
    ['clone', [0x3d0f00], 'allowed'], // a thread
    ['clone', [0x8011], 'EPERM'], // a sibling
    ['clone', [0x10000011], 'EPERM'],
    ['clone', [0x20000000], 'EPERM'],
    ['clone', [0x40020000n | (1n << 40n)], 'EPERM'],
    ['clone3', [], 'ENOSYS'],
    ['unshare', [0x400], 'allowed'], // CLONE_FILES
    ['unshare', [0x10000000], 'EPERM'],
    ['unshare', [0x80], 'EPERM'],
    ['ioctl', [0, 0x5401], 'allowed'], // TCGETS
    ['ioctl', [0, 0x5412], 'EPERM'],
    ['ioctl', [0, 0x1_0000_5412n], 'EPERM'],
    ['ioctl', [0, 0xffff_ffff_0000_541cn], 'EPERM'],
    ['socket', [1, 1, 0], 'allowed'],
    ['socket', [2, 1, 0], 'allowed'],
    ['socket', [10, 2, 17], 'allowed'],
    ['socket', [16, 3, 0], 'allowed'],
    ['socket', [16, 3, 12], 'EAFNOSUPPORT'], // netfilter
    ['socket', [38, 5, 0], 'EAFNOSUPPORT'], // AF_ALG
    ['socket', [40, 1, 0], 'EAFNOSUPPORT'], // AF_VSOCK
    ['socket', [0x1_0000_0011n, 3, 0], 'EAFNOSUPPORT'], // AF_PACKET
    ['personality', [0], 'allowed'],
    ['personality', [0xffffffff], 'allowed'],
    ['personality', [0x40000], 'EPERM'],
    ['fchmod', [3, 0o755], 'allowed'],
    ['fchmod', [3, 0o4755], 'EPERM'],
    ['fchmodat', [3, 0, 0o2755], 'EPERM'],
    ['fchmodat2', [3, 0, 0o6755, 0], 'EPERM'],
    ['io_uring_setup', [], 'ENOSYS'],
    ['ptrace', [], 'EPERM'],
    ['mount', [], 'EPERM'],
    ['open_tree_attr', [], 'EPERM'],
    ['keyctl', [], 'EPERM'],
    ['setns', [], 'EPERM'],
  ] as const)('answers %s(%s) with %s', (name, args, expected) => {
    expect(verdict(machine, call(machine, name), args)).toBe(expected);
  });

  it('kills what speaks another architecture, whatever it asks', () => {
    assert(
      property(nat(), nat(0xffffffff), (number, architecture) => {
        if (architecture === machines[machine]) return;
        expect(verdict(machine, number, [], architecture as 0xc000003e)).toBe('killed');
      }),
    );
    expect(verdict(machine, 39, [], 0x40000003 as 0xc000003e)).toBe('killed'); // i386
    expect(verdict(machine, 39, [], 0x40000028 as 0xc000003e)).toBe('killed'); // arm
  });

  it('refuses every number of the x32 ABI', () => {
    assert(
      property(nat(0xbfffffff), (number) => {
        expect(verdict(machine, 0x40000000 + number)).toBe('EPERM');
      }),
    );
  });

  it('lets through every call that it does not name', () => {
    const named = new Set(Object.values(systemCalls[machine]));
    const others = Array.from({ length: 600 }, (_, number) => number).filter((number) => !named.has(number));
    expect(others.filter((number) => verdict(machine, number) !== 'allowed')).toEqual([]);
  });
});

/** The oracle for the numbers is the C library's headers, for the machine that they are for. */
it('knows the numbers as the system headers do', () => {
  const machine = process.arch as Machine;
  const names = Object.keys(systemCalls[machine]);
  const source = `#include <asm/unistd.h>\n${names.map((name) => `#ifdef __NR_${name}\n${name} = __NR_${name}\n#endif\n`).join('')}`;
  const { stdout } = spawnSync('cc', ['-E', '-P', '-'], { input: source, encoding: 'utf8' });
  const found = [...stdout.matchAll(/^(\w+) = (\d+)$/gm)].map(([, name, number]) => [name, Number(number)]);
  // Headers older than the newest calls do not have them all.
  expect(found.length).toBeGreaterThan(names.length - 6);
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(found.map(([name]) => [name, systemCalls[machine][name as SystemCall]])),
  );
});

describe('the assembler', () => {
  it('jumps to what it is told, at any distance that fits', () => {
    const distances = tuple(nat(254), nat(254), constantFrom(0, 1, 2, 3));
    assert(
      property(distances, ([first, second, value]) => {
        const padding = (count: number) =>
          Array.from({ length: count }, (): Instruction => ({ op: 'load', offset: 4 }));
        const program: Instruction[] = [
          { op: 'load', offset: 0 },
          { op: 'equal', value: 1, yes: 'a', no: 'b' },
          { op: 'label', name: 'a' },
          { op: 'anyBit', value: 0, no: 'one' },
          { op: 'label', name: 'b' },
          { op: 'equal', value: 2, yes: 'two' },
          ...padding(Math.max(0, Math.min(first, second) - 2)),
          { op: 'return', value: 9 },
          { op: 'label', name: 'one' },
          { op: 'return', value: 11 },
          { op: 'label', name: 'two' },
          { op: 'return', value: 12 },
        ];
        const data = Buffer.alloc(64);
        data.writeUInt32LE(value);
        expect(run(assemble(program), data)).toBe(value === 1 ? 11 : value === 2 ? 12 : 9);
      }),
    );
  });

  it.each([
    [
      'behind',
      [
        { op: 'label', name: 'x' },
        { op: 'equal', value: 1, yes: 'x' },
      ],
    ],
    ['missing', [{ op: 'equal', value: 1, yes: 'x' }]],
    [
      'too far',
      [
        { op: 'equal', value: 1, yes: 'x' },
        ...Array.from({ length: 256 }, () => ({ op: 'return', value: 0 })),
        { op: 'label', name: 'x' },
      ],
    ],
  ] as const)('refuses a label that is %s', (_, program) => {
    expect(() => assemble(program as unknown as Instruction[])).toThrow(RangeError);
  });
});
