/** One program about to run, and the vocabulary in which tool models say what it does. */
import type { OpaqueOperation, PathOperation, Span, Trait } from '../model/operation.ts';
import { literal, type Field } from './field.ts';
import type { Findings, OpenExec } from './findings.ts';
import { endpointTarget, parseHostPort, parseScpLike, parseUrl, type Endpoint } from './hosts.ts';
import { classifyPath, isHarmless, isWithin, resolvePath, type Classified, type Place } from './paths.ts';
import { classifyPattern } from './patterns.ts';

/** Where a program's standard input comes from. */
export type Input =
  | { readonly kind: 'text'; readonly text: Field }
  | { readonly kind: 'file'; readonly file: Field }
  | { readonly kind: 'pipe' }
  | { readonly kind: 'inherited' };

/** How a model runs other commands. */
export interface Runner {
  /** Text run by a shell of its own: `sh -c TEXT`. Words after it are its positional parameters. */
  runText(text: Field, call: Call, positional?: readonly Field[]): void;
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

  subcommand(name: string): void {
    this.exec.subcommand = name;
  }

  opaque(of: OpaqueOperation['of'], source: string, reason: string): void {
    this.findings.opaque(of, source, reason, this.span);
  }

  read(field: Field, recursive = false): void {
    addPaths('read', field, recursive, this.name, this);
  }

  write(field: Field, recursive = false): void {
    addPaths('write', field, recursive, this.name, this);
  }

  /** Writes files of names it chooses itself below a directory, hooks of a repository there included. */
  writeAnywhereBelow(field: Field): void {
    addPaths('write', field, true, this.name, this, true);
  }

  readHere(recursive = true): void {
    this.read(literal('.', this.span), recursive);
  }

  connect(endpoint: Endpoint): void {
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
    const bare = field.known && !field.pattern && !text.includes('://') ? text.replace(/^[^@/]*@/, '') : '';
    const endpoint = parseHostPort(bare) ?? parseScpLike(bare);
    if (endpoint === null || field.many) this.opaque('connect', field.text, 'the host cannot be told');
    else
      this.connect({
        host: endpoint.host,
        port: ('port' in endpoint ? endpoint.port : null) ?? defaultPort,
      });
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
    const { repository } = this.place;
    return (
      !known ||
      this.directories === null ||
      this.directories.some((from) => !isWithin(resolvePath(text, from), repository))
    );
  }

  /** Runs the code of a file. */
  script(field: Field): void {
    this.trait('runs-code');
    if (field.stream) this.opaque('exec', field.text, 'the code comes from another command');
    else this.read(field);
  }
}

interface PathHost {
  readonly findings: Findings;
  readonly place: Place;
  readonly directories: readonly string[] | null;
}

/** Adds the operations of one path: one for each directory that the command may be in. */
export function addPaths(
  kind: 'read' | 'write',
  field: Field,
  recursive: boolean,
  by: string,
  host: PathHost,
  anyName = false,
): void {
  if (field.stream) return;
  const { span } = field;
  if (!field.known) {
    host.findings.opaque(kind, field.text, 'the file cannot be told', span);
    if (/^~[\w.-]+\//.test(field.text))
      addCredential(resolvePath(field.text.replace(/^~/, '/home/'), '/'), by, span, host);
    return;
  }
  const { text } = field;
  if (text === '') return;
  if (text.length > 4_096 || text.includes('\0')) {
    host.findings.opaque(kind, text, 'it is no possible file name', span);
    return;
  }
  if (!text.startsWith('/') && host.directories === null) {
    host.findings.opaque(kind, text, 'the directory it is relative to cannot be told', span);
    return;
  }
  for (const directory of host.directories ?? ['/']) {
    const target = resolvePath(text, directory);
    if (isHarmless(target) || isHarmless(text)) continue;
    const pattern = field.pattern;
    const found = pattern ? classifyPattern(target, host.place) : classifyPath(target, host.place);
    if (found === null) {
      host.findings.opaque(kind, text, 'the pattern may match files anywhere', span);
      continue;
    }
    addPath(kind, target, pattern, recursive, by, span, found, host.findings);
    if (anyName && isWithin(host.place.repository, target)) {
      host.findings.opaque(
        kind,
        text,
        'it chooses the names of the files itself, hooks and settings included',
        span,
      );
    }
    if (text.startsWith('/')) break;
  }
}

function addPath(
  kind: 'read' | 'write',
  target: string,
  pattern: boolean,
  recursive: boolean,
  by: string,
  span: Span,
  found: Classified,
  findings: Findings,
): void {
  const operation: PathOperation = {
    kind,
    target,
    pattern,
    recursive,
    area: found.area,
    sensitivity: found.sensitivity,
    by,
    span,
  };
  findings.add(operation);
  if (found.credential !== null) findings.add({ kind: 'credential', target: found.credential, by, span });
}

function addCredential(path: string, by: string, span: Span, host: PathHost): void {
  const { credential } = classifyPath(path, host.place);
  if (credential !== null) host.findings.add({ kind: 'credential', target: credential, by, span });
}
