/** `writ show SESSION`: what ran, what was decided about it, and how it ended, all from the log. */
import type { StoredEntry } from '../authority/store/port.ts';
import type { Entry } from '../core/model/entry.ts';
import { WritError } from '../core/model/errors.ts';
import type { Client } from './authority-client.ts';
import { counted, paint, print, printJson, table, visible } from './output.ts';
import { treeOf, type TreeNode } from './session-tree.ts';
import { clock } from './time.ts';

const longestLine = 110;

export async function showSession(client: Client, id: string, json: boolean): Promise<void> {
  const entries = await client.get<StoredEntry[]>('/entries', {
    session: id,
    order: 'oldest-first',
    limit: 10_000,
  });
  const [first] = entries;
  if (first === undefined) {
    throw new WritError('session_unknown', `there is no session ${id} on the log`, {
      hint: 'List what ran with: writ log search --type execution.started',
    });
  }
  const tree = treeOf(entries.filter(({ entry }) => !isFrame(entry)));
  if (json) printJson({ session: id, ...summary(entries), tree });
  else print(`${table(headOf(id, first.entry, entries))}\n\n${linesOf(tree, first.entry.time).join('\n')}`);
}

/** Its start and its end stand above the tree. */
function isFrame({ type }: Entry): boolean {
  return type === 'execution.started' || type === 'execution.ended';
}

function summary(entries: readonly StoredEntry[]): { started: Entry | null; ended: Entry | null } {
  const of = (type: Entry['type']) => entries.find(({ entry }) => entry.type === type)?.entry ?? null;
  return { started: of('execution.started'), ended: of('execution.ended') };
}

function headOf(id: string, about: Entry, entries: readonly StoredEntry[]): string[][] {
  const { started, ended } = summary(entries);
  const processes = entries.filter(({ entry }) => entry.type === 'execution.process').length;
  return [
    ['session', paint('bold', id)],
    ['command', visible(about.command ?? '').slice(0, longestLine)],
    ['assistant', `${about.assistant ?? ''}, on behalf of ${about.person ?? ''}`],
    ['repository', about.repository ?? ''],
    ['writ', about.writ ?? ''],
    [
      'started',
      started === null
        ? 'never'
        : `${clock(started.time)}, enforcement level ${shown(started.data['enforcement'])}`,
    ],
    ['ended', started === null ? 'it was not run' : ended === null ? 'it runs' : endOf(ended)],
    ['processes', counted(processes, 'program')],
  ];
}

function endOf({ time, data }: Entry): string {
  const status = data['exitCode'] === null ? '' : `, status ${shown(data['exitCode'])}`;
  const signal = typeof data['signal'] === 'string' ? ` (${data['signal']})` : '';
  const took = typeof data['durationMs'] === 'number' ? ` after ${seconds(data['durationMs'])}` : '';
  const limits = Array.isArray(data['limitsReached']) ? data['limitsReached'].map(shown) : [];
  return [`${clock(time)}: ${shown(data['outcome'])}${status}${signal}${took}`, ...limits].join('; ');
}

const colours = { allow: 'green', deny: 'red', 'step-up': 'yellow' } as const;

function linesOf(nodes: readonly TreeNode[], since: number, depth = 0): string[] {
  return nodes.flatMap(({ stored: { entry }, children }) => {
    const { type, decision, time, command, data } = entry;
    const verdict = decision === null ? ' '.repeat(7) : paint(colours[decision], decision.padEnd(7));
    const what = type === 'execution.process' ? '' : `${type}: `;
    const why = decision !== 'allow' && typeof data['reason'] === 'string' ? `: ${data['reason']}` : '';
    const text = visible(`${what}${command ?? ''}${why}`.replaceAll('\n', '⏎'));
    const line = `${verdict}  ${`+${seconds(time - since)}`.padStart(9)}  ${'  '.repeat(depth)}${text}`;
    return [line.slice(0, longestLine + 40), ...linesOf(children, since, depth + 1)];
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function shown(value: unknown): string {
  return visible(typeof value === 'string' ? value : JSON.stringify(value ?? null));
}
