/**
 * Bash evaluates the values of variables in arithmetic as expressions again, subscripts and the commands in
 * them included. So a name whose value cannot be told may run anything.
 */
import type { Span } from '../model/operation.ts';
import { isNumeric, type ShellState } from './shell-state.ts';

/** Variables of the shell's own that always hold numbers. */
const numbers = new Set(
  'RANDOM SRANDOM SECONDS LINENO EPOCHSECONDS BASHPID UID EUID PPID OPTIND SHLVL COLUMNS LINES BASH_SUBSHELL HISTCMD'.split(
    ' ',
  ),
);

export interface ArithmeticHost {
  readonly state: ShellState;
  opaque(of: 'exec', source: string, reason: string, span: Span): void;
}

const assigns =
  /([A-Za-z_]\w*)(?:\[[^\]]*\])?\s*(?:(?:[-+*/%&|^]|<<|>>)?=(?!=)|\+\+|--)|(?:\+\+|--)\s*([A-Za-z_]\w*)/g;

/** Variables that the expression sets hold numbers from then on, unless it may pass over setting them. */
function noteAssignments(expression: string, host: ArithmeticHost): void {
  const conditional = /\?|&&|\|\|/.test(expression);
  for (const match of expression.matchAll(assigns)) {
    const name = match[1] ?? match[2] ?? '';
    const certain = !conditional || isNumeric(host.state.variable(name));
    host.state.assign(name, certain ? 'numeric' : 'unknown');
  }
}

/** Says so if evaluating the expression may run commands that the text does not show. */
export function arithmeticNodes(expression: string, host: ArithmeticHost, span: Span): void {
  if (/^\s*(-?\d+|[@*])\s*\)*\s*$/.test(expression)) return;
  checkNames(expression, host, span);
  if (/=|\+\+|--/.test(expression)) noteAssignments(expression, host);
}

/** Numbers such as `0x1f` and `36#zz`, parameters, and names. */
const tokens = /[0-9]+(?:#[\w@]*|\w*)|\$\{([0-9]+|[@*])|\$([0-9@*])|([A-Za-z_]\w*)/g;

function checkNames(expression: string, host: ArithmeticHost, span: Span): void {
  const stripped = expression.replace(/\$\{#[^}]*\}/g, '1').replace(/\$\(\([^()]*\)\)/g, '1');
  for (const match of stripped.matchAll(tokens)) {
    const name = match[1] ?? match[2] ?? match[3];
    if (name === undefined || numbers.has(name)) continue;
    const value = host.state.variable(name);
    if (isNumeric(value) || (typeof value === 'object' && /^\s*$/.test(value.text))) continue;
    host.opaque('exec', expression, `arithmetic evaluates what ${name} holds, which may be a command`, span);
    return;
  }
}
