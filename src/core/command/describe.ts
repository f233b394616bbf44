import { spellUnseen } from '../model/unseen.ts';
import type { Operation, PathOperation, Trait } from '../model/operation.ts';

/** One plain sentence without its full stop: `writes /repo/src/a.ts`. */
export function describeOperation(operation: Operation): string {
  switch (operation.kind) {
    case 'exec':
      return describeExec(
        operation.target,
        operation.argv,
        operation.subcommand,
        operation.traits,
        operation.via,
      );
    case 'read':
    case 'write':
      return describePath(operation);
    case 'connect':
      return operation.target.includes(':') &&
        /^[a-z]+:[a-z]/.test(operation.target) &&
        operation.port === null
        ? `connects to the ${operation.target.replace(':', ' ')} (${operation.by})`
        : `connects to ${operation.target} (${operation.by})`;
    case 'credential':
      return `uses the credentials of ${operation.target} (${operation.by})`;
    case 'opaque':
      return operation.target === ''
        ? `may ${hidden[operation.of]}: ${operation.reason}`
        : `may ${hidden[operation.of]} in ${quoted(operation.target)}: ${operation.reason}`;
  }
}

const hidden = {
  exec: 'do anything',
  read: 'read any file',
  write: 'write any file',
  connect: 'connect anywhere',
  credential: 'use any credential',
} as const;

const effects: Readonly<Record<Trait, string>> = {
  reads: 'reads',
  writes: 'writes files',
  destroys: 'destroys what cannot be had back',
  commits: 'records into version control',
  'runs-code': 'runs code',
  builds: "runs the repository's own tasks",
  installs: 'installs declared dependencies',
  dependencies: 'changes dependencies',
  network: 'opens connections',
  fetches: 'fetches',
  publishes: 'publishes',
  configures: 'changes settings of later commands',
  privileges: 'asks for more authority',
  credentials: 'handles credentials',
  persists: 'outlives the task',
  signals: 'signals processes',
  system: 'changes the system',
  unknown: 'has effects that are not known',
};

function describeExec(
  target: string,
  argv: readonly string[],
  subcommand: string | null,
  traits: readonly Trait[],
  via: readonly string[],
): string {
  const name = subcommand === null ? target : `${target} ${subcommand}`;
  const through = via.length === 0 ? '' : ` through ${via.join(', ')}`;
  if (traits.length === 0) return `runs ${argv.length > 1 || subcommand !== null ? name : target}${through}`;
  return `runs ${name}${through}, which ${listed(traits.map((trait) => effects[trait]))}`;
}

function describePath({ kind, target, pattern, recursive, sensitivity }: PathOperation): string {
  const verb = kind === 'read' ? 'reads' : 'writes';
  const what = recursive
    ? `everything below ${quoted(target)}`
    : pattern
      ? `the files that match ${quoted(target)}`
      : quoted(target);
  return `${verb} ${what}${sensitivity === null ? '' : ` (${sensitivity.replace('-', ' ')})`}`;
}

export function listed(words: readonly string[], last = ' and '): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')}${last}${words.at(-1) ?? ''}`;
}

/** As it stands where it is plain, else quoted so that nothing in it can pass for part of the sentence. */
export function quoted(text: string): string {
  return /^[\w./@:*?=+,~-]+$/.test(text) ? text : spellUnseen(JSON.stringify(text));
}
