/** One program about to run, and the vocabulary in which tool models say what it does. */
import type { OpaqueOperation, Span, Trait } from '../model/operation.ts';
import { dropFirst, literal, type Field } from './field.ts';
import type { Findings, OpenExec } from './findings.ts';
import { namesSecret } from './environment.ts';
import { endpointTarget, isLoopback, parseHostPort, parseScpLike, parseUrl, type Endpoint } from './hosts.ts';
import { addPaths, reachedPaths } from './path-operations.ts';
import { isHarmless, isWithin, type Place } from './paths.ts';
import type { Shell } from './shell.ts';

/** Where a program's standard input comes from. */
export type Input =
  | { readonly kind: 'text'; readonly text: Field }
  | { readonly kind: 'file'; readonly file: Field }
  | { readonly kind: 'pipe' }
  | { readonly kind: 'inherited' };

/** How a shell of its own begins. */
export interface ShellStart {
  readonly positional?: readonly Field[];
  /** Options that it is given. */
  readonly prepare?: (shell: Shell) => void;
}

/** How a model runs other commands. */
export interface Runner {
  /** Text run by a shell of its own: `sh -c TEXT`. Words after it are its positional parameters. */
  runText(text: Field, call: Call, start?: ShellStart): void;
  /** Whether there is a model of the program. */
  knows(name: string): boolean;
  /** A program started by this one, without a shell. */
  runProgram(words: readonly Field[], call: Call, change?: Change): void;
}

export interface Change {
  /** Directory of the nested program, as written; null if it cannot be told. */
  readonly directory?: Field | null;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly input?: Input;
}

export interface CallParts {
  readonly exec: OpenExec;
  readonly words: readonly Field[];
  readonly findings: Findings;
  readonly place: Place;
  /** Directories it may run in; null if they cannot be told. */
  readonly directories: readonly string[] | null;
  readonly input: Input;
  readonly runner: Runner;
}

export class Call {
  readonly exec: OpenExec;
  /** Arguments, without the program. */
  readonly words: readonly Field[];
  readonly findings: Findings;
  readonly place: Place;
  readonly input: Input;
  readonly runner: Runner;
  directories: readonly string[] | null;
  /** Connected to; empty for a host that cannot be told. */
  readonly #hosts: string[] = [];

  constructor(parts: CallParts) {
    this.exec = parts.exec;
    this.words = parts.words;
    this.findings = parts.findings;
    this.place = parts.place;
    this.directories = parts.directories;
    this.input = parts.input;
    this.runner = parts.runner;
  }

  get span(): Span {
    return this.exec.span;
  }

  get name(): string {
    return this.exec.target;
  }

  trait(...traits: readonly Trait[]): void {
    for (const trait of traits) if (!this.exec.traits.includes(trait)) this.exec.traits.push(trait);
  }

  /** It seemed so, but is not. */
  withdraw(trait: Trait): void {
    const at = this.exec.traits.indexOf(trait);
    if (at >= 0) this.exec.traits.splice(at, 1);
  }

  subcommand(name: string): void {
    this.exec.subcommand = name;
  }

  opaque(of: OpaqueOperation['of'], source: string, reason: string): void {
    if (of === 'connect') this.#hosts.push('');
    this.findings.opaque(of, source, reason, this.span);
  }

  read(field: Field, recursive = false): void {
    addPaths('read', field, this, { by: this.name, recursive });
  }

  /** Tells of a file by its entry alone: that it is there, its size, its times. */
  look(field: Field, recursive = false): void {
    addPaths('read', field, this, { by: this.name, recursive, unopened: true });
  }

  write(field: Field, recursive = false): void {
    addPaths('write', field, this, { by: this.name, recursive });
  }

  /** A file, or `@file` with options in it. */
  readOrOptions(field: Field): void {
    if (!field.prefix.startsWith('@')) {
      this.read(field);
      return;
    }
    this.read(dropFirst(field, 1));
    this.opaque('exec', field.text, 'the options come from a file');
  }

  /** Makes, removes or replaces the entry itself: a symbolic link, not what it leads to. */
  writeEntry(field: Field, recursive: boolean): void {
    addPaths('write', field, this, { by: this.name, recursive, entry: true });
  }

  /** Writes files of names it chooses itself below a directory, hooks of a repository there included. */
  writeAnywhereBelow(field: Field): void {
    addPaths('write', field, this, { by: this.name, recursive: true, anyName: true });
  }

  /** A symbolic link is made there that holds this text; null where it cannot be told. */
  link(at: Field, text: string | null): void {
    if (!at.known) return;
    for (const path of this.#entries(at)) this.findings.link(path, text, this.span);
  }

  /** Absolute paths that it may mean, null for what cannot be told. */
  reached(field: Field): readonly (string | null)[] {
    if (!field.known || field.pattern || this.directories === null) return [null];
    return this.directories.flatMap<string | null>((from) => reachedPaths(field.text, from, this) ?? [null]);
  }

  /** What the symbolic link at this path may hold; nothing where it is none. */
  linkTexts(at: Field): readonly (string | null)[] {
    return this.#entries(at).flatMap((path) => {
      const there = this.place.links?.at(path) ?? null;
      return [...(this.findings.links.get(path) ?? []), ...(there === null ? [] : [there])];
    });
  }

  /** Where the directory entry may be that a path names. */
  #entries(at: Field): readonly string[] {
    const text = at.text.replace(/(?<=.)\/+$/, '');
    return (this.directories ?? []).flatMap((from) => reachedPaths(text, from, this, true) ?? []);
  }

  /** Reads what the symbolic links in the trees lead to, which only the machine knows. */
  followsLinks(): void {
    this.opaque('read', this.exec.argv.join(' '), 'it follows the symbolic links that it finds');
  }

  readHere(recursive = true): void {
    this.read(literal('.', this.span), recursive);
  }

  connect(endpoint: Endpoint): void {
    this.#hosts.push(endpoint.host);
    this.findings.add({
      kind: 'connect',
      target: endpointTarget(endpoint),
      host: endpoint.host,
      port: endpoint.port,
      by: this.name,
      span: this.span,
    });
  }

  /** A registry or remote that configuration names, not the text: `registry:npm`, `remote:origin`. */
  connectTo(symbolic: string): void {
    this.connect({ host: symbolic, port: null });
  }

  /** `host`, `host:port`, `user@host:path` or a URL. */
  connectToField(field: Field, defaultPort: number | null = null): void {
    const text = field.known ? field.text : field.prefix;
    const url = parseUrl(text, field.known);
    if (url !== null) {
      if (url.scheme === 'file') this.read({ ...literal(url.path, field.span), known: field.known });
      else this.connect(url);
      return;
    }
    const bare = field.known && !text.includes('://') ? text.replace(/^[^@/]*@/, '') : '';
    const endpoint = parseHostPort(bare) ?? parseScpLike(bare);
    if (endpoint === null || field.many) this.opaque('connect', field.text, 'the host cannot be told');
    else
      this.connect({
        host: endpoint.host,
        port: ('port' in endpoint ? endpoint.port : null) ?? defaultPort,
      });
  }

  /** Prints all variables, those that hold credentials too. */
  showsEnvironment(): void {
    this.opaque('read', this.exec.argv.join(' '), 'it shows the whole environment, credentials included');
  }

  /** Prints its words: variables among them whose names say that they hold credentials. */
  showsSecretVariables(): void {
    for (const word of this.words)
      if (!word.known && namesSecret(word.text))
        this.opaque('read', word.text, 'the variable is named like a credential');
  }

  /** After all connections are known: data that stays on the machine is not published. */
  keepsToLoopback(): void {
    const at = this.exec.traits.indexOf('publishes');
    if (at !== -1 && this.#hosts.length > 0 && this.#hosts.every(isLoopback)) this.exec.traits.splice(at, 1);
  }

  credential(store: string): void {
    this.findings.add({ kind: 'credential', target: store, by: this.name, span: this.span });
  }

  /** Runs code that is not read here. */
  code(source: string, language: string): void {
    this.trait('runs-code');
    this.opaque('exec', source, `it is ${language} code, which is not read`);
  }

  /** Whether the path may lie outside of the repository, so that code in it is not the repository's own. */
  isOutside({ known, text }: Field): boolean {
    if (!known || this.directories === null) return true;
    return this.directories.some(
      (from) =>
        reachedPaths(text, from, this)?.some((path) => !isWithin(path, this.place.repository)) ?? true,
    );
  }

  /** Runs the code of a file. */
  script(field: Field): void {
    this.trait('runs-code');
    if (field.known && field.text === '/dev/null') return;
    if (field.stream || (field.known && isHarmless(field.text)))
      this.opaque('exec', field.text, 'the code comes from another command');
    else this.read(field);
  }
}
