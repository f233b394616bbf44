/** What the real Bash makes of words: many of them in one process. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimed, preamble } from '../../src/core/command/test-words.ts';

/** The words that each one expands to in `folder`; null where Bash refuses it. */
export function expandedByBash(
  words: readonly string[],
  folder: string,
): readonly (readonly string[] | null)[] {
  const file = join(folder, '.words');
  const lines = words.map(
    (word) =>
      `(\n${preamble}\neval ${quote(`printf '%s\\0' A ${word}`)} 2>/dev/null || printf '!\\0'\n)\nprintf '\\1\\2\\1\\0'\n`,
  );
  writeFileSync(file, lines.join(''));
  const output = execFileSync('bash', [file], {
    cwd: folder,
    env: { HOME: '/home/somebody', PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return output
    .split('\u0001\u0002\u0001\0')
    .slice(0, words.length)
    .map((text) => {
      const parts = text.split('\0').slice(0, -1);
      return parts[0] === 'A' && parts.at(-1) !== '!' ? parts.slice(1) : null;
    });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export interface Comparison {
  /** How many of the words the analysis claims to know, and Bash does not refuse. */
  readonly compared: number;
  readonly wrong: readonly string[];
}

export function compareWords(words: readonly string[], folder: string): Comparison {
  const chosen = words.flatMap((word) => {
    const claim = claimed(word, folder);
    return claim === null ? [] : [{ word, claim }];
  });
  const bash = expandedByBash(
    chosen.map(({ word }) => word),
    folder,
  );
  const wrong: string[] = [];
  let compared = 0;
  chosen.forEach(({ word, claim }, index) => {
    const real = bash[index] ?? null;
    if (real === null) return;
    compared += 1;
    if (JSON.stringify(claim) !== JSON.stringify(real))
      wrong.push(`${word}  claimed ${JSON.stringify(claim)}  Bash ${JSON.stringify(real)}`);
  });
  return { compared, wrong };
}
