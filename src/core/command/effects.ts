/** What a command would do, in a sentence or two, for people who approve and may not be developers. */
import type { ExecOperation, Operation, PathOperation, Trait } from '../model/operation.ts';
import { listed, quoted } from './describe.ts';
import { isWithin } from './paths.ts';

const mostNames = 3;
const longestName = 60;

/** Plain text of bounded length (some 1,500 UTF-16 units), in which characters that do not show are spelled out. */
export function describeEffects(operations: readonly Operation[], repository: string): string {
  const execs = operations.filter((operation) => operation.kind === 'exec');
  const deeds = [
    ...onPaths(operations, repository),
    ...ofPrograms(execs),
    ...onHosts(operations, execs),
    ...withCredentials(operations),
  ];
  const doubts = ofOpaque(operations, deeds.length > 0);
  const known = deeds.length > 0 ? `${capital(listed(deeds, ', and '))}.` : '';
  if (doubts.length === 0) return known === '' ? onlyComputes(execs) : known;
  const rest = `${capital(listed(doubts))} cannot be told from the text.`;
  return known === '' ? rest : `${known} ${rest}`;
}

function onlyComputes(execs: readonly ExecOperation[]): string {
  return execs.length === 0 ? 'Does nothing.' : `Only computes and prints (${names(execs.map(nameOf))}).`;
}

const removes = new Set(['rm', 'rmdir', 'unlink', 'shred']);

function onPaths(operations: readonly Operation[], repository: string): readonly string[] {
  const byVerb = new Map<string, string[]>([
    ['reads', []],
    ['writes', []],
    ['removes', []],
  ]);
  for (const operation of operations) {
    // That a program's own file is read goes without saying.
    if ((operation.kind !== 'read' && operation.kind !== 'write') || operation.by.includes('/')) continue;
    const verb = operation.kind === 'read' ? 'reads' : removes.has(operation.by) ? 'removes' : 'writes';
    byVerb.get(verb)?.push(placeOf(operation, repository));
  }
  return [...byVerb].flatMap(([verb, paths]) => (paths.length === 0 ? [] : [`${verb} ${names(paths)}`]));
}

function placeOf(
  { target, pattern, recursive, sensitivity, area }: PathOperation,
  repository: string,
): string {
  const inside = isWithin(target, repository);
  const shown = inside ? target.slice(repository.length).replace(/^\/+/, '') : target;
  const whole = shown === '' ? 'the repository' : name(shown);
  const what = recursive ? (shown === '' ? 'all of the repository' : `everything in ${whole}`) : whole;
  const note = sensitivity?.replace('-', ' ') ?? (inside ? null : areaNotes[area]);
  return `${pattern && !recursive ? `the files that match ${whole}` : what}${note === null || note === undefined ? '' : ` (${note})`}`;
}

/** Where a path outside of the repository matters to whoever decides. */
const areaNotes: Partial<Readonly<Record<PathOperation['area'], string>>> = {
  'credential-store': 'credentials',
  home: "somebody's home",
  system: 'system settings',
  guard: "Writ's own files",
};

/** From what matters least to a reader to what matters most. Reading and writing is said by the files. */
const deedsOfTraits: readonly (readonly [Trait, (programs: string) => string])[] = [
  ['commits', (programs) => `records into version control (${programs})`],
  ['builds', (programs) => `runs the repository's own tasks (${programs})`],
  ['installs', (programs) => `installs the dependencies that are declared (${programs})`],
  ['dependencies', (programs) => `changes the project's dependencies (${programs})`],
  ['runs-code', (programs) => `runs code through ${programs}, whose effects are not known`],
  ['unknown', (programs) => `runs ${programs}, whose effects are not known`],
  ['configures', (programs) => `changes settings that later commands obey (${programs})`],
  ['signals', (programs) => `may stop other programs (${programs})`],
  ['persists', (programs) => `leaves something behind that goes on running (${programs})`],
  ['destroys', (programs) => `destroys what cannot be had back (${programs})`],
  ['system', (programs) => `changes the system outside of the repository (${programs})`],
  ['privileges', (programs) => `asks for another user's or the system's authority (${programs})`],
];

function ofPrograms(execs: readonly ExecOperation[]): readonly string[] {
  const own = execs.filter((exec) => isOwnProgram(exec));
  const others = execs.filter((exec) => !isOwnProgram(exec));
  const deeds = deedsOfTraits.flatMap(([trait, say]) => {
    const with_ = (trait === 'runs-code' ? others : execs).filter((exec) => exec.traits.includes(trait));
    return with_.length === 0 ? [] : [say(names(with_.map(nameOf)))];
  });
  return own.length === 0 ? deeds : [ofOwn(own), ...deeds];
}

function ofOwn(programs: readonly ExecOperation[]): string {
  const distinct = new Set(programs.map(nameOf));
  return `runs the repository's ${distinct.size === 1 ? 'program' : 'programs'} ${names([...distinct])}, whose effects are not known`;
}

/** Started by its path rather than found among the machine's programs. */
function isOwnProgram({ target, traits }: ExecOperation): boolean {
  return target.includes('/') && !target.startsWith('/') && traits.includes('runs-code');
}

function nameOf({ target, subcommand }: ExecOperation): string {
  return subcommand === null ? name(target) : `${name(target)} ${name(subcommand)}`;
}

function onHosts(operations: readonly Operation[], execs: readonly ExecOperation[]): readonly string[] {
  const byDeed = new Map<string, string[]>();
  for (const operation of operations) {
    if (operation.kind !== 'connect') continue;
    const traits = execs.filter((exec) => exec.target === operation.by).flatMap((exec) => exec.traits);
    const deed = traits.includes('publishes')
      ? 'sends data to'
      : traits.includes('fetches')
        ? 'fetches from'
        : 'connects to';
    const symbolic = operation.port === null ? /^([a-z]+):([a-z].*)$/.exec(operation.host) : null;
    const host =
      symbolic === null ? name(operation.host) : `the ${symbolic[1] ?? ''} ${name(symbolic[2] ?? '')}`;
    byDeed.set(deed, [...(byDeed.get(deed) ?? []), host]);
  }
  const silent = execs.filter(
    ({ traits, target }) =>
      traits.includes('publishes') && !operations.some((one) => one.kind === 'connect' && one.by === target),
  );
  return [
    ...(silent.length === 0 ? [] : [`may send data out (${names(silent.map(nameOf))})`]),
    ...[...byDeed].map(([deed, hosts]) => `${deed} ${names(hosts)}`),
  ];
}

function withCredentials(operations: readonly Operation[]): readonly string[] {
  const stores = operations
    .filter((operation) => operation.kind === 'credential')
    .map(({ target }) => name(target));
  return stores.length === 0 ? [] : [`uses the credentials of ${names(stores)}`];
}

/** Alone, and beside what is known. */
const hidden = {
  exec: ['what it runs', 'what else it runs'],
  read: ['which files it reads', 'which other files it reads'],
  write: ['which files it writes', 'which other files it writes'],
  connect: ['where it connects', 'where else it connects'],
  credential: ['which credentials it uses', 'which other credentials it uses'],
} as const;

function ofOpaque(operations: readonly Operation[], besides: boolean): readonly string[] {
  const kinds = new Set(
    operations.flatMap((operation) => (operation.kind === 'opaque' ? [operation.of] : [])),
  );
  return (['exec', 'read', 'write', 'connect', 'credential'] as const).flatMap((kind) =>
    kinds.has(kind) ? [hidden[kind][besides ? 1 : 0]] : [],
  );
}

/** `a, b and 4 more`: distinct, in order. */
function names(all: readonly string[]): string {
  const distinct = [...new Set(all)];
  const shown = distinct.slice(0, mostNames);
  const more = distinct.length - shown.length;
  return listed(more === 0 ? shown : [...shown, `${more} more`]);
}

function name(text: string): string {
  return quoted(text.length <= longestName ? text : `${text.slice(0, longestName - 1)}…`);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
