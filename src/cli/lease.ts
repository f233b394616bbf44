/** `writ lease list`, `writ lease revoke`. */
import type { LeaseShown } from '../core/api/lease.ts';
import { connect } from './authority-client.ts';
import { exit } from './exit.ts';
import { print, printJson, say, table, visible } from './output.ts';
import { clock } from './time.ts';

interface LeaseOptions {
  readonly all?: boolean;
  readonly writ?: string;
  readonly limit?: number;
  readonly reason?: string;
  readonly json?: boolean;
}

export async function lease([action = '', id]: readonly string[], options: LeaseOptions): Promise<void> {
  if (action === 'list') return list(options);
  if (action === 'revoke' && id !== undefined && options.reason !== undefined) {
    return revoke(id, { ...options, reason: options.reason });
  }
  say('say what: writ lease list, or writ lease revoke LEASE --reason TEXT');
  process.exitCode = exit.usage;
}

async function list({ all = false, writ, limit, json }: LeaseOptions): Promise<void> {
  const client = await connect();
  const state = all ? undefined : ['requested', 'issued', 'revoking'];
  const leases = await client.get<LeaseShown[]>('/leases', { state, writ, limit });
  if (json === true) printJson(leases);
  else if (leases.length === 0) {
    print(all ? 'Nothing was lent yet.' : 'Nothing is lent. See what was with: writ lease list --all');
  } else print(table(leases.map(row)));
}

function row(one: LeaseShown): string[] {
  const { id, state, credential, assistant, reach, expiresAt, revocation } = one;
  const attempts = revocation?.attempts ?? 0;
  const waits =
    state === 'revoking' && attempts > 0 ? `${attempts} attempts, ${revocation?.fault ?? ''}` : '';
  return [
    id,
    state,
    credential,
    assistant,
    visible(reach.description),
    `until ${clock(expiresAt)}`,
    visible(waits),
  ];
}

async function revoke(
  id: string,
  { reason, json }: LeaseOptions & { readonly reason: string },
): Promise<void> {
  const client = await connect();
  const lent = await client.post<LeaseShown>(`/leases/${encodeURIComponent(id)}/revoke`, { reason });
  if (json === true) printJson(lent);
  else print(`${id} is queued for revocation; writ lease list shows it until the upstream confirms.`);
}
