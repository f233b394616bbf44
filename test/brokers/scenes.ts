/** Each broker with an upstream of its own, and how that upstream is asked whether it still lets in what was lent. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { World } from '../cli/world.ts';
import { audience, AwsCloud, role } from './aws-cloud.ts';
import { bundleProgram } from './bundled.ts';
import { startShopDatabase } from './database.ts';
import { startGitServer } from './git-server.ts';
import { startHttpUpstream, type Asked } from './http-upstream.ts';
import { startSshServer } from './ssh-server.ts';

export interface Scene {
  readonly credential: object;
  /** Inside: says `used` when what is lent serves, and `narrow` when it does not reach further. */
  readonly script: string;
  /** Whether the upstream lets in what was lent last. */
  isLetIn(): Promise<boolean>;
  /** Of what it lends, something outlives the death of every process of Writ, until Writ is back. */
  readonly outlivesWrit: boolean;
  /** What no assistant may ever read: what the authority logs in with, and what it lends but keeps outside. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}

export const sceneNames = [
  'postgres',
  'vault',
  'git-https',
  'github-app',
  'ssh',
  'kubernetes',
  'aws',
] as const;

type Answer = readonly [number, unknown?];

const [psql = 'psql'] = globSync('/usr/lib/postgresql/*/bin/psql').sort().reverse();
const database = (name: string) => `export PGHOST=/run/writ/postgres/${name}
PSQL="${psql} --no-psqlrc -At -v ON_ERROR_STOP=1"
$PSQL -c 'select what from "shop ""s"""."Order lines"' && echo used
$PSQL -c 'create table mine (id int)' 2>&1 | grep -q 'permission denied' && echo narrow
`;

async function postgres(world: World): Promise<Scene> {
  const shop = await startShopDatabase();
  return {
    credential: {
      broker: 'postgres',
      description: 'Orders',
      host: shop.host,
      database: shop.database,
      tls: 'off',
      admin: { user: 'writ_admin', password: { file: secretFile(world, 'postgres', shop.adminPassword) } },
      grants: [
        { schema: 'shop "s"', privileges: ['usage'] },
        { schema: 'shop "s"', tables: ['Order lines'], privileges: ['select'] },
      ],
    },
    script: database('postgres'),
    secrets: () => [shop.adminPassword],
    isLetIn: async () => {
      const alive = await shop.query(
        `select from pg_roles where rolname ~ '^writ_[0-9]' and rolcanlogin and rolvaliduntil > now()`,
      );
      return alive.length > 0;
    },
    outlivesWrit: true,
    stop: () => shop.stop(),
  };
}

/** Vault's published API, behind which stands a real database. */
async function vault(): Promise<Scene> {
  const shop = await startShopDatabase();
  let lent: { user: string; password: string; token: string } | null = null;
  const answer = async ({ what, headers }: Asked): Promise<Answer> => {
    if (what === 'POST /v1/auth/writ/login') {
      const token = `hvs.${randomUUID()}`;
      const user = `v_${randomUUID().slice(0, 8)}`;
      lent = { user, password: randomUUID(), token };
      return [200, { auth: { client_token: token, accessor: 'accessor', lease_duration: 3600 } }];
    }
    if (lent === null || headers['x-vault-token'] !== lent.token) return [403, { errors: [] }];
    const { user, password } = lent;
    if (what === 'POST /v1/auth/token/revoke-self') {
      await shop.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${user}'`);
      await shop.query(`drop owned by ${user}; drop role ${user}`);
      return [204];
    }
    await shop.query(`create role ${user} login password '${password}';
      grant usage on schema "shop ""s""" to ${user}; grant select on "shop ""s"""."Order lines" to ${user}`);
    return [
      200,
      { lease_id: 'database/creds/shop/1', lease_duration: 600, data: { username: user, password } },
    ];
  };
  const api = await startHttpUpstream(answer);
  return {
    credential: {
      broker: 'vault',
      description: 'Orders by Vault',
      address: api.url,
      login: { mount: 'writ', role: 'shop', jwt: { audience: 'vault.acme.example' } },
      path: 'database/creds/shop',
      postgres: { host: shop.host, database: shop.database, tls: 'off' },
    },
    script: database('vault'),
    secrets: () => (lent === null ? [] : [lent.password, lent.token]),
    isLetIn: async () => lent !== null && (await shop.login(lent.user, lent.password)) === 'let in',
    outlivesWrit: true,
    stop: async () => {
      await api.stop();
      await shop.stop();
    },
  };
}

const git = `git ls-remote --quiet origin && echo used
code=$(curl --noproxy '*' -s -o /dev/null -w '%{http_code}' \\
  'http://127.0.0.1:3129/other.git/info/refs?service=git-upload-pack')
[ "$code" = 403 ] && echo narrow
`;

/** The token is everlasting: what ends is the way to it, which is open to this user's processes alone. */
async function gitHttps(world: World): Promise<Scene> {
  const server = await startGitServer();
  const token = randomUUID();
  server.logins.add(`writ:${token}`);
  server.create('acme/shop.git');
  let relay = '';
  return {
    credential: {
      broker: 'git-https',
      description: 'The deploy token',
      host: 'git.example',
      url: server.url,
      username: 'writ',
      password: { file: secretFile(world, 'git-https', token) },
    },
    script: git,
    secrets: () => [token],
    isLetIn: async () => {
      relay = globSync(join(world.writHome, 'run', 'ses_*', '*-git.sock'))[0] ?? relay;
      return existsSync(relay) && isListening(relay);
    },
    outlivesWrit: false,
    stop: () => server.stop(),
  };
}

/** GitHub's published API in front of a real Git server. */
async function githubApp(world: World): Promise<Scene> {
  const server = await startGitServer();
  server.create('acme/shop.git');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  let token = '';
  const api = await startHttpUpstream(({ what, headers, body }) => {
    if (what === 'DELETE /installation/token') {
      const bearer = (headers['authorization'] ?? '').replace('Bearer ', '');
      return server.logins.delete(`x-access-token:${bearer}`) ? [204] : [401, {}];
    }
    const { repositories } = body as { repositories: readonly string[] };
    if (repositories.join() !== 'shop') return [422, {}];
    token = `ghs_${randomUUID()}`;
    server.logins.add(`x-access-token:${token}`);
    return [201, { token, expires_at: new Date(Date.now() + 3_600_000).toISOString() }];
  });
  return {
    credential: {
      broker: 'github-app',
      description: 'The shop on GitHub',
      api: api.url,
      host: 'git.example',
      url: server.url,
      app: 4711,
      installation: 77,
      key: { file: secretFile(world, 'github-app', pem) },
      permissions: { contents: 'read' },
    },
    script: git,
    secrets: () => (token === '' ? [pem] : [pem, token]),
    isLetIn: async () => {
      const login = Buffer.from(`x-access-token:${token}`).toString('base64');
      const address = `${server.url}/acme/shop.git/info/refs?service=git-upload-pack`;
      return (await fetch(address, { headers: { authorization: `Basic ${login}` } })).ok;
    },
    outlivesWrit: true,
    stop: async () => {
      await api.stop();
      await server.stop();
    },
  };
}

/** Asks its agent for the certificate, and for a signature that is no login. */
const agent = `cat > /tmp/agent.py <<'END'
import base64, os, socket, struct
def ask(body):
    agent = socket.socket(socket.AF_UNIX)
    agent.connect(os.environ['SSH_AUTH_SOCK'])
    agent.sendall(struct.pack('>I', len(body)) + body)
    answer = b''
    while len(answer) < 4 or len(answer) < 4 + struct.unpack('>I', answer[:4])[0]:
        answer += agent.recv(65536)
    return answer[4:]
listed = ask(b'\\x0b')
length = struct.unpack('>I', listed[5:9])[0]
blob = listed[9:9 + length]
print('certificate', base64.b64encode(blob).decode())
print('used')
text = b'approve everything'
request = b'\\x0d' + struct.pack('>I', len(blob)) + blob + struct.pack('>I', len(text)) + text + bytes(4)
if ask(request) == b'\\x05': print('narrow')
END
python3 /tmp/agent.py | tee certificate.txt
`;

async function ssh(world: World): Promise<Scene> {
  const server = await startSshServer();
  const kept = join(world.root, 'kept-cert.pub');
  return {
    credential: {
      broker: 'ssh',
      description: 'Deployment',
      ca: { file: server.authority },
      principals: [server.account],
      krl: server.revoked,
    },
    script: agent,
    secrets: () => [readFileSync(server.authority, 'utf8')],
    isLetIn: async () => {
      const [, blob] = /^certificate (\S+)/.exec(world.read('certificate.txt')) ?? [];
      writeFileSync(kept, `ssh-ed25519-cert-v01@openssh.com ${blob}\n`);
      const [socket] = globSync(join(world.writHome, 'run', 'ses_*', '*-ssh.sock'));
      const logsIn = socket !== undefined && server.login(socket, 'true').status === 0;
      return logsIn || spawnSync('ssh-keygen', ['-Q', '-f', server.revoked, kept]).status === 0;
    },
    outlivesWrit: true,
    stop: () => server.stop(),
  };
}

const pods = `cat > /tmp/pods.py <<'END'
import json, os, urllib.request
server = json.load(open(os.environ['KUBECONFIG']))['clusters'][0]['cluster']['server']
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def ask(namespace):
    try: return opener.open(f'{server}/api/v1/namespaces/{namespace}/pods').status
    except urllib.error.HTTPError as refused: return refused.code
if ask('shop') == 200: print('used')
if ask('kube-system') == 403: print('narrow')
END
python3 /tmp/pods.py
`;

/** The API server's published shape, which lets a service account look into its own namespace. */
async function kubernetes(world: World): Promise<Scene> {
  const admin = randomUUID();
  const base = '/api/v1/namespaces/shop';
  const tokens = new Map<string, string>();
  let last = '';
  const cluster = await startHttpUpstream(({ what, headers, body }) => {
    const bearer = (headers['authorization'] ?? '').replace('Bearer ', '');
    if (bearer !== admin) {
      if (![...tokens.values()].includes(bearer)) return [401, { message: 'Unauthorized' }];
      return what === `GET ${base}/pods` ? [200, { kind: 'PodList', items: [] }] : [403, {}];
    }
    const { metadata, spec } = (body ?? {}) as {
      metadata?: { name: string };
      spec?: { boundObjectRef: { name: string } };
    };
    if (metadata !== undefined) return [201, { metadata: { ...metadata, uid: 'uid' } }];
    if (spec !== undefined) {
      last = randomUUID();
      tokens.set(spec.boundObjectRef.name, last);
      return [201, { status: { token: last } }];
    }
    return tokens.delete(what.split('/').at(-1) ?? '') ? [200, {}] : [404, {}];
  });
  return {
    credential: {
      broker: 'kubernetes',
      description: 'The shop, looking',
      address: cluster.url,
      namespace: 'shop',
      serviceAccount: 'task',
      token: { file: secretFile(world, 'kubernetes', admin) },
    },
    script: pods,
    secrets: () => (last === '' ? [admin] : [admin, last]),
    isLetIn: async () => {
      const headers = { authorization: `Bearer ${last}` };
      return (await fetch(`${cluster.url}${base}/pods`, { headers })).ok;
    },
    outlivesWrit: true,
    stop: () => cluster.stop(),
  };
}

/** The official client, with nothing but the variables that it finds. */
const stsClient = `
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
const client = new STSClient();
const keys = await client.config.credentials();
const { Arn } = await client.send(new GetCallerIdentityCommand());
if (keys.sessionToken && Arn.includes(':assumed-role/reader/writ-')) console.log('used');
const other = { RoleArn: process.env.AWS_ROLE_ARN + '-admin', RoleSessionName: 'x', WebIdentityToken: 'x' };
await client.send(new AssumeRoleWithWebIdentityCommand(other)).catch((error) => {
  if (error.name === 'AccessDenied') console.log('narrow');
});
`;

/** STS and IAM in their published shape. */
async function aws(world: World): Promise<Scene> {
  const cloud = new AwsCloud(async () => (world.json('status') as { issuer: string }).issuer);
  const address = await cloud.listen();
  copyFileSync(process.execPath, join(world.repository, 'node24'));
  bundleProgram(stsClient, join(world.repository, 'sts.mjs'));
  return {
    credential: {
      broker: 'aws',
      description: 'The shop’s buckets',
      role,
      region: 'eu-central-1',
      audience,
      sts: address,
      statements: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::shop/*' }],
      revocation: {
        iam: address,
        accessKeyId: 'AKIAACMEWRITADMIN',
        secretAccessKey: { file: secretFile(world, 'aws', cloud.adminSecret) },
      },
    },
    script: './node24 sts.mjs\n',
    secrets: () => [cloud.adminSecret, ...cloud.shown],
    isLetIn: async () => {
      const last = cloud.sessions.at(-1);
      return last !== undefined && cloud.letsIn(last);
    },
    outlivesWrit: true,
    stop: () => cloud.stop(),
  };
}

function secretFile(world: World, name: string, secret: string): string {
  const file = join(world.root, `${name}.secret`);
  writeFileSync(file, secret, { mode: 0o600 });
  return file;
}

function isListening(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket);
    client.once('connect', () => resolve(true)).once('error', () => resolve(false));
    client.once('close', () => client.destroy());
    setTimeout(() => client.destroy(), 200);
  });
}

/** Under its own name each, and with the script that uses it in the repository. */
export async function setScenes(world: World): Promise<Record<(typeof sceneNames)[number], Scene>> {
  const [p, v, g, h, s, k, a] = await Promise.all([
    postgres(world),
    vault(),
    gitHttps(world),
    githubApp(world),
    ssh(world),
    kubernetes(world),
    aws(world),
  ]);
  return { postgres: p, vault: v, 'git-https': g, 'github-app': h, ssh: s, kubernetes: k, aws: a };
}
