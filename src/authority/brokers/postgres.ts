/**
 * A role of PostgreSQL for one task: random password, `VALID UNTIL`, named grants. Revoking it ends its sessions and
 * drops it with whatever it owns. The server is told a SCRAM verifier, so that its own log never holds the password.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { scramVerifier } from '../../core/identity/scram.ts';
import { WritError } from '../../core/model/errors.ts';
import { scopesOf, type CredentialOf, type PostgresGrant } from '../../core/policy/credentials.ts';
import type { Broker, Upstream } from './broker.ts';

type Settings = CredentialOf<'postgres'>;

const connectWithinMs = 8000;
const statementWithinMs = 8000;
const sessionsEndWithinMs = 5000;

export const postgres: Broker<Settings> = {
  endsByItself: false, // the role outlives its password

  describe: (settings) => ({
    description: `${settings.description}: database ${settings.database} on ${settings.host}`,
    scopes: scopesOf(settings),
  }),

  prepare: (_settings, { lease }) => ({ role: `writ_${lease.replace(/^lse_/, '')}` }),

  async issue(settings, { expiresAt }, handle, upstream) {
    const { role = '' } = handle;
    const password = Buffer.from(upstream.random(24)).toString('base64url');
    const verifier = scramVerifier(password, upstream.random(16));
    await asAdmin(settings, upstream, async (admin) => {
      await admin.query('begin');
      await admin.query(
        `create role ${escapeIdentifier(role)} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
           connection limit ${settings.connections} password ${escapeLiteral(verifier)} ${validUntil(expiresAt)}`,
      );
      // Else an administrator who is no superuser could not end its sessions, nor drop what it owns.
      await admin.query(`grant ${escapeIdentifier(role)} to current_user`);
      for (const grant of settings.grants) await admin.query(grantStatement(grant, role));
      upstream.signal.throwIfAborted();
      await admin.query('commit');
    });
    const { host, port, database, tls } = settings;
    const ca = settings.ca === undefined ? null : await readFile(settings.ca, 'utf8');
    return {
      secret: { host, port, database, tls, ca, user: role, password },
      handle,
      expiresAt,
      toSeal: null,
    };
  },

  async renew(settings, { handle }, expiresAt, upstream) {
    const role = escapeIdentifier(handle['role'] ?? '');
    await asAdmin(settings, upstream, (admin) => admin.query(`alter role ${role} ${validUntil(expiresAt)}`));
  },

  async revoke(settings, { handle }, _unsealed, upstream) {
    const { role = '' } = handle;
    await asAdmin(settings, upstream, async (admin) => {
      const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [role]);
      if (rowCount === 0) return;
      const name = escapeIdentifier(role);
      await admin.query(`alter role ${name} nologin`);
      await endSessions(admin, role, upstream);
      await admin.query('begin');
      await admin.query(`drop owned by ${name} cascade`);
      await admin.query(`drop role ${name}`);
      await admin.query('commit');
    });
  },
};

async function endSessions(admin: Client, role: string, { signal }: Upstream): Promise<void> {
  const until = performance.now() + sessionsEndWithinMs;
  for (;;) {
    const { rowCount } = await admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1',
      [role],
    );
    if (rowCount === 0) return;
    if (performance.now() > until) {
      throw new WritError('upstream_failed', `${rowCount} sessions of the role ${role} do not end`);
    }
    await setTimeout(20, undefined, { signal });
  }
}

async function asAdmin(
  settings: Settings,
  { secret, signal }: Upstream,
  act: (admin: Client) => Promise<unknown>,
): Promise<void> {
  const { host, port, database, tls, admin, ca } = settings;
  const local = host.startsWith('/');
  const client = new Client({
    host,
    port,
    database,
    user: admin.user,
    ...(admin.password === undefined ? {} : { password: await secret(admin.password) }),
    ssl:
      local || tls === 'off'
        ? false
        : { host, ...(ca === undefined ? {} : { ca: await readFile(ca, 'utf8') }) },
    application_name: 'writ',
    connectionTimeoutMillis: connectWithinMs,
    statement_timeout: statementWithinMs,
    query_timeout: statementWithinMs + 1000,
  });
  client.on('error', () => {}); // also told to the query under way
  const leave = () => void client.end().catch(() => {});
  signal.addEventListener('abort', leave, { once: true });
  try {
    await client.connect();
    await act(client);
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

function validUntil(expiresAt: number): string {
  return `valid until ${escapeLiteral(new Date(expiresAt).toISOString())}`;
}

function grantStatement(grant: PostgresGrant, role: string): string {
  const to = `to ${escapeIdentifier(role)}`;
  if ('role' in grant) return `grant ${escapeIdentifier(grant.role)} ${to}`;
  const schema = escapeIdentifier(grant.schema);
  const privileges = grant.privileges.join(', ');
  if ('tables' in grant) return `grant ${privileges} on ${objects('table', schema, grant.tables)} ${to}`;
  if ('sequences' in grant) {
    return `grant ${privileges} on ${objects('sequence', schema, grant.sequences)} ${to}`;
  }
  return `grant ${privileges} on schema ${schema} ${to}`;
}

function objects(kind: 'table' | 'sequence', schema: string, names: '*' | readonly string[]): string {
  if (names === '*') return `all ${kind}s in schema ${schema}`;
  return `${kind} ${names.map((name) => `${schema}.${escapeIdentifier(name)}`).join(', ')}`;
}
