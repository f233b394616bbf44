/** The `credentials` section of `organisation.yaml`: which upstreams give out what, and who speaks to them. */
import { z } from 'zod';
import { duration } from './duration.ts';
import { injectionFields, injectionScopes, type Injection } from './injection.ts';

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
/** Of the kernel's keyrings the one of the user that Writ runs as: the description of a key of type `user`. */
const keyring = z.strictObject({
  keyring: z.string().regex(/^[!-~]{1,200}$/, 'must be the description of a key'),
});
export type SecretSource = z.output<typeof secret> | z.output<typeof keyring>;

const common = {
  description: text,
  /** How long one lease lasts before it must be renewed; never longer than its writ. */
  ttl: duration({ least: '10s', most: '24h' }).default(10 * 60_000),
};

const database = {
  /** A host, or the folder of the server's Unix socket. */
  host: z.string().min(1).max(300),
  port: port.default(5432),
  database: sqlName,
  /** `verify`: the server's certificate must be right for `host`. */
  tls: z.enum(['verify', 'off']).default('verify'),
  /** Certificates to trust instead of the system's, PEM. */
  ca: path.optional(),
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
  ...database,
  /** Creates and drops the roles: needs CREATEROLE and the granted privileges with GRANT OPTION. */
  admin: z.strictObject({ user: sqlName, password: secret.optional() }),
  grants: z.array(grant).min(1).max(200),
  connections: z.int().min(1).max(1000).default(10),
});

const upstreamUrl = z
  .string()
  .max(1000)
  .refine(isUpstream, 'must be an https address without user, query or fragment, or http on loopback');

function isUpstream(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  const unseen = protocol === 'https:' || (protocol === 'http:' && loopback);
  return unseen && [username, password, search, hash].every((part) => part === '');
}

const hostForm = /^[a-z0-9][a-z0-9.-]{0,252}(:\d{1,5})?$/;
const gitAccess = z.enum(['read', 'write']);

const gitHttps = z.strictObject({
  ...common,
  broker: z.literal('git-https'),
  /** As canonical remotes begin: `git.example`, `git.example:8443`. */
  host: z.string().regex(hostForm, 'must be a host as remotes name it'),
  /** Where repositories lie below; by default the host over https. */
  url: upstreamUrl.optional(),
  username: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^:\p{Cc}]+$/u, 'must not hold a colon')
    .default('git'),
  password: secret,
  /** `read` fetches, `write` also pushes. */
  access: gitAccess.default('read'),
  ca: path.optional(),
});

/** Of a certificate; sshd takes lists of them apart at commas. */
const sshName = z.string().regex(/^[^\s,\p{Cc}]{1,200}$/u, 'must not hold spaces or commas');

const ssh = z.strictObject({
  ...common,
  broker: z.literal('ssh'),
  /** The private key of the authority that servers trust (`TrustedUserCAKeys`): OpenSSH's form, Ed25519, no passphrase. */
  ca: secret,
  /** Accounts, or names that the servers map to accounts (`AuthorizedPrincipalsFile`). */
  principals: z.array(sshName).min(1).max(50),
  ttl: duration({ least: '10s', most: '1h' }).default(5 * 60_000),
  forceCommand: text.optional(),
  /** From where it may be used: addresses and CIDR ranges. */
  sourceAddresses: z
    .array(sshName.regex(/^[0-9a-f.:]+(\/\d{1,3})?$/, 'must be an address or a CIDR range'))
    .max(50)
    .default([]),
  extensions: z
    .array(z.enum(['permit-pty', 'permit-port-forwarding', 'permit-agent-forwarding', 'permit-user-rc']))
    .default([]),
  /** File for sshd's `RevokedKeys`; without it a certificate dies with its key, which never leaves the guard. */
  krl: path.optional(),
});

const githubApp = z.strictObject({
  ...common,
  broker: z.literal('github-app'),
  api: upstreamUrl.default('https://api.github.com'),
  /** As canonical remotes begin, and where git goes. */
  host: z.string().regex(hostForm, 'must be a host as remotes name it').default('github.com'),
  url: upstreamUrl.optional(),
  app: z.union([
    z.int().positive(),
    z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be an app or client id'),
  ]),
  installation: z.int().positive(),
  /** The app's private key, PEM. */
  key: secret,
  /** Of the installation's, those that a token is given: `contents: read`. */
  permissions: z
    .record(z.string().regex(/^[a-z_]{1,60}$/, 'must be a permission of GitHub Apps'), gitAccess)
    .refine((all) => Object.keys(all).length > 0, 'must name at least one permission'),
});

const vaultPath = z
  .string()
  .max(300)
  .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, 'must be a path without leading or double slash');

const vault = z.strictObject({
  ...common,
  broker: z.literal('vault'),
  /** Of Vault or OpenBao. */
  address: upstreamUrl,
  namespace: vaultPath.optional(),
  ca: path.optional(),
  login: z.strictObject({
    /** Where the JWT method is mounted. */
    mount: vaultPath.default('jwt'),
    role: z.string().min(1).max(200),
    /** The task's own identity for this audience, or a token of Writ's. */
    jwt: z.union(
      [z.strictObject({ audience: text }), ...secret.options],
      'must be { audience: NAME } for the identity of the task, or { file: PATH } or { environment: NAME }',
    ),
  }),
  /** Of the dynamic secret: `database/creds/shop`. */
  path: vaultPath,
  /** The database that the secret's user name and password open. */
  postgres: z.strictObject(database),
});

const kubernetesName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be a name of Kubernetes');

const kubernetes = z.strictObject({
  ...common,
  broker: z.literal('kubernetes'),
  /** Of the API server. */
  address: upstreamUrl,
  ca: path.optional(),
  namespace: kubernetesName,
  serviceAccount: kubernetesName,
  /** As whom Writ asks: may make and delete Secrets of the namespace, and tokens of the service account. */
  token: secret,
});

/** IAM's own forms (API reference, AssumeRoleWithWebIdentity). */
const roleArn = z
  .string()
  .max(2048)
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'must be the ARN of a role');
const policyArn = z
  .string()
  .max(2048)
  .regex(/^arn:aws[a-z-]*:iam::(aws|\d{12}):policy\/[\w+=,.@/-]+$/, 'must be the ARN of a policy');
const statement = z.record(z.string().max(20), z.json());

const aws = z.strictObject({
  ...common,
  broker: z.literal('aws'),
  role: roleArn,
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region'),
  /** As the role's trust policy has it. */
  audience: text.default('sts.amazonaws.com'),
  /** By default the region's own. */
  sts: upstreamUrl.optional(),
  /** What a task may do at most, of what the role may (session policies). */
  statements: z.array(statement).min(1).max(20).optional(),
  policies: z.array(policyArn).min(1).max(10).optional(),
  /** Who may write the role's inline policy that refuses ended sessions; without it they live to their own end. */
  revocation: z
    .strictObject({
      iam: upstreamUrl.default('https://iam.amazonaws.com'),
      accessKeyId: z.string().regex(/^\w{16,128}$/, 'must be the id of an access key'),
      secretAccessKey: secret,
    })
    .optional(),
  ca: path.optional(),
});

/** Of an API that takes bearer tokens: the task has a placeholder. */
const { hosts, requests } = injectionFields;

const gcp = z.strictObject({
  ...common,
  broker: z.literal('gcp'),
  /** Of a workload identity pool, by its full name without the host. */
  provider: z
    .string()
    .max(300)
    .regex(
      /^projects\/\d+\/locations\/global\/workloadIdentityPools\/[a-z0-9-]+\/providers\/[a-z0-9-]+$/,
      'must be projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
    ),
  /** As whom, by its address. */
  serviceAccount: z
    .string()
    .max(300)
    .regex(/^[a-z0-9-]+@[a-z0-9.-]+$/, 'must be the address of a service account'),
  /** That SDKs work in; by default the one in the service account's address. */
  project: z
    .string()
    .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be the id of a project')
    .optional(),
  scopes: z.array(z.url().max(300)).min(1).max(20),
  ttl: duration({ least: '1m', most: '1h' }).default(10 * 60_000),
  sts: upstreamUrl.default('https://sts.googleapis.com'),
  iam: upstreamUrl.default('https://iamcredentials.googleapis.com'),
  hosts,
  requests,
  ca: path.optional(),
});

const azureId = z.string().regex(/^[A-Za-z0-9.-]{1,100}$/, 'must be an id or a domain');

const azure = z.strictObject({
  ...common,
  broker: z.literal('azure'),
  tenant: azureId,
  /** Of an application or a user-assigned managed identity. */
  client: azureId,
  /** Of the one API that tokens are for. */
  resource: z.url().max(300),
  /** As the federated identity credential has it. */
  audience: text.default('api://AzureADTokenExchange'),
  authority: upstreamUrl.default('https://login.microsoftonline.com'),
  hosts,
  requests,
  ca: path.optional(),
});

/** An HTTPS API: the task has a placeholder, and the proxy puts the secret in on the way out. */
const inject = z.strictObject({
  ...common,
  broker: z.literal('inject'),
  secret,
  ...injectionFields,
  ca: path.optional(),
});

/** The same for what should not exist for long and does: each lease is approved by somebody of a group. */
const fixed = z.strictObject({
  ...common,
  broker: z.literal('static'),
  secret: z.union(
    [...secret.options, keyring],
    'must be { file: PATH }, { environment: NAME } or { keyring: NAME }: where the secret lies, never the secret itself',
  ),
  approvers: text,
  ...injectionFields,
  ca: path.optional(),
});

export const credential = z.discriminatedUnion(
  'broker',
  [postgres, gitHttps, ssh, githubApp, vault, kubernetes, aws, gcp, azure, inject, fixed],
  'must be one of: postgres, git-https, ssh, github-app, vault, kubernetes, aws, gcp, azure, inject, static',
);
export type Credential = z.output<typeof credential>;
export type CredentialOf<Kind extends Credential['broker']> = Extract<Credential, { broker: Kind }>;

/** What policy may speak of as `resource.scopes`, such as `select` or `contents:write`. Sorted. */
export function scopesOf(given: Credential): readonly string[] {
  switch (given.broker) {
    case 'postgres':
      return [...new Set(given.grants.flatMap(postgresScopes))].sort();
    case 'git-https':
      return given.access === 'write' ? ['read', 'write'] : ['read'];
    case 'ssh':
      return given.principals.map((name) => `principal:${name}`).sort();
    case 'kubernetes':
      return [`service-account:${given.namespace}/${given.serviceAccount}`];
    case 'aws':
      return [`role:${given.role}`];
    case 'gcp':
      return [`service-account:${given.serviceAccount}`, ...given.scopes, ...injectionScopes(given)].sort();
    case 'azure':
      return [`client:${given.client}`, `resource:${given.resource}`, ...injectionScopes(given)].sort();
    case 'inject':
    case 'static':
      return injectionScopes(given);
    case 'vault':
      return [`path:${given.path}`];
    case 'github-app':
      return Object.entries(given.permissions)
        .map(([name, access]) => `${name}:${access}`)
        .sort();
  }
}

function postgresScopes(one: PostgresGrant): readonly string[] {
  return 'role' in one ? [`role:${one.role}`] : one.privileges;
}

/** Who exchanges a token for this audience is Writ alone, or else a task would get more than it was lent. */
export function exchangedAudience(given: Credential): string | null {
  if (given.broker === 'gcp') return gcpAudience(given);
  return given.broker === 'aws' || given.broker === 'azure' ? given.audience : null;
}

export function gcpAudience({ provider }: Pick<CredentialOf<'gcp'>, 'provider'>): string {
  return `//iam.googleapis.com/${provider}`;
}

/** How a credential is put into requests by the proxy; null for those that are not. */
export function injectionOf(
  given: Credential,
): (Injection & { readonly variables: readonly string[]; readonly ca?: string | undefined }) | null {
  switch (given.broker) {
    case 'inject':
    case 'static':
      return given;
    case 'gcp':
    case 'azure':
      return { ...given, place: { header: 'authorization', prefix: 'Bearer ' }, variables: [] };
    default:
      return null;
  }
}
