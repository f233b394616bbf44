/** Follows Bash text the way a shell would, keeping what is known of its state. */
import {
  parse,
  type AndOr,
  type CommandNode,
  type Coproc,
  type ParsedScript,
  type Pipeline,
  type Redirection,
  type Statement,
} from 'unbash';
import type { Span } from '../model/operation.ts';
import { followAndOr, followCase, followForEach, followIf, followLoop } from './control-flow.ts';
import { checkEvaluated, checkVariableName, followArithmetic, followTest } from './conditions.ts';
import type { Input } from './call.ts';
import type { Field } from './field.ts';
import type { AnalysisContext } from './context.ts';
import type { Findings } from './findings.ts';
import { limits } from './limits.ts';
import type { Place } from './paths.ts';
import { redirect } from './redirections.ts';
import type { Shell } from './shell.ts';
import type { FunctionBody, ShellState, Value } from './shell-state.ts';
import { runSimple } from './simple-command.ts';
import { tooComplex } from './text-limits.ts';
import { expandSingle } from './words.ts';

const inherited: Input = { kind: 'inherited' };

/** Variables that the shell sets itself: what is assigned to them is not what they hold. */
const special =
  /^(_|BASH\w*|COMP_\w+|DIRSTACK|EPOCH\w+|EUID|FUNCNAME|GROUPS|HISTCMD|HOSTNAME|LINENO|MAPFILE|OPTARG|OPTIND|PIPESTATUS|PPID|RANDOM|READLINE\w*|REPLY|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID)$/;

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

  node(node: CommandNode | Pipeline | AndOr): void {
    if (!this.findings.step(this.spanOf(node))) return;
    if (this.state.posix && bashOnly.has(node.type)) {
      this.opaque('exec', node.type, 'other shells than Bash read it as commands', this.spanOf(node));
    }
    switch (node.type) {
      case 'Command':
        return runSimple(node, this);
      case 'Pipeline':
        return this.pipeline(node);
      case 'AndOr':
        return followAndOr(node, this);
      case 'If':
        return followIf(node, this);
      case 'For':
      case 'Select':
        return followForEach(node, this);
      case 'While':
        return followLoop(this, () => {
          this.list(node.clause.commands);
          this.list(node.body.commands);
        });
      case 'ArithmeticFor':
        followArithmetic(node.initialize, this);
        return followLoop(this, () => {
          followArithmetic(node.test, this);
          this.list(node.body.commands);
          followArithmetic(node.update, this);
        });
      case 'Case':
        return followCase(node, this);
      case 'Subshell':
        return this.subshell(() => this.list(node.body.commands));
      case 'BraceGroup':
        return this.list(node.body.commands);
      case 'TestCommand':
        return followTest(node.expression, this);
      case 'ArithmeticCommand':
        return followArithmetic(node.expression, this);
      case 'Redirected':
        return this.redirected(node.command, node.redirects);
      case 'Function':
        this.state.defineFunction(expandSingle(node.name, this).text, node.body);
        return;
      case 'Coproc':
        return this.coprocess(node);
    }
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

  /** Runs what `break`, `continue` and `return` may leave early. */
  withEscapes(run: () => void): void {
    const exits: ShellState[] = [];
    this.#escapes.push(exits);
    run();
    this.#escapes.pop();
    for (const exit of exits) this.state = this.state.join(exit);
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
  variableName(field: Field): void {
    checkVariableName(field, this);
  }

  evaluated(field: Field): void {
    checkEvaluated(field, this);
  }

  /** Sets a variable, where that tells anything. */
  assign(name: string, value: Value): void {
    this.state.assign(name, special.test(name) ? 'unknown' : value);
  }
}
