/**
 * How long it takes until a credential is lent, over what its upstream takes by itself: the broker's calls alone, and
 * the lease with its decision and its two durable entries, against the same upstream in one run. PostgreSQL is real,
 * HTTP upstreams answer at once in their published shape, the others need no upstream.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { brokers } from '../src/authority/brokers/all.ts';
import { secretReader, type Broker, type Order } from '../src/authority/brokers/broker.ts';
import { sealingKey } from '../src/authority/brokers/seal.ts';
import { activateWrit } from '../src/authority/services/activate-writ.ts';
import { issueLease } from '../src/authority/services/issue-lease.ts';
import { settingsOf } from '../src/authority/services/lease.ts';
import { revokeLease } from '../src/authority/services/revoke-leases.ts';
import { settleLeases } from '../src/authority/services/settle-leases.ts';
import type { Lease } from '../src/core/model/lease.ts';
import { governance, openWorld } from '../test/authority/world.ts';
import { startShopDatabase } from '../test/brokers/database.ts';
import { startHttpUpstream, type Asked } from '../test/brokers/http-upstream.ts';
import { report, sideBySide } from './side-by-side.ts';

const rounds = Number(process.argv[2] ?? 60);
const folder = mkdtempSync(join(tmpdir(), 'writ-bench-'));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return { file: join(folder, name) };
};
const sshKey = (name: string) => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  return { file: join(folder, name) };
};

const later = () => new Date(Date.now() + 3_600_000).toISOString();
const elements = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');

function answer({ what }: Asked): readonly [number, unknown?] {
  switch (what.replace(/\/writ-[\w-]+/, '/NAME')) {
    case 'POST /v1/auth/writ/login':
      return [200, { auth: { client_token: 'hvs.one', accessor: 'accessor', lease_duration: 3600 } }];
    case 'GET /v1/database/creds/shop':
      return [200, { lease_id: 'l', lease_duration: 600, data: { username: 'v_one', password: 'two' } }];
    case 'POST /v1/auth/token/revoke-self':
      return [204];
    case 'POST /app/installations/77/access_tokens':
      return [201, { token: `ghs_${randomUUID()}`, expires_at: later() }];
    case 'POST /v1/token':
      return [200, { access_token: 'federated' }];
    case 'POST /v1/projects/-/serviceAccounts/reader@acme.iam.gserviceaccount.com:generateAccessToken':
      return [200, { accessToken: 'token-of-google', expireTime: later() }];
    case 'POST /acme.example/oauth2/v2.0/token':
      return [200, { access_token: 'token-of-entra', expires_in: 3599 }];
    default:
      if (/serviceaccounts\/\w+\/token$/.test(what)) return [201, { status: { token: randomUUID() } }];
      if (what === 'DELETE /installation/token') return [204];
      return what.startsWith('POST') ? [201, { metadata: { name: 'one', uid: 'uid' } }] : [200, {}];
  }
}

const http = await startHttpUpstream(answer);
const sts = createServer((_request, response) => {
  const identity = { AssumedRoleId: 'AROA:writ', Arn: 'arn:aws:sts::123456789012:assumed-role/shop/writ' };
  const keys = { AccessKeyId: 'ASIA', SecretAccessKey: 'two', SessionToken: 'three', Expiration: later() };
  response.end(elements({ ...keys, ...identity }));
}).listen(0, '127.0.0.1');
const shop = await startShopDatabase();
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const appKey = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
/** Made anew each time: YAML would write one object as an alias of the other. */
const narrow = () => ({ hosts: ['api.acme.example'], requests: [{ methods: ['GET'], paths: ['/orders'] }] });
const all: Readonly<Record<string, object>> = {
  postgres: {
    host: shop.host,
    database: shop.database,
    tls: 'off',
    admin: { user: 'writ_admin', password: file('postgres', shop.adminPassword) },
    grants: [{ schema: 'shop "s"', tables: ['Order lines'], privileges: ['select'] }],
  },
  vault: {
    address: http.url,
    login: { mount: 'writ', role: 'shop', jwt: { audience: 'vault.acme.example' } },
    path: 'database/creds/shop',
    postgres: { host: shop.host, database: shop.database, tls: 'off' },
  },
  kubernetes: {
    address: http.url,
    namespace: 'shop',
    serviceAccount: 'task',
    token: file('kubernetes', 'x'),
  },
  'github-app': {
    api: http.url,
    host: 'github.com',
    url: http.url,
    app: 4711,
    installation: 77,
    key: file('app', appKey),
    permissions: { contents: 'read' },
  },
  aws: {
    role: 'arn:aws:iam::123456789012:role/shop',
    region: 'eu-central-1',
    sts: `http://127.0.0.1:${(sts.address() as AddressInfo).port}`,
  },
  gcp: {
    provider: 'projects/4711/locations/global/workloadIdentityPools/tasks/providers/writ',
    serviceAccount: 'reader@acme.iam.gserviceaccount.com',
    scopes: ['https://storage.example/read'],
    sts: http.url,
    iam: http.url,
    ...narrow(),
  },
  azure: {
    tenant: 'acme.example',
    client: 'shop',
    resource: 'https://storage.example/',
    authority: http.url,
    ...narrow(),
  },
  ssh: { ca: sshKey('authority'), principals: ['deploy'] },
  'git-https': { host: 'github.com', url: http.url, username: 'writ', password: file('git', 'one') },
  inject: {
    secret: file('inject', 'a-long-secret'),
    ...narrow(),
    place: { header: 'x-key' },
    variables: [],
  },
};
const names = Object.keys(all);

const world = await openWorld({
  brokers,
  sealingKey: sealingKey(Buffer.alloc(32, 4)),
  secret: secretReader({}),
});
world.clock.now = Date.now();
const published = await world.publish(
  governance((organisation) => {
    const document = parseDocument(organisation);
    const credentials = names.map((name) => [name, { broker: name, description: 'The shop', ...all[name] }]);
    document.set('credentials', document.createNode(Object.fromEntries(credentials)));
    document.set('profiles', document.createNode({ develop: { credentials: names } }));
    return String(document);
  }),
);
if (published.outcome === 'rejected') throw new Error(JSON.stringify(published.problems));
await world.enable();
const { context } = world;
const { claims } = await activateWrit(context, (await world.issue()).claims.id);
/** Of the key that the guard makes for a session. */
const parameters = { publicKey: randomBytes(32).toString('base64') };

async function lend(credential: string): Promise<Lease> {
  const lent = await issueLease(context, { writ: claims.id, session: 'ses_1', credential, parameters });
  if ('refusal' in lent) throw new Error(lent.refusal.reason);
  return lent.lease;
}

const identity = async () => 'eyJ0eXAiOiJKV1QifQ.e30.c2lnbmF0dXJl';
const upstream = {
  clock: context.clock,
  random: randomBytes,
  secret: context.leasing.secret,
  identity,
  signal: new AbortController().signal,
};

/** What the upstream takes, without Writ around it. */
async function ask({ settings, ...lease }: Lease): Promise<void> {
  const broker = brokers[lease.broker] as Broker;
  const given = settingsOf({ ...lease, settings });
  const expiresAt = Date.now() + 600_000;
  const order: Order = { lease: `lse_${randomUUID().replaceAll('-', '')}`, claims, expiresAt, parameters };
  const handle = broker.prepare(given, order, upstream);
  const issued = await broker.issue(given, order, handle, upstream, async () => {});
  if (broker.endsByItself) return;
  gone.push(() =>
    broker.revoke(given, { ...lease, settings, handle: issued.handle, expiresAt }, issued.toSeal, upstream),
  );
}

const gone: (() => Promise<unknown>)[] = [];
/** Not counted: the next one finds the upstream as this one found it. */
async function clear(): Promise<void> {
  for (const end of gone.splice(0)) await end();
  await settleLeases(context, new Set());
}

for (const name of names) {
  const sample = await lend(name);
  await revokeLease(context, 'ada', sample.id, 'bench');
  await clear();
  const measured = await sideBySide(
    {
      [name]: () => ask(sample),
      [`${name}, lent`]: async () => {
        const { id } = await lend(name);
        gone.push(() => revokeLease(context, 'ada', id, 'bench'));
      },
    },
    rounds,
    2,
    clear,
  );
  report('credentials', rounds, measured, [name]);
}
await world.remove();
await Promise.all([http.stop(), shop.stop()]);
sts.close();
rmSync(folder, { recursive: true });
