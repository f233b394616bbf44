/** An assembler for classic BPF as seccomp takes it (linux/filter.h, linux/bpf_common.h). Jumps go forward only. */

/** `load` reads a 32-bit word of `struct seccomp_data`; a test without a label falls through. */
export type Instruction =
  | { readonly op: 'load'; readonly offset: number }
  | {
      readonly op: 'equal' | 'atLeast' | 'anyBit';
      readonly value: number;
      readonly yes?: string;
      readonly no?: string;
    }
  | { readonly op: 'return'; readonly value: number }
  | { readonly op: 'label'; readonly name: string };

/** BPF_LD | BPF_W | BPF_ABS, and so on. */
const codes = { load: 0x20, equal: 0x15, atLeast: 0x35, anyBit: 0x45, return: 0x06 } as const;

const instructionBytes = 8;
/** BPF_MAXINSNS */
const maxInstructions = 4096;
/** Offsets of conditional jumps are one byte. */
const farthestJump = 255;

/**
 * The program as an array of `struct sock_filter` in the byte order of all supported machines.
 * @throws RangeError for an unknown label, or one that is behind or too far ahead
 */
export function assemble(program: readonly Instruction[]): Buffer {
  const labels = new Map<string, number>();
  const body: Exclude<Instruction, { op: 'label' }>[] = [];
  for (const instruction of program) {
    if (instruction.op === 'label') labels.set(instruction.name, body.length);
    else body.push(instruction);
  }
  if (body.length > maxInstructions) throw new RangeError('the filter is too long');

  const bytes = Buffer.alloc(body.length * instructionBytes);
  for (const [index, instruction] of body.entries()) {
    const at = index * instructionBytes;
    bytes.writeUInt16LE(codes[instruction.op], at);
    if (instruction.op === 'load') {
      bytes.writeUInt32LE(instruction.offset, at + 4);
    } else {
      if (instruction.op !== 'return') {
        bytes.writeUInt8(distance(labels, index, instruction.yes), at + 2);
        bytes.writeUInt8(distance(labels, index, instruction.no), at + 3);
      }
      bytes.writeUInt32LE(instruction.value >>> 0, at + 4);
    }
  }
  return bytes;
}

function distance(labels: ReadonlyMap<string, number>, from: number, label: string | undefined): number {
  if (label === undefined) return 0;
  const target = labels.get(label);
  if (target === undefined) throw new RangeError(`no label ${label}`);
  const jump = target - from - 1;
  if (jump < 0 || jump > farthestJump) throw new RangeError(`label ${label} is ${jump} instructions ahead`);
  return jump;
}
