/** What processes did, from the lines of strace. */
import { posix } from 'node:path';
import type { Trace } from './kernel-lab.ts';

export interface Process {
  /** Words of the program that runs in it; those of its parent until it starts one. */
  readonly argv: readonly string[];
  /** Those that led here, outermost first, this one included. */
  readonly ancestry: readonly (readonly string[])[];
}

export type Deed =
  | {
      readonly kind: 'exec';
      readonly argv: readonly string[];
      readonly path: string;
      readonly cwd: string;
      readonly by: Process;
    }
  | { readonly kind: 'read' | 'write' | 'list'; readonly path: string; readonly by: Process };

/** Everything that succeeded, in no particular order between processes. The first is the outermost shell's start. */
export function deedsOf(trace: Trace): readonly Deed[] {
  const children = new Set<number>();
  for (const lines of trace.values())
    for (const line of lines) {
      const child = childOf(line);
      if (child !== null) children.add(child);
    }
  const deeds: Deed[] = [];
  for (const id of trace.keys())
    if (!children.has(id)) follow(id, '/repo', { argv: [], ancestry: [] }, trace, deeds);
  return deeds;
}

const wrapping = new Set(['timeout']);

function follow(id: number, start: string, from: Process, trace: Trace, deeds: Deed[]): void {
  let cwd = start;
  let by = from;
  for (const line of trace.get(id) ?? []) {
    const child = childOf(line);
    if (child !== null) {
      follow(child, cwd, by, trace, deeds);
      continue;
    }
    const call = /^(\w+)\((.*)\)\s+= (?:0x)?[0-9a-f]+(?:<(.*)>)?(?: \(deleted\))?$/.exec(line);
    if (call === null) continue;
    const [, name = '', rest = '', opened] = call;
    const words = strings(rest);
    const path = (index = 0): string => {
      const text = words[index] ?? '';
      const base =
        index === 0
          ? /^(?:AT_FDCWD|\d+)<(.*?)>, "/.exec(rest)?.[1]
          : /, (?:AT_FDCWD|\d+)<([^>]*)>, "[^"]*"[^"]*$/.exec(rest)?.[1];
      return normal(text, base === undefined ? cwd : decode(base), cwd);
    };
    switch (name) {
      case 'execve':
      case 'execveat': {
        const argv = words.slice(1);
        const outermost =
          by.ancestry.length === 0 || (by.ancestry.length === 1 && wrapping.has(by.argv[0] ?? ''));
        const next: Process = { argv, ancestry: [...by.ancestry, argv] };
        if (!outermost) deeds.push({ kind: 'exec', argv, path: path(), cwd, by });
        by = next;
        break;
      }
      case 'chdir':
        cwd = path();
        break;
      case 'fchdir':
        cwd = decode(/^\d+<(.*)>/.exec(rest)?.[1] ?? cwd);
        break;
      case 'open':
      case 'openat':
      case 'openat2':
      case 'creat': {
        if (rest.includes('O_PATH')) break;
        const target = opened === undefined ? path() : decode(opened);
        const writes = name === 'creat' || /O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)/.test(rest);
        const kind = writes ? 'write' : rest.includes('O_DIRECTORY') ? 'list' : 'read';
        deeds.push({ kind, path: target, by });
        break;
      }
      case 'rename':
      case 'renameat':
      case 'renameat2':
        deeds.push({ kind: 'write', path: path(0), by }, { kind: 'write', path: path(1), by });
        break;
      case 'link':
      case 'linkat':
        deeds.push({ kind: 'read', path: path(0), by }, { kind: 'write', path: path(1), by });
        break;
      case 'symlink':
        deeds.push({ kind: 'write', path: normal(words[1] ?? '', cwd, cwd), by });
        break;
      case 'symlinkat': {
        const base = /", (?:AT_FDCWD|\d+)<([^>]*)>, "/.exec(rest)?.[1];
        deeds.push({
          kind: 'write',
          path: normal(words[1] ?? '', base === undefined ? cwd : decode(base), cwd),
          by,
        });
        break;
      }
      default:
        if (words.length > 0) deeds.push({ kind: 'write', path: path(), by });
    }
  }
}

/** Absolute; the links of /proc to where a process is are followed, those of the world are not. */
function normal(path: string, from: string, cwd: string): string {
  const link = /^\/proc\/(?:thread-)?self\/(cwd|root)(?=\/|$)(.*)$/.exec(path);
  return link === null
    ? posix.resolve(from, path)
    : posix.resolve(link[1] === 'cwd' ? cwd : '/', `.${link[2]}`);
}

function childOf(line: string): number | null {
  const match = /^(?:clone3?|v?fork)\(.*= (\d+)/.exec(line);
  return match === null ? null : Number(match[1]);
}

/** The quoted strings of a call, decoded. */
function strings(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => decode(match[1] ?? ''));
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  v: '\v',
  f: '\f',
  a: '\u0007',
  b: '\b',
};

/** C escapes, octal bytes as UTF-8. */
function decode(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes: number[] = [];
  for (const [part] of text.matchAll(/\\(?:[0-7]{1,3}|x[0-9a-f]{2}|.)|[^\\]/gs)) {
    if (!part.startsWith('\\')) bytes.push(...Buffer.from(part, 'utf8'));
    else if (/^\\[0-7]/.test(part)) bytes.push(Number.parseInt(part.slice(1), 8));
    else if (/^\\x/.test(part)) bytes.push(Number.parseInt(part.slice(2), 16));
    else bytes.push(...Buffer.from(escapes[part.slice(1)] ?? part.slice(1), 'utf8'));
  }
  return Buffer.from(bytes).toString('utf8');
}
