/** `writ log`: tail and search, verify offline, prove one entry, export for other people's tools. */
import { readFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredEntry } from '../authority/store/port.ts';
import { WritError } from '../core/model/errors.ts';
import { verifyLog } from '../core/log/verify.ts';
import { connect, type Client } from './authority-client.ts';
import { socketFetch } from './connection.ts';
import { exit } from './exit.ts';
import { locateHome } from './home.ts';
import { paint, print, printJson, say, table, visible } from './output.ts';
import { parseTime } from './time.ts';

interface LogOptions {
  readonly assistant?: string;
  readonly repository?: string;
  readonly writ?: string;
  readonly session?: string;
  readonly decision?: string;
  readonly command?: string;
  readonly type?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly key?: string;
  readonly follow?: boolean;
  readonly limit?: number;
  readonly json?: boolean;
}

type Action = (argument: string | undefined, options: LogOptions) => Promise<void>;
const actions: Readonly<Record<string, Action>> = { tail, search, verify, prove, export: exportTo };

export async function log(
  [action = 'tail', argument]: readonly string[],
  options: LogOptions,
): Promise<void> {
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (run === undefined) {
    say(`writ log knows ${Object.keys(actions).join(', ')}, not "${action}"`);
    process.exitCode = exit.usage;
    return;
  }
  await run(argument, options);
}

async function search(_argument: string | undefined, options: LogOptions): Promise<void> {
  const found = await query(await connect(), options, { order: 'newest-first', limit: options.limit ?? 50 });
  if (options.json === true) printJson(found);
  else print(found.length === 0 ? 'Nothing on the log fits.' : table(found.toReversed().map(row)));
}

async function tail(_argument: string | undefined, options: LogOptions): Promise<void> {
  const client = await connect();
  let entries = (
    await query(client, options, { order: 'newest-first', limit: options.limit ?? 20 })
  ).toReversed();
  let next = 0;
  for (;;) {
    for (const one of entries) {
      if (options.json === true) printJson(one);
      else print(row(one).join('  '));
      next = one.index + 1;
    }
    if (options.follow !== true) return;
    await sleep(300);
    entries = await query(client, options, { order: 'oldest-first', limit: 1000, from: next });
  }
}

function query(
  client: Client,
  options: LogOptions,
  more: { order: string; limit: number; from?: number },
): Promise<StoredEntry[]> {
  const { assistant, repository, writ, session, decision, command, type, since, until } = options;
  const now = Date.now();
  return client.get<StoredEntry[]>('/entries', {
    assistant,
    repository,
    writ,
    session,
    decision,
    command,
    type,
    since: since === undefined ? undefined : parseTime(since, now),
    until: until === undefined ? undefined : parseTime(until, now),
    ...more,
  });
}

function row({ index, entry }: StoredEntry): string[] {
  const { reason, target } = entry.data;
  const told = entry.command ?? (typeof reason === 'string' ? reason : '');
  const detail = typeof target === 'string' && entry.type.startsWith('egress.') ? `${target}  ${told}` : told;
  const verdict = entry.decision ?? '';
  const colour = { allow: 'green', deny: 'red', 'step-up': 'yellow', '': 'dim' } as const;
  return [
    String(index).padStart(5),
    new Date(entry.time).toISOString().slice(0, 19).replace('T', ' '),
    entry.type.padEnd(18),
    paint(colour[verdict], verdict.padEnd(7)),
    (entry.assistant ?? entry.person ?? '').padEnd(8),
    visible(detail.replaceAll('\n', '⏎')).slice(0, 120),
  ];
}

async function verify(folder: string | undefined, options: LogOptions): Promise<void> {
  const home = locateHome(process.env);
  const vkey =
    options.key ?? (existsSync(home.verifierKey) ? readFileSync(home.verifierKey, 'utf8').trim() : undefined);
  if (vkey === undefined) {
    throw new WritError('verifier_key_missing', 'by which key should the log be verified?', {
      hint: 'Name it with --key VKEY; the owner of the log sees it with: writ status',
    });
  }
  const read = folder === undefined ? await fromRunning() : fromFolder(resolve(folder));
  const { checkpoint, cosignedBy, failures } = await verifyLog({ read, vkey });
  if (options.json === true) {
    const root = checkpoint === null ? null : Buffer.from(checkpoint.root).toString('base64');
    printJson({
      verified: failures.length === 0,
      origin: checkpoint?.origin ?? null,
      size: checkpoint?.size ?? null,
      root,
      cosignedBy,
      failures,
    });
  } else {
    for (const { code, message, path, index } of failures) {
      print(
        `${paint('red', code)}: ${visible(message)} (${path}${index === null ? '' : `, entry ${index}`})`,
      );
    }
    if (failures.length === 0 && checkpoint !== null) {
      print(
        `${paint('green', 'verified')}: ${checkpoint.size} entries of ${checkpoint.origin}, root ${Buffer.from(checkpoint.root).toString('base64')}`,
      );
    }
  }
  process.exitCode = failures.length === 0 ? exit.done : exit.unverified;
}

function fromFolder(folder: string) {
  return async (path: string): Promise<Uint8Array | null> => {
    try {
      return await readFile(join(folder, path));
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
      throw error;
    }
  };
}

async function fromRunning() {
  const client = await connect();
  return (path: string): Promise<Uint8Array | null> => client.bytes(`/log/${path}`);
}

async function prove(index: string | undefined, options: LogOptions): Promise<void> {
  if (index === undefined || !/^\d+$/.test(index)) {
    say('which entry? Use: writ log prove INDEX; the index stands first in each line of writ log tail');
    process.exitCode = exit.usage;
    return;
  }
  const proof = await (await connect()).text(`/entries/${index}/proof`);
  if (options.json === true) printJson({ index: Number(index), proof });
  else print(proof);
}

async function exportTo(folder: string | undefined, options: LogOptions): Promise<void> {
  if (folder === undefined) {
    say('where to? Use: writ log export DIR');
    process.exitCode = exit.usage;
    return;
  }
  const home = locateHome(process.env);
  await connect();
  const response = await socketFetch(home)('/daemon/export', { body: { directory: resolve(folder) } });
  const answer = response.json() as {
    origin: string;
    size: number;
    error?: { code: string; message: string; hint: string | null };
  };
  if (answer.error !== undefined) {
    const { code, message, hint } = answer.error;
    throw new WritError(code, message, hint === null ? {} : { hint });
  }
  if (options.json === true) printJson(answer);
  else
    print(
      `${answer.size} entries of ${answer.origin} in ${resolve(folder)}; verify them with: writ log verify ${folder}`,
    );
}
