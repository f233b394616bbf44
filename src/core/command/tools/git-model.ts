import type { Call } from '../call.ts';
import { dropFirst } from '../field.ts';
import { adds, hasOption, type OptionEntries, type ParsedOptions } from '../options.ts';
import { sensitivityOf } from '../sensitive-paths.ts';
import { tool, type ToolDescription, type ToolModel } from '../tool.ts';

/**
 * Git's options are many and few of them matter: those that name files or programs, or destroy. They are listed for
 * each subcommand, and all others are harmless flags.
 */
export function git(description: ToolDescription): ToolModel {
  return tool({ lenient: true, hides: 'write', ...description });
}

export const output = { '--output': 'write' } as const;
const diffOptions = {
  ...output,
  '--ext-diff --textconv': adds('runs-code'),
  '-S -G -O --diff-filter --format --pretty --since --until --after --before --author --committer --grep -n --max-count --skip --stat -L':
    'maybe',
  '-S -G': 'value',
} as const;

/** Files among the words whose content git shows although they hold secrets: `.env`, `HEAD~2:.env`. */
export function readsSecrets(call: Call, parsed: ParsedOptions): void {
  for (const word of parsed.operands) {
    const at = word.known ? word.text.lastIndexOf(':') : -1;
    const path = at < 0 ? word : dropFirst(word, at + 1);
    if (path.known && path.text !== '' && sensitivityOf(path.text.toLowerCase()) === 'secrets')
      call.read(path);
  }
}

export const looks = (extra: OptionEntries = {}): ToolModel =>
  git({ traits: ['reads'], options: { ...diffOptions, ...extra }, apply: readsSecrets });

export const diff = git({
  traits: ['reads'],
  options: { ...diffOptions, '--no-index': 'mark' },
  apply: (call, parsed) => {
    readsSecrets(call, parsed);
    for (const operand of parsed.operands) {
      const outside =
        operand.known &&
        (operand.text.startsWith('/') ||
          (operand.text.startsWith('..') && !/^\.\.\.?\w|^\.\.\.?$/.test(operand.text)));
      if (hasOption(parsed, '--no-index') || outside) call.read(operand);
    }
  },
});

export const grep = git({
  traits: ['reads'],
  hides: 'exec',
  options: {
    '-O --open-files-in-pager': { takes: 'maybe', hides: 'exec' },
    '-e -A -B -C -m --max-depth --threads --color --function-context': 'value',
    '-f': 'read',
    '--ext-grep --textconv': adds('runs-code'),
    '--no-index': 'mark',
  },
  apply: (call, parsed) => {
    readsSecrets(call, parsed);
    if (hasOption(parsed, '--no-index')) call.readHere();
  },
});
