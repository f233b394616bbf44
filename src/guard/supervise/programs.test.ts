import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Lineages } from './lineages.ts';
import {
  belongsTo,
  classify,
  findToolFiles,
  gitSubcommand,
  installationState,
  isLoader,
  isMultiCall,
} from './programs.ts';

const tools = new Map([
  ['/usr/bin/dash', ['sh', 'dash']],
  ['/usr/share/nodejs/npm/bin/npm-cli.js', ['npm']],
]);
const view = { searchPath: ['/usr/bin'], installed: '', toolchains: ['/opt/node'] };

describe('a program is', () => {
  it.each([
    ['/usr/bin/dash', 'tool'],
    ['/usr/share/nodejs/npm/bin/npm-cli.js', 'tool'],
    ['/usr/lib/gcc/x86_64-linux-gnu/12/cc1', 'inner'],
    ['/opt/node/bin/node', 'inner'],
    ['/run/writ/writ-exec', 'writ'],
    ['/usr/bin/nsenter', 'system'],
    ['/usr/local/bin/thing', 'system'],
    ['/etc/alternatives/thing', 'system'],
    ['/home/ada/shop/a.out', 'repository'],
    ['/tmp/x', 'repository'],
    // Beside what it resembles.
    ['/usr/libexecutable', 'system'],
    ['/run/writing/x', 'repository'],
    ['/optional', 'repository'],
  ])('%s: %s', (path, kind) => {
    expect(classify(path, tools, view).kind).toBe(kind);
  });
});

it.each([
  ['/usr/lib/gcc/x86_64-linux-gnu/12/cc1', ['gcc'], true],
  ['/usr/lib/gcc/x86_64-linux-gnu/12/cc1', ['make', 'x86_64-linux-gnu-g++-12'], true],
  ['/usr/lib/gcc/x86_64-linux-gnu/12/cc1', ['npm', 'bash'], false],
  ['/usr/lib/go-1.19/pkg/tool/linux_amd64/compile', ['go'], true],
  ['/usr/lib/go-1.19/pkg/tool/linux_amd64/compile', ['g'], false],
  ['/usr/lib/gotcha/x', ['go'], false],
  ['/usr/lib/jvm/java-17-openjdk-amd64/lib/jspawnhelper', ['java'], true],
  ['/usr/lib/python3/dist-packages/x', ['python3'], true],
  ['/usr/lib/apt/methods/https', ['bash', 'curl'], false],
  ['/usr/lib/openssh/sftp-server', ['ssh'], false],
  ['/opt/node/lib/helper', [], true],
])('whether %s belongs to %j: %s', (path, names, expected) => {
  expect(belongsTo(path, names, view)).toBe(expected);
});

it.each([
  ['/usr/lib/git-core/git-push', 'push'],
  ['/usr/libexec/git-core/git-remote-https', 'remote-https'],
  ['/usr/lib/git-core/git', null],
  ['/repo/git-core/git-push', null],
  ['/usr/lib/git-core/mergetools/vimdiff', null],
])('%s is git %s', (path, subcommand) => {
  expect(gitSubcommand(path)).toBe(subcommand);
});

it('knows loaders and programs of many names', () => {
  const loaders = [
    '/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
    '/lib/ld-musl-aarch64.so.1',
    '/lib64/ld-2.31.so',
  ];
  expect(loaders.filter(isLoader)).toEqual(loaders);
  expect(['/usr/bin/ld', '/usr/bin/x86_64-linux-gnu-ld.bfd', '/usr/lib/libld.so.1'].filter(isLoader)).toEqual(
    [],
  );
  expect(isMultiCall('/bin/busybox')).toBe(true);
  expect(isMultiCall('/usr/bin/ls')).toBe(false);
});

describe('lineages', () => {
  it('name what led to a process, whatever the order, and tell programs apart', () => {
    const all = new Lineages();
    const shell = all.after(all.of(1, ''), 'sh');
    const make = all.after(shell, 'make');
    expect(make).toMatchObject({ program: 'make', names: ['make', 'sh'] });
    expect(all.after(make, 'sh')).toMatchObject({ program: 'sh', names: ['make', 'sh'] });
    expect(all.after(shell, 'make').id).toBe(make.id);
    expect(all.of(make.id, '')).toBe(make);
  });

  it('say that one is lost', () => {
    expect(new Lineages().of(99, '/usr/bin/bash')).toEqual({ id: 0, program: 'bash', names: ['?', 'bash'] });
  });

  it('are bounded, whatever names a task invents', () => {
    const all = new Lineages();
    const ids = new Set<number>();
    for (let count = 0; count < 25_000; count += 1) ids.add(all.after(all.of(1, ''), `p${count}`).id);
    expect(ids.size).toBeLessThan(20_100);
    expect(all.after(all.of(1, ''), 'another').names).toEqual(['?']);
  });
});

it('finds tools by their versioned names, and knows when one was installed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'));
  try {
    const found = () => findToolFiles({ bundles: { c: ['gcc'] } }, { tools: ['c'] }, [folder]);
    const before = installationState([folder, join(folder, 'absent')]);
    expect(installationState([folder, join(folder, 'absent')])).toBe(before);
    const file = join(folder, 'x86_64-linux-gnu-gcc-12');
    for (const name of [file, join(folder, 'gccgo')]) writeFileSync(name, '');
    symlinkSync(file, join(folder, 'gcc'));
    expect(installationState([folder, join(folder, 'absent')])).not.toBe(before);
    expect([...found()].map(([path, names]) => [path, [...names].sort()])).toEqual([
      [file, ['gcc', 'x86_64-linux-gnu-gcc-12']],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
