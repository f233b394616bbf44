/** `[[ … ]]` and arithmetic, whose operands Bash may evaluate as code. */
import type { ArithmeticExpression, TestExpression } from 'unbash';
import { arithmeticNodes } from './arithmetic.ts';
import type { ExpansionHost } from './expansion-host.ts';
import type { Field } from './field.ts';
import type { Findings } from './findings.ts';
import { isNumeric, type Value } from './shell-state.ts';
import { visitSubstitutions } from './substitutions.ts';
import { expandSingle } from './words.ts';

interface ConditionHost extends ExpansionHost {
  readonly findings: Findings;
  assign(name: string, value: Value): void;
}

export function followTest(expression: TestExpression, shell: ConditionHost): void {
  if (!shell.findings.step(shell.spanOf(expression))) return;
  switch (expression.type) {
    case 'TestUnary': {
      const operand = expandSingle(expression.operand, shell);
      if (expression.operator === '-v' || expression.operator === '-R') checkVariableName(operand, shell);
      return;
    }
    case 'TestBinary':
      for (const side of [expression.left, expression.right]) {
        const field = expandSingle(side, shell);
        if (/^-(eq|ne|lt|le|gt|ge)$/.test(expression.operator)) checkEvaluated(field, shell);
      }
      return;
    case 'TestLogical':
      for (const operand of expression.operands) followTest(operand, shell);
      return;
    case 'TestNot':
      return followTest(expression.operand, shell);
    case 'TestGroup':
      return followTest(expression.expression, shell);
  }
}

/** A word that Bash takes for the name of a variable: a subscript in it is evaluated, commands included. */
export function checkVariableName(field: Field, shell: ConditionHost): void {
  if (field.known && /^[A-Za-z_]\w*(\[(\d+|@|\*)\])?$/.test(field.text)) return;
  if (field.known && !field.text.includes('[')) return;
  shell.findings.opaque('exec', field.text, 'its subscript is evaluated, and may run commands', field.span);
}

/** A word that is evaluated as arithmetic after its expansion. */
export function checkEvaluated(field: Field, shell: ConditionHost): void {
  if (field.known) {
    if (/[$`]/.test(field.text))
      shell.findings.opaque(
        'exec',
        field.text,
        'it is evaluated as arithmetic, commands included',
        field.span,
      );
    else arithmeticNodes(field.text, shell, field.span);
  } else if (/^"?\$[#?$]"?$|^"?\$\(\(.*\)\)"?$|^"?\$\{#\w+(\[[@*]\])?\}"?$/.test(field.text)) return;
  else arithmeticNodes(/^"?\$\{?\w+\}?"?$/.test(field.text) ? field.text : '$x', shell, field.span);
}

/** `(( … ))`, and the three parts of `for (( … ))`. */
export function followArithmetic(expression: ArithmeticExpression | undefined, shell: ConditionHost): void {
  if (expression === undefined) return;
  visitSubstitutions(expression, shell);
  // Below `&&`, `||` and `?:` an assignment may be passed over.
  let conditional = false;
  const assign = (target: string): void => {
    const name = /^[A-Za-z_]\w*/.exec(target)?.[0];
    if (name === undefined) return;
    // Of an array only one element is set.
    const certain = name === target && !conditional;
    shell.assign(name, certain || isNumeric(shell.state.variable(name)) ? 'numeric' : 'unknown');
  };
  const queue: ArithmeticExpression[] = [expression];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (!shell.findings.step(shell.spanOf(node))) return;
    switch (node.type) {
      case 'ArithmeticBinary': {
        if (/^([-+*/%&|^]|<<|>>)?=$/.test(node.operator) && node.left.type === 'ArithmeticWord') {
          // What a plain variable held before `=` is not evaluated; a subscript is.
          if (node.operator !== '=' || !/^[A-Za-z_]\w*$/.test(node.left.value))
            arithmeticNodes(node.left.value, shell, shell.spanOf(node));
          assign(node.left.value);
          queue.push(node.right);
        } else {
          conditional ||= node.operator === '&&' || node.operator === '||';
          queue.push(node.left, node.right);
        }
        break;
      }
      case 'ArithmeticUnary':
        queue.push(node.operand);
        if (/^(\+\+|--)$/.test(node.operator) && node.operand.type === 'ArithmeticWord') {
          arithmeticNodes(node.operand.value, shell, shell.spanOf(node));
          assign(node.operand.value);
        }
        break;
      case 'ArithmeticTernary':
        conditional = true;
        queue.push(node.test, node.consequent, node.alternate);
        break;
      case 'ArithmeticGroup':
        queue.push(node.expression);
        break;
      case 'ArithmeticWord':
        arithmeticNodes(node.value, shell, shell.spanOf(node));
        break;
      case 'ArithmeticCommandExpansion':
        shell.findings.opaque(
          'exec',
          node.text,
          'arithmetic evaluates the output of a command',
          shell.spanOf(node),
        );
        break;
    }
  }
}
