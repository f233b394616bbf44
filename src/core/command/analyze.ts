/** Command text to the operations it would do. Pure, bounded, and never throwing: what cannot be told is opaque. */
import { parse } from 'unbash';
import type { Operation, Span } from '../model/operation.ts';
import type { AnalysisContext } from './context.ts';
import { Findings } from './findings.ts';
import { foreignShell } from './foreign.ts';
import { findHiddenText, isDeceptive } from './hidden.ts';
import { Interpreter } from './interpreter.ts';
import { limits } from './limits.ts';
import { literalWords, runCommand } from './programs.ts';
import type { Risk } from './risk.ts';
import { tooComplex } from './text-limits.ts';
import { freshState } from './variables.ts';

export type { AnalysisContext } from './context.ts';
export type { Risk } from './risk.ts';

export interface Analysis {
  readonly operations: readonly Operation[];
  readonly risks: readonly Risk[];
}

/** Analyses Bash text. Spans are offsets into it; those of nested text are of the word that holds it. */
export function analyze(text: string, context: AnalysisContext): Analysis {
  const whole: Span = { start: 0, end: text.length };
  const complexity = tooComplex(text);
  if (complexity !== null) return opaqueWhole(text, whole, complexity);
  const foreign = foreignShell(text);
  const hidden = findHiddenText(text);
  const found = guarded(text, whole, (findings) => {
    if (foreign !== null) {
      // Nothing of it is what Bash would make of the words: whichever program it was meant for, it is none of ours.
      findings.add(foreignExec(foreign, text, context, whole));
      findings.opaque('exec', text, `it reads like ${foreign}, not Bash`, whole);
      findings.risk('not-bash', `the text reads like ${foreign}`, whole);
    }
    if (isDeceptive(text))
      findings.opaque('exec', text, 'it holds characters that make it show as something else', whole);
    const shell = interpreter(findings, context);
    shell.runScript(parse(text), text, whole);
  });
  return hidden.length === 0 ? found : { operations: found.operations, risks: [...found.risks, ...hidden] };
}

/** Analyses an argument vector that no shell will see: every word is literal. Spans are as if joined by blanks. */
export function analyzeArgv(argv: readonly string[], context: AnalysisContext): Analysis {
  const text = argv.slice(0, limits.arguments).join(' ');
  const whole: Span = { start: 0, end: text.length };
  if (argv.length > limits.arguments || text.length > limits.text) {
    return opaqueWhole(text, whole, {
      kind: 'too-long',
      message: 'there are too many or too long arguments',
    });
  }
  const hidden = findHiddenText(text);
  const found = guarded(text, whole, (findings) => {
    const shell = interpreter(findings, context);
    const words = literalWords(argv);
    runCommand(shell, {
      words,
      environment: {},
      input: { kind: 'inherited' },
      span: whole,
      via: [],
      lookup: 'program',
    });
  });
  return hidden.length === 0 ? found : { operations: found.operations, risks: [...found.risks, ...hidden] };
}

/** Each shows links that are made through those of the round before. */
const mostRounds = 3;

function foreignExec(shell: string, text: string, { cwd }: AnalysisContext, span: Span): Operation {
  return {
    kind: 'exec',
    target: shell,
    argv: [shell, text],
    unknown: [],
    subcommand: null,
    traits: ['unknown'],
    cwd,
    environment: {},
    via: [],
    span,
  };
}

function interpreter(findings: Findings, context: AnalysisContext): Interpreter {
  const state = freshState(context, [context.cwd]);
  return new Interpreter({ state, findings, context, span: null, depth: 0, via: [] });
}

/**
 * Nesting that overflows the stack, in the parser or here, is one more thing that cannot be told. A text that makes
 * links is followed again with them in place, since loops and background commands have no order.
 */
function guarded(text: string, whole: Span, run: (findings: Findings) => void): Analysis {
  let findings = new Findings();
  try {
    run(findings);
    for (let round = 0; findings.newLinks && round < mostRounds; round += 1) {
      findings = new Findings(findings);
      run(findings);
    }
    if (findings.newLinks) findings.exhaust('too-many', 'links are made through links', whole);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return opaqueWhole(text, whole, { kind: 'too-deep', message: 'the text is nested too deeply' });
  }
  return findings.result();
}

function opaqueWhole(text: string, span: Span, { kind, message }: Pick<Risk, 'kind' | 'message'>): Analysis {
  const target = text.length <= 200 ? text : `${text.slice(0, 199)}…`;
  return {
    operations: [{ kind: 'opaque', target, of: 'exec', reason: message, span }],
    risks: [{ kind, message, span }],
  };
}
