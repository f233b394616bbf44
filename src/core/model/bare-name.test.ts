import { expect, test } from 'vitest';
import { bareName } from './bare-name.ts';

test.each([
  ['gcc-12', 'gcc'],
  ['g++-12', 'g++'],
  ['x86_64-linux-gnu-gcc', 'gcc'],
  ['x86_64-linux-gnu-gcc-ar-12', 'gcc-ar'],
  ['arm-none-eabi-objcopy', 'objcopy'],
  ['aarch64-linux-musl-ld', 'ld'],
  ['i686-w64-mingw32-g++', 'g++'],
  ['python3.12', 'python'],
  ['python3.11-config', 'python-config'],
  ['tclsh8.6', 'tclsh'],
  ['automake-1.16', 'automake'],
  ['git', null],
  ['x86_64', null],
  ['apt-get', null],
  ['7z', null],
  ['12', null],
  ['sha256sum', null],
  ['x86_64-linux-gnu-', null],
])('%s is %s', (program, bare) => {
  expect(bareName(program)).toBe(bare);
});
