/** Follows Bash text the way a shell would, keeping what is known of its state. */
import {
  parse,
  type AndOr,
  type ArithmeticExpression,
  type Case,
  type Command,
  type CommandNode,
  type Coproc,
  type For,
  type If,
  type ParsedScript,
  type Pipeline,
  type Redirection,
  type Select,
  type Statement,
  type TestExpression,
} from 'unbash';
import type { Span } from '../model/operation.ts';
import { arithmeticNodes } from './arithmetic.ts';
import type { Input } from './call.ts';
import type { Field } from './field.ts';
import type { AnalysisContext } from './context.ts';
import type { Findings } from './findings.ts';
import { limits } from './limits.ts';
import type { Place } from './paths.ts';
import { runCommand } from './programs.ts';
import { redirect } from './redirections.ts';
import type { Shell } from './shell.ts';
import { isNumeric, type FunctionBody, type ShellState, type Value } from './shell-state.ts';
import { tooComplex } from './text-limits.ts';
import { visitSubstitutions } from './substitutions.ts';
import { noteAssignment } from './variables.ts';
import { expandAssignment, expandSingle, expandWord } from './words.ts';

const inherited: Input = { kind: 'inherited' };

/** Variables that the shell sets itself: what is assigned to them is not what they hold. */
const special =
  /^(_|BASH\w*|COMP_\w+|DIRSTACK|EPOCH\w+|EUID|FUNCNAME|GROUPS|HISTCMD|HOSTNAME|LINENO|MAPFILE|OPTARG|OPTIND|PIPESTATUS|PPID|RANDOM|READLINE\w*|REPLY|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID)$/;

/** A new name of mktemp's own choice, for which its pattern stands. */
const freshFile =
  /^"?\$\(mktemp( -[dq]+)*( -t [\w.-]+|( --tmpdir| -p \/tmp)?( \/tmp\/[\w.-]*X{3,}[\w.-]*)?)\)"?$/;

/** `((id > x))` and its like run programs in shells that do not know the syntax. */
const bashOnly = new Set<string>(['TestCommand', 'ArithmeticCommand', 'ArithmeticFor', 'Coproc', 'Select']);

export class Interpreter implements Shell {
  state: ShellState;
  readonly findings: Findings;
  readonly context: AnalysisContext;
  readonly place: Place;
  /** Set within nested text, whose own offsets mean nothing to the reader. */
  readonly span: Span | null;
  readonly depth: number;
  readonly via: readonly string[];
  readonly input: Input;
  readonly locals: Set<string> | null;
  /** States in which loops and functions around the current point may be left. */
  readonly #escapes: ShellState[][] = [];

  constructor(parts: {
    state: ShellState;
    findings: Findings;
    context: AnalysisContext;
    span: Span | null;
    depth: number;
    via: readonly string[];
    input?: Input;
    locals?: Set<string> | null;
  }) {
    this.state = parts.state;
    this.findings = parts.findings;
    this.context = parts.context;
    this.place = parts.context;
    this.span = parts.span;
    this.depth = parts.depth;
    this.via = parts.via;
    this.input = parts.input ?? inherited;
    this.locals = parts.locals ?? null;
  }

  get home(): string {
    return this.context.home;
  }

  spanOf(node: { readonly pos: number; readonly end: number }): Span {
    return this.span ?? { start: node.pos, end: node.end };
  }

  opaque(of: 'exec' | 'read' | 'write', source: string, reason: string, span: Span): void {
    this.findings.opaque(of, source, reason, span);
  }

  /** A shell like this one, one level down, that starts from `state`. */
  child(
    state: ShellState,
    change: { span?: Span | null; via?: readonly string[]; input?: Input; locals?: Set<string> } = {},
  ): Interpreter {
    return new Interpreter({
      state,
      findings: this.findings,
      context: this.context,
      span: change.span === undefined ? this.span : change.span,
      depth: this.depth + 1,
      via: change.via ?? this.via,
      input: change.input ?? this.input,
      locals: change.locals ?? this.locals,
    });
  }

  /** Parses and follows text; `span` is where it stands in the text that the reader sees. */
  runText(text: string, span: Span): void {
    if (this.tooDeep(text, span) || !this.findings.nested(text.length, span)) return;
    const complexity = tooComplex(text);
    if (complexity !== null) {
      this.findings.opaque('exec', text, complexity.message, span);
      this.findings.risk(complexity.kind, complexity.message, span);
      return;
    }
    this.runScript(parse(text), text, span);
  }

  tooDeep(source: string, span: Span): boolean {
    if (this.depth <= limits.depth) return false;
    this.findings.opaque('exec', source, 'it is nested too deeply to follow', span);
    this.findings.risk('too-deep', `more than ${limits.depth} levels of nesting`, span);
    return true;
  }

  /** What the parser could not read is not followed in part: all of it is opaque. */
  runScript(script: ParsedScript, source: string, span: Span): void {
    const fault = script.errors?.[0];
    if (fault !== undefined) {
      const at = this.span ?? { start: Math.min(fault.pos, span.end), end: span.end };
      this.findings.opaque('exec', source, `its syntax cannot be read: ${fault.message}`, span);
      this.findings.risk('syntax', fault.message, at);
    }
    // The parser reads `&\\⏎&` as two operators, Bash as one.
    if (source.includes('\\\n') && /[&|;<>($]\\\n[&|;<>({'"[]/.test(source)) {
      this.findings.opaque('exec', source, 'a continued line stands inside of an operator', span);
    }
    this.list(script.commands);
  }

  substitution(script: ParsedScript | undefined, text: string, span: Span): void {
    if (script === undefined) {
      if (text !== '') this.findings.opaque('exec', text, 'the substitution cannot be read', span);
      return;
    }
    if (this.tooDeep(text, span) || !this.findings.nested(text.length, span)) return;
    // Scripts with a source of their own (nested backquotes) have offsets of their own too.
    const child = this.child(this.state.fork(), script.source === undefined ? {} : { span });
    child.runScript(script, text, span);
  }

  runFunction(body: FunctionBody, positional: readonly Field[]): void {
    const before = this.state.positional;
    const locals = new Set<string>();
    const child = this.child(this.state, { locals });
    child.state.positional = positional.every((field) => field.known && !field.pattern) ? positional : null;
    child.withEscapes(() => {
      if (body.type === 'CompoundList') child.list(body.commands);
      else child.node(body);
    });
    child.state.settle();
    this.state = child.state;
    this.state.positional = before;
    for (const name of locals) this.state.assign(name, 'unknown');
  }

  list(statements: readonly Statement[]): void {
    for (const statement of statements) {
      if (!this.findings.step(this.spanOf(statement))) return;
      this.state.settle();
      if (statement.background === true) this.subshell(() => this.node(statement.command));
      else this.node(statement.command);
    }
  }

  /** Leaves the current loops or functions: their ends are reached from here too. */
  escape(): void {
    for (const exits of this.#escapes) exits.push(this.state.fork());
  }

  subshell(run: () => void): void {
    const before = this.state;
    this.state = before.fork();
    run();
    this.state = before;
  }

  private node(node: CommandNode | Pipeline | AndOr): void {
    if (!this.findings.step(this.spanOf(node))) return;
    if (this.state.posix && bashOnly.has(node.type)) {
      this.opaque('exec', node.type, 'other shells than Bash read it as commands', this.spanOf(node));
    }
    switch (node.type) {
      case 'Command':
        return this.simple(node);
      case 'Pipeline':
        return this.pipeline(node);
      case 'AndOr':
        return this.andOr(node);
      case 'If':
        return this.conditional(node);
      case 'For':
      case 'Select':
        return this.forEach(node);
      case 'While':
        return this.loop(() => {
          this.list(node.clause.commands);
          this.state.settle();
          this.list(node.body.commands);
        });
      case 'ArithmeticFor':
        this.arithmetic(node.initialize);
        return this.loop(() => {
          this.arithmetic(node.test);
          this.list(node.body.commands);
          this.arithmetic(node.update);
        });
      case 'Case':
        return this.caseOf(node);
      case 'Subshell':
        return this.subshell(() => this.list(node.body.commands));
      case 'BraceGroup':
        return this.list(node.body.commands);
      case 'TestCommand':
        return this.test(node.expression);
      case 'ArithmeticCommand':
        return this.arithmetic(node.expression);
      case 'Redirected':
        return this.redirected(node.command, node.redirects);
      case 'Function':
        this.state.defineFunction(expandSingle(node.name, this).text, node.body);
        return;
      case 'Coproc':
        return this.coprocess(node);
    }
  }

  private andOr({ commands, operators }: AndOr): void {
    const [first] = commands;
    if (first === undefined) return;
    this.node(first);
    let [ok, failed] = this.state.split();
    operators.forEach((operator, index) => {
      const command = commands[index + 1];
      if (command === undefined) return;
      this.state = (operator === '&&' ? ok : failed).fork();
      this.node(command);
      const [nextOk, nextFailed] = this.state.split();
      if (operator === '&&') {
        failed = failed.join(nextFailed);
        ok = nextOk;
      } else {
        ok = ok.join(nextOk);
        failed = nextFailed;
      }
    });
    this.state = ok.join(failed);
  }

  private pipeline({ commands, prefixes }: Pipeline): void {
    if (commands.length === 1) {
      const [only] = commands;
      if (only !== undefined) this.node(only);
      if (prefixes.some(({ type }) => type === 'Negation')) this.state.settle();
      return;
    }
    commands.forEach((command, index) => {
      const child =
        index === 0
          ? this.child(this.state.fork())
          : this.child(this.state.fork(), { input: { kind: 'pipe' } });
      if (!child.tooDeep('', this.spanOf(command))) child.node(command);
    });
  }

  private conditional(node: If): void {
    this.list(node.clause.commands);
    const ends: ShellState[] = [];
    let [ok, failed] = this.state.split();
    failed = failed === ok ? ok.fork() : failed;
    const branch = (from: ShellState, body: readonly Statement[]): void => {
      this.state = from;
      this.list(body);
      this.state.settle();
      ends.push(this.state);
    };
    branch(ok, node.then.commands);
    for (const { clause, then } of node.elif) {
      this.state = failed;
      this.list(clause.commands);
      [ok, failed] = this.state.split();
      failed = failed === ok ? ok.fork() : failed;
      branch(ok, then.commands);
    }
    if (node.else === undefined) ends.push(failed);
    else branch(failed, node.else.commands);
    this.state = ends.reduce((joined, end) => joined.join(end));
  }

  private forEach(node: For | Select): void {
    const name = node.name.text;
    const words = node.wordlist?.flatMap((word) => expandWord(word, 'argument', this));
    const known =
      words?.every((word) => word.known && !word.pattern) === true && words.length <= limits.loopWords;
    if (node.type === 'For' && known && words !== undefined) {
      this.withEscapes(() => {
        let end = this.state;
        for (const word of words) {
          if (this.findings.exhausted) break;
          this.state = this.state.fork();
          this.assign(name, { text: word.text });
          noteAssignment(this, name, word.text, word.span);
          this.list(node.body.commands);
          this.state.settle();
          end = end.join(this.state);
          this.state = end;
        }
        this.state = end;
      });
      return;
    }
    this.loop(() => {
      this.assign(name, 'unknown');
      noteAssignment(this, name, null, this.spanOf(node.name));
      if (node.type === 'Select') this.state.assign('REPLY', 'unknown');
      this.list(node.body.commands);
    });
  }

  /** Follows the body until nothing new is learnt: what holds then holds in every round. */
  private loop(body: () => void): void {
    this.withEscapes(() => {
      for (let round = 0; ; round += 1) {
        const before = this.state;
        this.state = before.fork();
        body();
        this.state.settle();
        const after = before.join(this.state);
        this.state = after;
        if (this.findings.exhausted || after.equals(before)) return;
        if (round > 8) {
          this.state.forget();
          this.state = this.state.fork();
          body();
          this.state.forget();
          return;
        }
      }
    });
  }

  /** Runs what `break`, `continue` and `return` may leave early. */
  withEscapes(run: () => void): void {
    const exits: ShellState[] = [];
    this.#escapes.push(exits);
    run();
    this.#escapes.pop();
    for (const exit of exits) this.state = this.state.join(exit);
  }

  private caseOf(node: Case): void {
    expandSingle(node.word, this);
    const start = this.state;
    let end = start;
    let falling: ShellState | null = null;
    for (const item of node.items) {
      this.state = start.fork();
      for (const pattern of item.pattern) expandSingle(pattern, this);
      if (falling !== null) this.state = this.state.join(falling);
      this.list(item.body.commands);
      this.state.settle();
      end = end.join(this.state);
      falling = item.terminator === ';&' || item.terminator === ';;&' ? this.state : null;
    }
    this.state = end;
  }

  private redirected(command: CommandNode, redirections: readonly Redirection[]): void {
    const input = redirect(redirections, this);
    // Standard input of a whole group is not followed into it: whoever reads code from it cannot be told.
    if (input === null) return this.node(command);
    const child = this.child(this.state, { input: { kind: 'pipe' } });
    child.#escapes.push(...this.#escapes);
    if (!child.tooDeep('', this.spanOf(command))) child.node(command);
    this.state = child.state;
  }

  private coprocess({ name, body }: Coproc): void {
    const variable = name?.text ?? 'COPROC';
    this.subshell(() => {
      if (body.type === 'CompoundList') this.list(body.commands);
      else this.node(body);
    });
    this.state.assign(variable, 'unknown');
    this.state.assign(`${variable}_PID`, 'numeric');
  }

  private test(expression: TestExpression): void {
    if (!this.findings.step(this.spanOf(expression))) return;
    switch (expression.type) {
      case 'TestUnary': {
        const operand = expandSingle(expression.operand, this);
        if (/^-[vR]$/.test(expression.operator)) this.variableName(operand);
        return;
      }
      case 'TestBinary':
        for (const side of [expression.left, expression.right]) {
          const field = expandSingle(side, this);
          if (/^-(eq|ne|lt|le|gt|ge)$/.test(expression.operator)) this.evaluated(field);
        }
        return;
      case 'TestLogical':
        for (const operand of expression.operands) this.test(operand);
        return;
      case 'TestNot':
        return this.test(expression.operand);
      case 'TestGroup':
        return this.test(expression.expression);
    }
  }

  /** A word that Bash takes for the name of a variable: a subscript in it is evaluated, commands included. */
  variableName(field: Field): void {
    if (field.known && /^[A-Za-z_]\w*(\[(\d+|@|\*)\])?$/.test(field.text)) return;
    if (field.known && !field.text.includes('[')) return;
    this.findings.opaque('exec', field.text, 'its subscript is evaluated, and may run commands', field.span);
  }

  /** A word that is evaluated as arithmetic after its expansion. */
  evaluated(field: Field): void {
    if (field.known) {
      if (/[$`]/.test(field.text))
        this.findings.opaque(
          'exec',
          field.text,
          'it is evaluated as arithmetic, commands included',
          field.span,
        );
      else arithmeticNodes(field.text, this, field.span);
    } else if (/^"?\$[#?$]"?$|^"?\$\(\(.*\)\)"?$|^"?\$\{#\w+(\[[@*]\])?\}"?$/.test(field.text)) return;
    else arithmeticNodes(/^"?\$\{?\w+\}?"?$/.test(field.text) ? field.text : '$x', this, field.span);
  }

  private arithmetic(expression: ArithmeticExpression | undefined): void {
    if (expression === undefined) return;
    visitSubstitutions(expression, this);
    // Below `&&`, `||` and `?:` an assignment may be passed over.
    let conditional = false;
    const assign = (name: string): void =>
      this.assign(name, conditional && !isNumeric(this.state.variable(name)) ? 'unknown' : 'numeric');
    const queue: ArithmeticExpression[] = [expression];
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      if (!this.findings.step(this.spanOf(node))) return;
      switch (node.type) {
        case 'ArithmeticBinary': {
          if (
            /^([-+*/%&|^]|<<|>>)?=$/.test(node.operator) &&
            node.left.type === 'ArithmeticWord' &&
            /^[A-Za-z_]\w*$/.test(node.left.value)
          ) {
            assign(node.left.value);
            if (node.operator !== '=') queue.push(node.left);
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
            arithmeticNodes(node.operand.value, this, this.spanOf(node));
            if (/^[A-Za-z_]\w*$/.test(node.operand.value)) assign(node.operand.value);
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
          arithmeticNodes(node.value, this, this.spanOf(node));
          break;
        case 'ArithmeticCommandExpansion':
          this.findings.opaque(
            'exec',
            node.text,
            'arithmetic evaluates the output of a command',
            this.spanOf(node),
          );
          break;
      }
    }
  }

  /** Sets a variable, where that tells anything. */
  assign(name: string, value: Value): void {
    this.state.assign(name, special.test(name) ? 'unknown' : value);
  }

  private simple(node: Command): void {
    const { state } = this;
    const words: Field[] = [];
    if (node.name !== undefined) words.push(...expandWord(node.name, 'argument', this));
    const redirections: Redirection[] = [];
    for (const argument of node.suffix) {
      if (words.length > limits.arguments) {
        this.findings.exhaust('too-many', `more than ${limits.arguments} words`, this.spanOf(node));
        return;
      }
      if (argument.type === 'Word') words.push(...expandWord(argument, 'argument', this));
      else if (argument.type === 'Assignment') words.push(expandAssignment(argument, this));
      else redirections.push(argument);
    }
    const environment: Record<string, string | null> = {};
    for (const prefix of node.prefix) {
      if (prefix.type !== 'Assignment') {
        redirections.push(prefix);
        continue;
      }
      const field = expandAssignment(prefix, this);
      const plain = prefix.index === undefined && prefix.value.type === 'Word';
      const head = plain ? prefix.value.pos - prefix.pos : 0;
      let value: Value = plain && field.known ? { text: field.text.slice(head) } : 'unknown';
      if (
        plain &&
        !field.known &&
        /^\$\(\([^]*\)\)$|^\$[#?$]$|^\$\{#\w+\}$/.test(prefix.value.type === 'Word' ? prefix.value.text : '')
      )
        value = 'numeric';
      if (plain && !field.known && prefix.value.type === 'Word' && freshFile.test(prefix.value.text))
        value = { text: '/tmp/tmp.XXXXXXXXXX' };
      if (prefix.append === true) {
        const before = state.variable(prefix.name);
        value =
          typeof before === 'object' && typeof value === 'object'
            ? { text: before.text + value.text }
            : 'unknown';
      }
      environment[prefix.name] = typeof value === 'object' ? value.text : null;
      // Later assignments of the same command see earlier ones where there is no program to run.
      if (words.length === 0) this.assignStatement(prefix.name, value, field.span);
    }
    const redirectedInput = redirections.length === 0 ? null : redirect(redirections, this);
    if (words.length === 0) {
      // `$(…)` that gave no words: its status alone matters.
      return;
    }
    runCommand(this, {
      words,
      environment,
      input: redirectedInput ?? this.input,
      span: this.spanOf(node),
      via: this.via,
      lookup: 'all',
    });
  }

  private assignStatement(name: string, value: Value, span: Span): void {
    this.assign(name, value);
    noteAssignment(this, name, typeof value === 'object' ? value.text : null, span);
  }
}
