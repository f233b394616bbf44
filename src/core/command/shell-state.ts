/**
 * What is known of a shell at one point of the text. Where control flow joins, only what holds on every way
 * there is kept; names that were touched anywhere stay doubtful.
 */
import type { CompoundCommand, CompoundList, Redirected } from 'unbash';
import type { Field } from './field.ts';
import { limits } from './limits.ts';

/** A variable's value. `numeric` is not known but certainly a number, so that arithmetic on it runs nothing. */
export type Value = { readonly text: string } | 'numeric' | 'unknown';

export type FunctionBody = CompoundCommand | Redirected | CompoundList;

/** Where the names of programs no longer tell what runs. */
export type NameDoubt = 'none' | 'sourced' | 'path';

export class ShellState {
  /** Directories that the shell may be in; null if that cannot be told. */
  directories: readonly string[] | null;
  /** Set by `cd` until the next command: where the shell is if the `cd` failed. */
  directoriesIfFailed: readonly string[] | null | undefined;
  /** Null when the positional parameters cannot be told. */
  positional: readonly Field[] | null = null;
  /** No way leads past here (`exit`). */
  dead = false;
  /** Values may change behind the text's back (traps, sourced files): nothing about variables is known. */
  volatile = false;
  /** Options that change how words expand are in force. */
  oddExpansion = false;
  /** `cd` goes where the kernel would, links first (`set -P`). */
  physical = false;
  /** What is defined reaches the programs that run (`set -a`). */
  exportsAll = false;
  names: NameDoubt = 'none';
  aliases = false;
  expandsAliases = false;
  /** The shell may be another than Bash, with less syntax: what only Bash reads so is doubtful. */
  posix = false;
  #variables: ReadonlyMap<string, Value>;
  /** Names whose attributes (readonly, integer, array, reference …) keep them from being told. */
  #odd: ReadonlySet<string>;
  #functions: ReadonlyMap<string, readonly (FunctionBody | null)[]>;
  #associative: ReadonlySet<string>;

  constructor(directories: readonly string[] | null, variables: ReadonlyMap<string, Value>) {
    this.directories = directories;
    this.#variables = variables;
    this.#odd = nothing;
    this.#functions = noFunctions;
    this.#associative = nothing;
  }

  fork(): ShellState {
    const copy = new ShellState(this.directories, this.#variables);
    copy.directoriesIfFailed = this.directoriesIfFailed;
    copy.positional = this.positional;
    copy.dead = this.dead;
    copy.volatile = this.volatile;
    copy.oddExpansion = this.oddExpansion;
    copy.physical = this.physical;
    copy.exportsAll = this.exportsAll;
    copy.names = this.names;
    copy.aliases = this.aliases;
    copy.expandsAliases = this.expandsAliases;
    copy.posix = this.posix;
    copy.#odd = this.#odd;
    copy.#functions = this.#functions;
    copy.#associative = this.#associative;
    return copy;
  }

  variable(name: string): Value {
    if (this.volatile || this.#odd.has(name)) return 'unknown';
    if (name === 'PWD') {
      const [only] = this.directories ?? [];
      return only !== undefined && this.directories?.length === 1 && this.directoriesIfFailed === undefined
        ? { text: only }
        : 'unknown';
    }
    return this.#variables.get(name) ?? 'unknown';
  }

  /** Whether the text, or whoever asks for the analysis, has set the variable. */
  touched(name: string): boolean {
    return this.#variables.has(name) || this.#odd.has(name);
  }

  isNoFunction(name: string): boolean {
    return this.functions(name).every((body) => body === null);
  }

  assign(name: string, value: Value): void {
    if (name === 'PATH' && !(typeof value === 'object' && onlySystemDirectories(value.text)))
      this.names = 'path';
    else if (name === 'BASH_CMDS') this.names = 'path';
    else if (name === 'BASH_ALIASES') this.aliases = true;
    else if (name === 'POSIXLY_CORRECT') this.expandsAliases = true;
    if (this.aliases && this.expandsAliases) this.names = 'path';
    const tooLong = typeof value === 'object' && value.text.length > limits.value;
    if (this.#variables.size > limits.names) this.volatile = true;
    if (this.volatile) return;
    this.#variables = new Map(this.#variables).set(name, tooLong ? 'unknown' : value);
  }

  /** From here on nothing that is assigned to the name can be told. */
  markOdd(name: string): void {
    this.#odd = new Set(this.#odd).add(name);
  }

  markAssociative(name: string): void {
    this.#associative = new Set(this.#associative).add(name);
  }

  isAssociative(name: string): boolean {
    return this.#associative.has(name);
  }

  /** The bodies that the name may stand for, null for none: `[null]` where it is certainly no function. */
  functions(name: string): readonly (FunctionBody | null)[] {
    return this.#functions.get(name) ?? noFunction;
  }

  defineFunction(name: string, body: FunctionBody): void {
    // Functions that nested shells inherit are not followed into them.
    if (this.exportsAll || this.#functions.size > limits.names) this.names = 'path';
    if (this.#functions.size <= limits.names) this.#functions = new Map(this.#functions).set(name, [body]);
  }

  /** Functions reach a nested shell only where they are exported, which is not followed. */
  doubtFunctions(): void {
    this.#functions = joinFunctions(this.#functions, noFunctions);
  }

  /** A sourced file may have done anything to this shell. */
  forget(): void {
    this.directories = null;
    this.directoriesIfFailed = undefined;
    this.volatile = true;
    this.positional = null;
    if (this.names === 'none') this.names = 'sourced';
  }

  /** The next command runs whether or not the last one failed. */
  settle(): void {
    if (this.directoriesIfFailed === undefined) return;
    this.directories = unionOfDirectories(this.directories, this.directoriesIfFailed);
    this.directoriesIfFailed = undefined;
  }

  /** The states after success and after failure; the same one where they do not differ. */
  split(): readonly [ok: ShellState, failed: ShellState] {
    if (this.directoriesIfFailed === undefined) return [this, this];
    const failed = this.fork();
    failed.directories = this.directoriesIfFailed;
    failed.directoriesIfFailed = undefined;
    this.directoriesIfFailed = undefined;
    return [this, failed];
  }

  join(other: ShellState): ShellState {
    if (this === other || other.dead) return this;
    if (this.dead) return other;
    const joined = this.fork();
    joined.settle();
    const right = other.directoriesIfFailed === undefined ? other : other.fork();
    right.settle();
    joined.directories = unionOfDirectories(joined.directories, right.directories);
    joined.positional = samePositional(this.positional, other.positional) ? this.positional : null;
    joined.volatile = this.volatile || other.volatile;
    joined.oddExpansion = this.oddExpansion || other.oddExpansion;
    joined.physical = this.physical || other.physical;
    joined.exportsAll = this.exportsAll || other.exportsAll;
    joined.names =
      this.names === 'path' || other.names === 'path'
        ? 'path'
        : this.names === 'none'
          ? other.names
          : this.names;
    joined.aliases = this.aliases || other.aliases;
    joined.expandsAliases = this.expandsAliases || other.expandsAliases;
    joined.#variables = joinVariables(this.#variables, other.#variables);
    joined.#odd = this.#odd === other.#odd ? this.#odd : new Set([...this.#odd, ...other.#odd]);
    joined.#functions = joinFunctions(this.#functions, other.#functions);
    // A name counts as associative only where it certainly is.
    joined.#associative =
      this.#associative === other.#associative
        ? this.#associative
        : new Set([...this.#associative].filter((name) => other.#associative.has(name)));
    return joined;
  }

  /** Whether nothing more can be learnt by going on from `other` instead. */
  equals(other: ShellState): boolean {
    return (
      sameDirectories(this.directories, other.directories) &&
      this.volatile === other.volatile &&
      this.oddExpansion === other.oddExpansion &&
      this.physical === other.physical &&
      this.exportsAll === other.exportsAll &&
      this.names === other.names &&
      this.aliases === other.aliases &&
      this.expandsAliases === other.expandsAliases &&
      samePositional(this.positional, other.positional) &&
      this.#odd.size === other.#odd.size &&
      sameVariables(this.#variables, other.#variables) &&
      sameFunctions(this.#functions, other.#functions)
    );
  }
}

/** Whether a search path holds nothing but the directories of the system's own programs. */
export function onlySystemDirectories(path: string): boolean {
  return path.split(':').every((directory) => /^\/(usr\/local\/|usr\/)?s?bin$/.test(directory));
}

const nothing: ReadonlySet<string> = new Set();
const noFunction: readonly (FunctionBody | null)[] = [null];
const noFunctions: ReadonlyMap<string, readonly (FunctionBody | null)[]> = new Map();

function sameValue(left: Value, right: Value): boolean {
  return typeof left === 'object' && typeof right === 'object' ? left.text === right.text : left === right;
}

function joinVariables(
  left: ReadonlyMap<string, Value>,
  right: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  if (left === right) return left;
  const joined = new Map<string, Value>();
  for (const [name, value] of left) {
    const other = right.get(name) ?? 'unknown';
    if (sameValue(value, other)) joined.set(name, value);
    else if (isNumeric(value) && isNumeric(other)) joined.set(name, 'numeric');
    else joined.set(name, 'unknown');
  }
  for (const name of right.keys()) if (!left.has(name)) joined.set(name, 'unknown');
  return joined;
}

export function isNumeric(value: Value): boolean {
  return value === 'numeric' || (typeof value === 'object' && /^-?\d{1,18}$/.test(value.text));
}

function sameVariables(left: ReadonlyMap<string, Value>, right: ReadonlyMap<string, Value>): boolean {
  if (left === right) return true;
  for (const [name, value] of left) if (!sameValue(value, right.get(name) ?? 'unknown')) return false;
  for (const [name, value] of right) if (!sameValue(value, left.get(name) ?? 'unknown')) return false;
  return true;
}

function joinFunctions(
  left: ReadonlyMap<string, readonly (FunctionBody | null)[]>,
  right: ReadonlyMap<string, readonly (FunctionBody | null)[]>,
): ReadonlyMap<string, readonly (FunctionBody | null)[]> {
  if (left === right) return left;
  const joined = new Map(left);
  for (const [name, bodies] of right)
    joined.set(name, [...new Set([...(joined.get(name) ?? noFunction), ...bodies])]);
  for (const [name, bodies] of left)
    if (!right.has(name) && !bodies.includes(null)) joined.set(name, [...bodies, null]);
  return joined;
}

function sameFunctions(
  left: ReadonlyMap<string, readonly (FunctionBody | null)[]>,
  right: ReadonlyMap<string, readonly (FunctionBody | null)[]>,
): boolean {
  if (left === right) return true;
  return (
    left.size === right.size && [...left].every(([name, bodies]) => right.get(name)?.length === bodies.length)
  );
}

function unionOfDirectories(
  left: readonly string[] | null,
  right: readonly string[] | null,
): readonly string[] | null {
  if (left === right) return left;
  if (left === null || right === null) return null;
  const union = [...new Set([...left, ...right])];
  return union.length > limits.directories ? null : union;
}

function sameDirectories(left: readonly string[] | null, right: readonly string[] | null): boolean {
  if (left === right) return true;
  return (
    left !== null &&
    right !== null &&
    left.length === right.length &&
    left.every((one) => right.includes(one))
  );
}

function samePositional(left: readonly Field[] | null, right: readonly Field[] | null): boolean {
  if (left === right) return true;
  if (left === null || right === null || left.length !== right.length) return false;
  return left.every((field, index) => {
    const other = right[index];
    return other !== undefined && field.text === other.text && field.known === other.known && field.known;
  });
}
