/** A cluster for a task, from an API server of the published shape: found by KUBECONFIG, ended by deleting a Secret. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { World } from '../cli/world.ts';
import { startHttpUpstream, type Asked, type HttpUpstream } from './http-upstream.ts';

const admin = 'admin-token-not-to-be-seen';
const world = new World();
let cluster: HttpUpstream;
/** Secrets with the tokens that are bound to each. */
const secrets = new Map<string, string[]>();
let gives = true;

function answer({ what, headers, body }: Asked): readonly [number, unknown?] {
  const bearer = (headers['authorization'] ?? '').replace('Bearer ', '');
  const base = '/api/v1/namespaces/shop';
  if (bearer !== admin) {
    const alive = [...secrets.values()].flat().includes(bearer);
    if (!alive) return [401, { kind: 'Status', message: 'Unauthorized' }];
    return [200, { kind: 'PodList', as: headers['impersonate-user'] ?? 'itself', items: [{ what }] }];
  }
  const { metadata, spec } = (body ?? {}) as {
    metadata?: { name: string };
    spec?: { expirationSeconds: number; boundObjectRef: { name: string; uid: string } };
  };
  if (what === `POST ${base}/secrets` && metadata !== undefined) {
    secrets.set(metadata.name, []);
    return [201, { metadata: { ...metadata, uid: `uid of ${metadata.name}` } }];
  }
  if (what === `POST ${base}/serviceaccounts/task/token` && spec !== undefined) {
    const { name, uid } = spec.boundObjectRef;
    if (!gives || uid !== `uid of ${name}` || spec.expirationSeconds < 600) return [403, {}];
    secrets.get(name)?.push(`token-not-to-be-seen-${name}`);
    return [201, { status: { token: `token-not-to-be-seen-${name}` } }];
  }
  const [, deleted = ''] = /^DELETE .*\/secrets\/(\S+)$/.exec(what) ?? [];
  return secrets.delete(deleted) ? [200, {}] : [404, {}];
}

/** As kubectl would, which is not there: by the configuration that KUBECONFIG names. */
const client = `
import json, os, urllib.request
configuration = json.load(open(os.environ['KUBECONFIG']))
server = configuration['clusters'][0]['cluster']['server']
namespace = configuration['contexts'][0]['context']['namespace']
request = urllib.request.Request(f'{server}/api/v1/namespaces/{namespace}/pods?limit=5')
request.add_header('Impersonate-User', 'root')
try:
    print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read().decode())
except urllib.error.HTTPError as refused:
    print(refused.code, json.load(refused)['message'])
print(json.dumps(dict(os.environ)), json.dumps(configuration))
`;

beforeAll(async () => {
  cluster = await startHttpUpstream(answer);
  world.write('pods.py', client);
  world.must('init', '--yes');
  writeFileSync(join(world.root, 'token'), admin, { mode: 0o600 });
  world.organisation((document) => {
    const credential = {
      broker: 'kubernetes',
      description: 'The shop, looking',
      address: cluster.url,
      namespace: 'shop',
      serviceAccount: 'task',
      token: { file: join(world.root, 'token') },
    };
    document.set('credentials', document.createNode({ shop: credential }));
    document.setIn(['profiles', 'develop'], document.createNode({ credentials: ['shop'] }));
  });
  world.must('policy', 'check');
});
afterAll(async () => {
  world.dispose();
  await cluster.stop();
});
beforeEach(() => {
  gives = true;
});
afterEach(async () => {
  for (let tries = 0; secrets.size > 0; tries += 1) {
    if (tries > 400) throw new Error('a token outlives its task');
    await setTimeout(100);
  }
});

async function pods(): Promise<string> {
  const child = world.start(['exec', '--', 'python3', './pods.py']);
  const [said] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return said;
}

test('a client finds the cluster, acts as the service account and nobody else, and holds no token', async () => {
  const said = await pods();
  expect(JSON.parse(said.split('\n')[0] ?? '')).toEqual({
    kind: 'PodList',
    as: 'itself',
    items: [{ what: 'GET /api/v1/namespaces/shop/pods?limit=5' }],
  });
  const log = JSON.stringify(world.json('log', 'search', '--limit', '200'));
  const kept = ['writ.db', 'writ.db-wal', 'writ.log'].map((name) =>
    readFileSync(join(world.writHome, name), 'latin1'),
  );
  for (const seen of [said, log, ...kept]) expect(seen).not.toContain('not-to-be-seen');
  expect(log).toContain('The shop, looking: task in shop of 127.0.0.1');
});

test('where no token is given the client is told why, and the Secret made for it is deleted', async () => {
  gives = false;
  expect((await pods()).split('\n')[0]).toBe(
    '403 writ: the credential "shop" cannot be lent: Kubernetes gives no token (403)',
  );
});
