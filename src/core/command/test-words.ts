/** The words that the analysis claims to know, for tables of tests and for comparison with the real Bash. */
import { parse } from 'unbash';
import type { AnalysisContext } from './context.ts';
import type { Field } from './field.ts';
import { Findings } from './findings.ts';
import { Interpreter } from './interpreter.ts';
import { freshState } from './variables.ts';
import { expandWord } from './words.ts';

/** Assigned before every word, in Bash and here. */
export const preamble = "a=one b='two words' c='' d='x*y' e='tab\tand  blanks ' n=5 p=/usr/lib";

/** The fields of `word`; null where the parser does not read it as one word. */
function fieldsOf(word: string, folder: string): readonly Field[] | null {
  const context: AnalysisContext = { cwd: folder, repository: folder, home: '/home/somebody' };
  const shell = new Interpreter({
    state: freshState(context, [folder]),
    findings: new Findings(),
    context,
    span: null,
    depth: 0,
    via: [],
  });
  shell.runText(preamble, { start: 0, end: 0 });
  const script = parse(`: ${word}`);
  const command = script.commands[0]?.command;
  if (script.errors !== undefined || script.commands.length !== 1 || command?.type !== 'Command') return null;
  const fields: Field[] = [];
  for (const one of command.suffix) {
    if (one.type !== 'Word') return null;
    fields.push(...expandWord(one, 'argument', shell));
  }
  return fields;
}

/** The texts of the fields if all of them are known; null if any is not. */
export function claimed(word: string, folder: string): readonly string[] | null {
  const fields = fieldsOf(word, folder);
  return fields?.every((field) => field.known && !field.pattern) === true
    ? fields.map(({ text }) => text)
    : null;
}
