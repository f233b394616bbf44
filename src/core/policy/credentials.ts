/** The `credentials` section of `organisation.yaml`: which upstreams give out what, and who speaks to them. */
import { z } from 'zod';
import { duration } from './duration.ts';

const text = z.string().min(1).max(500);
const path = z.string().startsWith('/', 'must be an absolute path').max(4096);
const port = z.int().min(1).max(65_535);

/** Of a database: whatever PostgreSQL takes as a name. Quoted wherever it is used. */
const sqlName = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[^\p{Cc}]+$/u, 'must not hold control characters');

/** Where a secret lies; it never stands in the file itself. */
const secret = z.union(
  [
    z.strictObject({ file: path }),
    z.strictObject({
      environment: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of a variable'),
    }),
  ],
  'must be { file: PATH } or { environment: NAME }: where the secret lies, never the secret itself',
);
export type SecretSource = z.output<typeof secret>;

const common = {
  description: text,
  /** How long one lease lasts before it must be renewed; never longer than its writ. */
  ttl: duration({ least: '10s', most: '24h' }).default(10 * 60_000),
};

const tablePrivilege = z.enum(['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']);

/** What a role may do, one line each. Templates of SQL are not taken: names are quoted, privileges are these. */
const grant = z.union(
  [
    z.strictObject({ role: sqlName }),
    z.strictObject({
      schema: sqlName,
      privileges: z.array(z.enum(['usage', 'create'])).min(1),
    }),
    z.strictObject({
      schema: sqlName,
      tables: z.union([z.literal('*'), z.array(sqlName).min(1).max(1000)]),
      privileges: z.array(tablePrivilege).min(1),
    }),
    z.strictObject({
      schema: sqlName,
      sequences: z.union([z.literal('*'), z.array(sqlName).min(1).max(1000)]),
      privileges: z.array(z.enum(['usage', 'select', 'update'])).min(1),
    }),
  ],
  'must name a role, or a schema with privileges, and tables or sequences of it',
);
export type PostgresGrant = z.output<typeof grant>;

const postgres = z.strictObject({
  ...common,
  broker: z.literal('postgres'),
  /** A host, or the folder of the server's Unix socket. */
  host: z.string().min(1).max(300),
  port: port.default(5432),
  database: sqlName,
  /** `verify`: the server's certificate must be right for `host`. */
  tls: z.enum(['verify', 'off']).default('verify'),
  /** Certificates to trust instead of the system's, PEM. */
  ca: path.optional(),
  /** Creates and drops the roles: needs CREATEROLE and the granted privileges with GRANT OPTION. */
  admin: z.strictObject({ user: sqlName, password: secret.optional() }),
  grants: z.array(grant).min(1).max(200),
  connections: z.int().min(1).max(1000).default(10),
});

export const credential = z.discriminatedUnion('broker', [postgres], 'must be one of: postgres');
export type Credential = z.output<typeof credential>;
export type CredentialOf<Kind extends Credential['broker']> = Extract<Credential, { broker: Kind }>;

/** What policy may speak of as `resource.scopes`, such as `select` or `contents:write`. Sorted. */
export function scopesOf(given: Credential): readonly string[] {
  switch (given.broker) {
    case 'postgres':
      return [...new Set(given.grants.flatMap(postgresScopes))].sort();
  }
}

function postgresScopes(one: PostgresGrant): readonly string[] {
  return 'role' in one ? [`role:${one.role}`] : one.privileges;
}
