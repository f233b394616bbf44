/** `writ issue`, `show`, `list`, `revoke`. */
import { resolve } from 'node:path';
import type { WritRefusal } from '../core/api/session.ts';
import type { Writ } from '../core/model/writ.ts';
import type { RevokedWrits } from '../authority/services/revoke-writ.ts';
import type { StoredEntry } from '../authority/store/port.ts';
import { isId } from '../core/identity/ids.ts';
import { loadBundle } from '../core/policy/bundle.ts';
import { identifyRepository } from '../guard/repository/identify.ts';
import { connect, type Client } from './authority-client.ts';
import { ensureRunning } from './daemon-client.ts';
import { exit, exitOfVerdict } from './exit.ts';
import { stockGovernance } from './governance.ts';
import { locateHome } from './home.ts';
import { showSession } from './show-session.ts';
import { clock } from './time.ts';
import { paint, print, printJson, say, table, visible } from './output.ts';

interface IssueOptions {
  readonly profile?: string;
  readonly assistant?: string;
  readonly job?: string;
  readonly repo?: string;
  readonly json?: boolean;
}

export async function issue(_args: readonly string[], options: IssueOptions): Promise<void> {
  const client = await connect();
  const { organisation } = await inForce(client);
  const { enforcement } = await ensureRunning(locateHome(process.env));
  const found = await identifyRepository(resolve(options.repo ?? '.'), organisation.repositories);
  const { remote, commit, branch, worktree, worktreeId, proof, proven } = found;
  const answer = await client.post<{ writ: Writ } | { refusal: WritRefusal }>('/writs', {
    assistant: options.assistant ?? organisation.execution.assistant,
    profile: options.profile ?? organisation.execution.profile,
    job: options.job ?? null,
    repository: { remote, commit, branch, worktree, worktreeId, proof, proven },
    enforcement,
    taskKey: await client.newTaskKey(),
  });
  if ('refusal' in answer) {
    const { refusal } = answer;
    if (options.json === true) printJson(refusal);
    say(`no writ: ${refusal.reason}`);
    if (refusal.advice !== null) say(refusal.advice);
    process.exitCode = exitOfVerdict[refusal.decision];
    return;
  }
  if (options.json === true) printJson(answer.writ);
  else print(`${describe(answer.writ)}\n\nUse it with: writ exec --writ ${answer.writ.claims.id} -- COMMAND`);
}

export async function show(
  [id = '']: readonly string[],
  options: { readonly json?: boolean },
): Promise<void> {
  const client = await connect();
  if (isId('ses', id)) {
    await showSession(client, id, options.json === true);
    return;
  }
  const writ = await client.get<Writ>(`/writs/${encodeURIComponent(id)}`);
  const history = await client.get<StoredEntry[]>('/entries', {
    writ: id,
    order: 'oldest-first',
    limit: 1000,
  });
  if (options.json === true) {
    printJson({ ...writ, history });
    return;
  }
  const lines = history.map(({ index, entry }) => [
    String(index),
    clock(entry.time),
    entry.type,
    entry.decision ?? '',
    visible(entry.command ?? '').slice(0, 100),
  ]);
  print(`${describe(writ)}\n\n${table(lines)}`);
}

export async function list(
  _args: readonly string[],
  options: { readonly all?: boolean; readonly limit?: number; readonly json?: boolean },
): Promise<void> {
  const client = await connect();
  const state = options.all === true ? undefined : ['issued', 'active'];
  const writs = await client.get<Writ[]>('/writs', { state, limit: options.limit });
  if (options.json === true) {
    printJson(writs);
    return;
  }
  if (writs.length === 0) {
    print(
      options.all === true
        ? 'There are no writs yet.'
        : 'No writ is live. See ended ones with: writ list --all',
    );
    return;
  }
  const rows = writs.map(({ claims, state: now }) => [
    claims.id,
    now,
    claims.assistant,
    claims.profile,
    claims.repository.remote,
    claims.job ?? '',
    `until ${clock(claims.expiresAt)}`,
  ]);
  print(table(rows));
}

interface RevokeOptions {
  readonly assistant?: string;
  readonly repository?: string;
  readonly reason: string;
  readonly json?: boolean;
}

/** One writ, or every live one of an assistant or in a repository. */
export async function revoke([id]: readonly string[], options: RevokeOptions): Promise<void> {
  const { assistant, repository, reason } = options;
  const several = assistant !== undefined || repository !== undefined;
  if (several === (id !== undefined)) {
    say('say which: a writ, or --assistant NAME, --repository REMOTE or both');
    process.exitCode = exit.usage;
    return;
  }
  const client = await connect();
  if (id === undefined) {
    const of = { ...(assistant && { assistant }), ...(repository && { repository }) };
    const done = await client.post<RevokedWrits>('/writs/revoke', { ...of, reason });
    if (options.json === true) printJson(done);
    else print(told(done));
    return;
  }
  await client.post(`/writs/${encodeURIComponent(id)}/revoke`, { reason: options.reason });
  if (options.json === true) printJson({ id, state: 'revoked', reason: options.reason });
  else print(`${id} is revoked; what ran under it is killed.`);
}

function told({ revoked, refused }: RevokedWrits): string {
  if (revoked.length === 0) return 'No writ of these is live.';
  const left = refused.map((one) => `${one} is not yours to revoke`);
  return [...revoked.map((one) => `${one} is revoked; what ran under it is killed.`), ...left].join('\n');
}

async function inForce(client: Client) {
  const { files } = await client.get<{ files: Record<string, string> }>('/policy');
  const { bundle } = loadBundle(files, stockGovernance());
  if (bundle === null) throw new Error('the policy in force does not load here');
  return bundle;
}

function describe({ claims, state, ended, renewals }: Writ): string {
  const { repository } = claims;
  return table([
    ['writ', paint('bold', claims.id)],
    [
      'state',
      ended === null ? state : `${state} by ${ended.by}, ${clock(ended.at)}: ${visible(ended.reason)}`,
    ],
    ['assistant', `${claims.assistant}, on behalf of ${claims.requester}`],
    ['job', claims.job === null ? '–' : visible(claims.job)],
    ['profile', `${claims.profile}, enforcement level ${claims.enforcement}`],
    [
      'repository',
      `${repository.remote} at ${repository.commit?.slice(0, 12) ?? 'no commit'}${repository.branch === null ? '' : ` (${visible(repository.branch)})`}`,
    ],
    ['worktree', visible(repository.worktree)],
    ['proven', visible(repository.proven)],
    [
      'valid',
      `${clock(claims.issuedAt)} to ${clock(claims.expiresAt)}${renewals > 0 ? `, renewed ${renewals} times` : ''}`,
    ],
    ['policy', claims.policyVersion.slice(0, 16)],
  ]);
}
