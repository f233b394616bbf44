/** Rows to model and back. */
import type { Kysely } from 'kysely';
import type { SvidKey } from '../../core/identity/svid-keys.ts';
import type { Approval } from '../../core/model/approval.ts';
import { settledAt, type Lease } from '../../core/model/lease.ts';
import type { Writ } from '../../core/model/writ.ts';
import { storeError } from './errors.ts';
import type { AssistantMode, PolicyVersion, Reader } from './port.ts';
import type {
  ApprovalRow,
  AssistantModeRow,
  LeaseRow,
  PolicyRow,
  SvidKeyRow,
  Tables,
  WritRow,
} from './tables.ts';

/** Runs a query where its owner wants it: on the readers' connection, or within a transaction. */
export type RunQuery = <T>(query: (db: Kysely<Tables>) => Promise<T>) => Promise<T>;

export function sqlReader(run: RunQuery): Reader {
  return {
    writ: async (id) => {
      const row = await run((db) =>
        db.selectFrom('writs').select('body').where('id', '=', searchable(id)).executeTakeFirst(),
      );
      return row === undefined ? null : (parseBody(row.body) as Writ);
    },
    writs: async ({ states, assistant, repository, limit } = {}) => {
      if (states?.length === 0) return [];
      const rows = await run((db) => {
        let query = db.selectFrom('writs').select('body').orderBy('issued_at', 'desc').orderBy('id');
        if (states !== undefined) query = query.where('state', 'in', states);
        if (assistant !== undefined) query = query.where('assistant', '=', searchable(assistant));
        if (repository !== undefined) query = query.where('repository', '=', searchable(repository));
        if (limit !== undefined) query = query.limit(limit);
        return query.execute();
      });
      return rows.map(({ body }) => parseBody(body) as Writ);
    },
    assistantMode: async (assistant) => {
      const row = await run((db) =>
        db
          .selectFrom('assistant_modes')
          .selectAll()
          .where('assistant', '=', searchable(assistant))
          .executeTakeFirst(),
      );
      return row === undefined ? null : modeOf(row);
    },
    approval: async (id) => {
      const row = await run((db) =>
        db.selectFrom('approvals').select('body').where('id', '=', searchable(id)).executeTakeFirst(),
      );
      return row === undefined ? null : (parseBody(row.body) as Approval);
    },
    approvals: async ({ states, writ, digest, limit } = {}) => {
      if (states?.length === 0) return [];
      const rows = await run((db) => {
        let query = db.selectFrom('approvals').select('body').orderBy('requested_at', 'desc').orderBy('id');
        if (states !== undefined) query = query.where('state', 'in', states);
        if (writ !== undefined) query = query.where('writ', '=', searchable(writ));
        if (digest !== undefined) query = query.where('digest', '=', searchable(digest));
        if (limit !== undefined) query = query.limit(limit);
        return query.execute();
      });
      return rows.map(({ body }) => parseBody(body) as Approval);
    },
    lease: async (id) => {
      const row = await run((db) =>
        db.selectFrom('leases').select('body').where('id', '=', searchable(id)).executeTakeFirst(),
      );
      return row === undefined ? null : (parseBody(row.body) as Lease);
    },
    leases: async ({ states, writ, session, due, limit } = {}) => {
      if (states?.length === 0) return [];
      const rows = await run((db) => {
        let query = db.selectFrom('leases').select('body');
        if (states !== undefined) query = query.where('state', 'in', states);
        if (writ !== undefined) query = query.where('writ', '=', searchable(writ));
        if (session !== undefined) query = query.where('session', '=', searchable(session));
        if (due !== undefined) query = query.where('due_at', '<=', due);
        if (limit !== undefined) query = query.limit(limit);
        const ordered = due === undefined ? query.orderBy('requested_at', 'desc') : query.orderBy('due_at');
        return ordered.orderBy('id').execute();
      });
      return rows.map(({ body }) => parseBody(body) as Lease);
    },
    currentPolicy: async () => {
      const row = await run((db) =>
        db
          .selectFrom('current_policy')
          .innerJoin('policies', 'policies.version', 'current_policy.version')
          .select(['policies.version', 'files', 'published_at'])
          .executeTakeFirst(),
      );
      return row === undefined ? null : policyOf(row);
    },
    svidKeys: async () => {
      const rows = await run((db) =>
        db.selectFrom('svid_keys').select('body').orderBy('created_at').orderBy('kid').execute(),
      );
      return rows.map(({ body }) => parseBody(body) as SvidKey);
    },
    isSpent: async (token) => {
      const row = await run((db) =>
        db.selectFrom('spent_tokens').select('id').where('id', '=', searchable(token)).executeTakeFirst(),
      );
      return row !== undefined;
    },
  };
}

/** PostgreSQL's text cannot hold U+0000; bodies hold it as an escape. */
export function searchable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text;
}

export function writRow(writ: Writ): WritRow {
  const { claims, state } = writ;
  return {
    id: searchable(claims.id),
    state,
    assistant: searchable(claims.assistant),
    repository: searchable(claims.repository.remote),
    issued_at: claims.issuedAt,
    body: JSON.stringify(writ),
  };
}

export function approvalRow(approval: Approval): ApprovalRow {
  return {
    id: searchable(approval.id),
    state: approval.state,
    writ: searchable(approval.writ),
    digest: searchable(approval.digest),
    requested_at: approval.requestedAt,
    body: JSON.stringify(approval),
  };
}

export function leaseRow(lease: Lease): LeaseRow {
  const { id, state, writ, session, requestedAt, expiresAt, revocation } = lease;
  return {
    id: searchable(id),
    state,
    writ: searchable(writ),
    session: searchable(session),
    requested_at: requestedAt,
    due_at: revocation?.nextAttemptAt ?? (state === 'requested' ? settledAt(lease) : expiresAt),
    body: JSON.stringify(lease),
  };
}

export function modeRow({ assistant, mode, by, reason, at }: AssistantMode): AssistantModeRow {
  const [decidedBy, why] = [searchable(by), searchable(reason)];
  return { assistant: searchable(assistant), mode, decided_by: decidedBy, reason: why, decided_at: at };
}

export function policyRow({ version, files, publishedAt }: PolicyVersion): PolicyRow {
  return { version: searchable(version), files: JSON.stringify(files), published_at: publishedAt };
}

export function svidKeyRow(key: SvidKey): SvidKeyRow {
  return { kid: key.kid, created_at: key.createdAt, body: JSON.stringify(key) };
}

function modeOf({
  assistant,
  mode,
  decided_by: by,
  reason,
  decided_at: at,
}: AssistantModeRow): AssistantMode {
  return { assistant, mode, by, reason, at };
}

function policyOf({ version, files, published_at: publishedAt }: PolicyRow): PolicyVersion {
  return { version, files: parseBody(files) as PolicyVersion['files'], publishedAt };
}

/** Only this file writes bodies, so they are trusted to have the shape; not, to be whole. */
function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw storeError('store_corrupt', 'a row of the database is damaged', { cause });
  }
}
