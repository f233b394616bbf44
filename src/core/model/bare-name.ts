/** Machines that compilers are named for: `x86_64-linux-gnu-`, `arm-none-eabi-`, `i686-w64-mingw32-`. */
const machine =
  /^(x86_64|i[3-6]86|aarch64|arm\w*|riscv\d+|powerpc\w*|s390x|mips\w*|loongarch64)-(\w+-)?(linux|w64|none|unknown|elf)-(gnu\w*|musl\w*|mingw32|eabi\w*|elf)-(?=.)/;
const version = /-?\d+(\.\d+)*(?=$|-config$)/;

/** `gcc` of `x86_64-linux-gnu-gcc-12`, `python` of `python3.12`; null where the name is bare already. */
export function bareName(program: string): string | null {
  const bare = program.replace(machine, '').replace(version, '');
  return bare === program || !/^[a-z][a-z+_-]*$/i.test(bare) ? null : bare;
}
