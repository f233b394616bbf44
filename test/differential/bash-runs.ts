/** What the real Bash runs of scripts, and whether the analysis said so before. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation } from '../../src/core/model/operation.ts';
import { sameWords } from './kernel-coverage.ts';

export interface Ran {
  readonly argv: readonly string[];
  readonly directory: string;
}

/** Runs each script in a Bash of its own process group of subshells; what it ran, in order. */
export function runInBash(scripts: readonly string[], folder: string): readonly (readonly Ran[])[] {
  for (const name of ['d', 'd/e', 'f']) mkdirSync(join(folder, name), { recursive: true });
  const log = join(folder, '.log');
  const file = join(folder, '.script');
  const parts = scripts.map(
    (script, at) =>
      `printf '%s\\0' '#${at}' >>"$WRIT_TEST_LOG"\n( eval ${quote(script)} ) </dev/null >/dev/null 2>&1\n`,
  );
  writeFileSync(log, '');
  writeFileSync(
    file,
    `command_not_found_handle() { printf '%s\\0' '@' "$PWD" "$#" "$@" >>"$WRIT_TEST_LOG"; return $(( $# % 2 )); }\nexport -f command_not_found_handle\nexport FUNCNEST=4\ncd -- ${quote(folder)}\n${parts.join('')}exit 0\n`,
  );
  // A script that does not end only leaves the log shorter.
  spawnSync('timeout', ['20', 'bash', file], {
    cwd: folder,
    env: { HOME: '/home/writ', PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', WRIT_TEST_LOG: log },
    stdio: 'ignore',
  });
  return readLog(readFileSync(log, 'utf8').split('\0'));
}

function readLog(words: readonly string[]): readonly (readonly Ran[])[] {
  const all: Ran[][] = [];
  for (let at = 0; at < words.length; at += 1) {
    if (words[at]?.startsWith('#') === true) all.push([]);
    else if (words[at] === '@') {
      const count = Number(words[at + 2]);
      all.at(-1)?.push({ directory: words[at + 1] ?? '', argv: words.slice(at + 3, at + 3 + count) });
      at += 2 + count;
    }
  }
  return all;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export function wasSaid({ argv, directory }: Ran, operations: readonly Operation[]): boolean {
  return operations.some((operation) => {
    if (operation.kind === 'opaque') return operation.of === 'exec';
    if (operation.kind !== 'exec' || (operation.cwd !== null && operation.cwd !== directory)) return false;
    return sameWords(operation.argv, operation.unknown, argv);
  });
}
