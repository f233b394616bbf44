/**
 * Holds the import direction of docs/architecture: a room imports only downwards.
 * Plain text scanning of import specifiers: the rooms are few and the rule must not depend on a compiler's API.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Room to the rooms it may import besides itself. The longest matching prefix names a file's room. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'src/core/model': [],
  'src/core/command': ['src/core/model'],
  'src/core/policy': ['src/core/model'],
  'src/core/log': ['src/core/model'],
  'src/core/identity': ['src/core/model'],
  'src/core/api': ['src/core/model', 'src/core/policy', 'src/core/log', 'src/core/identity'],
  'src/guard': ['src/core'],
  'src/authority': ['src/core'],
  'src/cli': ['src/core', 'src/guard', 'src/authority'],
};

/** Node modules that do I/O, tell the time or start processes: `core` must not have them. */
const impure =
  /^node:(fs|net|http|https|http2|child_process|os|process|dns|tls|dgram|worker_threads|timers|sqlite|readline)\b/;

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export function roomOf(file: string): string | null {
  const rooms = Object.keys(mayImport).filter((room) => file.startsWith(`${room}/`));
  return rooms.sort((a, b) => b.length - a.length)[0] ?? null;
}

export function violations(file: string, text: string): Violation[] {
  const room = roomOf(file);
  if (room === null) return [];
  const found: Violation[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const specifier = /(?:from|import)\s*\(?\s*'([^']+)'/.exec(line)?.[1];
    if (specifier === undefined) continue;
    const report = (message: string) => found.push({ file, line: index + 1, message });
    if (!specifier.startsWith('.')) {
      if (room.startsWith('src/core') && impure.test(specifier))
        report(`core is pure and may not import ${specifier}`);
      continue;
    }
    const target = normalize(join(dirname(file), specifier));
    const allowed = [room, ...(mayImport[room] ?? [])];
    if (!allowed.some((prefix) => target.startsWith(`${prefix}/`)))
      report(`${room} may not import ${target}`);
  }
  return found;
}

if (import.meta.main) {
  const files = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'));
  const homeless = files.filter((file) => roomOf(file) === null);
  const found = files.flatMap((file) => violations(file, readFileSync(file, 'utf8')));
  for (const { file, line, message } of found) process.stderr.write(`${file}:${line}: ${message}\n`);
  for (const file of homeless) process.stderr.write(`${file}:1: lies in no room of the architecture\n`);
  process.stderr.write(`   ${files.length} files read\n`);
  process.exit(found.length + homeless.length === 0 && files.length > 0 ? 0 : 1);
}
