/**
 * The official clients of Google and Azure in a task, with nothing but the variables that they find, against STS,
 * Entra and APIs of the published shape: tokens come by the identity of the task, and stay outside.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiHost, codeHost, Shop } from '../injection/shop.ts';
import { bundleProgram } from './bundled.ts';
import { startHttpUpstream, type Asked, type HttpUpstream } from './http-upstream.ts';
import { isRunning, killEach, processesOfWrit } from './processes.ts';

const shop = new Shop();
const { site } = shop;
const { world } = site;
const provider = 'projects/4711/locations/global/workloadIdentityPools/tasks/providers/writ';
const audiences = {
  gcp: `//iam.googleapis.com/${provider}`,
  azure: 'api://AzureADTokenExchange',
} as const;
const account = 'shop-reader@acme.iam.gserviceaccount.com';
const clouds = ['gcp', 'azure'] as const;
type Cloud = (typeof clouds)[number];
const hostOf = { gcp: apiHost, azure: codeHost } as const;
/** That the APIs take. */
const tokens: Record<Cloud, string[]> = { gcp: [], azure: [] };
/** Whose tokens were exchanged. */
const shown: Record<Cloud, JWTPayload[]> = { gcp: [], azure: [] };
const federated = randomUUID();
let cloud: HttpUpstream;
let issuer = '';

async function trusted(jwt: string | undefined, name: Cloud): Promise<boolean> {
  try {
    const keys = createRemoteJWKSet(new URL(`${issuer}/keys`));
    const { payload } = await jwtVerify(jwt ?? '', keys, { issuer, audience: audiences[name] });
    shown[name].push(payload);
    return true;
  } catch {
    return false;
  }
}

function made(name: Cloud): string {
  const token = `${name}-token-${randomUUID()}`;
  tokens[name].push(token);
  return token;
}

async function answer({ what, headers, body }: Asked): Promise<readonly [number, unknown]> {
  const form = body as Record<string, string>;
  if (what === 'POST /v1/token') {
    const right = form['audience'] === audiences.gcp && (await trusted(form['subject_token'], 'gcp'));
    return right ? [200, { access_token: federated }] : [400, { error: 'invalid_grant' }];
  }
  if (what === `POST /v1/projects/-/serviceAccounts/${account}:generateAccessToken`) {
    if (headers['authorization'] !== `Bearer ${federated}`) return [401, {}];
    const seconds = Number(/^(\d+)s$/.exec(form['lifetime'] ?? '')?.[1]);
    const expireTime = new Date(Date.now() + seconds * 1000).toISOString();
    return [200, { accessToken: made('gcp'), expireTime }];
  }
  const right = form['client_id'] === 'shop-reader' && form['scope'] === 'https://storage.azure.com/.default';
  if (what !== 'POST /acme.example/oauth2/v2.0/token' || !right) return [400, { error: 'invalid_request' }];
  if (!(await trusted(form['client_assertion'], 'azure'))) return [401, { error: 'invalid_client' }];
  return [200, { access_token: made('azure'), expires_in: 3599, token_type: 'Bearer' }];
}

const googleProgram = (url: string) => `
import { GoogleAuth } from 'google-auth-library';
const scopes = ['https://www.googleapis.com/auth/devstorage.read_only'];
const client = await new GoogleAuth({ scopes }).getClient();
const { status } = await client.request({ url: '${url}' });
if (status === 200) console.log('used');
await client.request({ url: '${url}', method: 'DELETE', retry: false }).catch((error) => {
  if (error.status === 403) console.log('narrow');
});
console.log('holds', (await client.getAccessToken()).token);
`;

const azureProgram = (url: string) => `
import { DefaultAzureCredential } from '@azure/identity';
const credential = new DefaultAzureCredential();
const { token } = await credential.getToken('https://storage.azure.com/.default');
const ask = (method) => fetch('${url}', { method, headers: { authorization: 'Bearer ' + token } });
if ((await ask('GET')).status === 200) console.log('used');
const elsewhere = await credential.getToken('https://management.azure.com/.default').catch(() => null);
if (elsewhere === null && (await ask('DELETE')).status === 403) console.log('narrow');
console.log('holds', token);
`;

beforeAll(async () => {
  cloud = await startHttpUpstream(answer);
  copyFileSync(process.execPath, join(world.repository, 'node24'));
  await shop.open(({ port }) => ({
    gcp: {
      broker: 'gcp',
      description: 'Buckets',
      provider,
      serviceAccount: account,
      scopes: ['https://www.googleapis.com/auth/devstorage.read_only'],
      sts: cloud.url,
      iam: cloud.url,
      requests: [{ methods: ['GET'], paths: ['/shop/**'] }],
    },
    azure: {
      broker: 'azure',
      description: 'Blobs',
      tenant: 'acme.example',
      client: 'shop-reader',
      resource: 'https://storage.azure.com/',
      authority: cloud.url,
      hosts: [`${codeHost}:${port}`],
      requests: [{ methods: ['GET'], paths: ['/shop/**'] }],
    },
  }));
  world.must('down'); // relying parties find its keys where it listens
  world.must('up', '--listen', '127.0.0.1:0');
  ({ issuer } = world.json('status') as { issuer: string });
  bundleProgram(googleProgram(shop.url('/shop/orders', hostOf.gcp)), join(world.repository, 'gcp.mjs'));
  bundleProgram(azureProgram(shop.url('/shop/orders', hostOf.azure)), join(world.repository, 'azure.mjs'));
  shop.api.serve = ({ headers }, response) => {
    const bearer = (headers.authorization ?? '').replace('Bearer ', '');
    const known = clouds.some(
      (name) => headers.host?.startsWith(hostOf[name]) && tokens[name].includes(bearer),
    );
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' }).end('{}');
  };
});
afterAll(async () => {
  await site.writ('down');
  await shop[Symbol.asyncDispose]();
  await cloud.stop();
});

/** What a task printed that then waits. */
async function start(name: Cloud) {
  world.write(`${name}.sh`, `./node24 ${name}.mjs\necho done\nexec sleep 600\n`);
  const launcher = world.start(['exec', '--', 'sh', `./${name}.sh`]);
  const gone = once(launcher, 'exit');
  const printed: string[] = [];
  for await (const line of createInterface(launcher.stdout)) {
    if (line === 'done') break;
    printed.push(line);
  }
  return { printed, launcher, gone };
}

const heldIn = (printed: readonly string[]) =>
  printed.find((line) => line.startsWith('holds '))?.slice('holds '.length) ?? '';
const statesOf = (name: Cloud) =>
  (world.json('lease', 'list', '--all') as { credential: string; state: string }[])
    .filter(({ credential }) => credential === name)
    .map(({ state }) => state);

/** In another session: how the API or the proxy answers to what a task has kept. */
async function statusOf(name: Cloud, kept: string): Promise<string> {
  const url = shop.url('/shop/orders', hostOf[name]);
  const { stdout } = await site.script(
    `curl -sS -o /dev/null -w '%{http_code}' -H 'authorization: Bearer ${kept}' ${url}\n`,
  );
  return stdout;
}

describe.each(clouds)('%s', (name) => {
  test('serves the official client, reaches no further, and what a task keeps is worth nothing after it', async () => {
    const { printed, launcher, gone } = await start(name);
    expect(printed).toEqual(expect.arrayContaining(['used', 'narrow']));
    const kept = heldIn(printed);
    expect(kept).toMatch(/^writ-placeholder-/);
    launcher.kill('SIGTERM');
    await gone;
    expect(await statusOf(name, kept)).toBe('403');
    await expect.poll(() => statesOf(name), { timeout: 30_000 }).toEqual(['revoked']);
    expect(shown[name][0]).toMatchObject({ assistant: 'local', on_behalf_of: expect.any(String) });
  });

  test('every process of Writ killed: what the task kept serves nobody, before Writ is back and after', async () => {
    const { printed, launcher, gone } = await start(name);
    expect(printed).toContain('used');
    const all = processesOfWrit(world, launcher.pid ?? 0);
    killEach(all);
    await gone;
    await expect.poll(() => all.filter(isRunning), { timeout: 30_000 }).toEqual([]);
    expect(tokens[name]).not.toContain(heldIn(printed));
    world.must('up', '--listen', '127.0.0.1:0');
    ({ issuer } = world.json('status') as { issuer: string });
    expect(await statusOf(name, heldIn(printed))).toBe('403');
    await expect.poll(() => statesOf(name), { timeout: 30_000 }).toEqual(['revoked', 'revoked']);
  });
});

test('the subject is the task for Google, and the assistant for Entra, which knows lasting subjects alone', () => {
  expect(shown.gcp[0]?.sub).toMatch(/^spiffe:\/\/[^/]+\/assistant\/local\/task\/writ_/);
  expect(shown.azure[0]?.sub).toMatch(/^spiffe:\/\/[^/]+\/assistant\/local$/);
});
