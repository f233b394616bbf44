/** What other people's programs make of our identity documents: openssl of certificates, jose of tokens. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuthorityContext } from '../../src/authority/context.ts';
import { openFileKeyStore } from '../../src/authority/keys/file-key-store.ts';
import { closeWrit } from '../../src/authority/services/end-writ.ts';
import { issueJwtSvid, issueX509Svid } from '../../src/authority/services/issue-svid.ts';
import { revokeWrit } from '../../src/authority/services/revoke-writ.ts';
import {
  keysInForce,
  refreshKeys,
  listKeys,
  restoreKeys,
  rotateByTime,
  rotateNow,
} from '../../src/authority/services/signing-keys.ts';
import { jwkSet, trustBundle } from '../../src/core/identity/trust-bundle.ts';
import { governance, outcomeOf, remote, type World } from '../authority/world.ts';
import { openIdentityWorld, startTask, type Task } from './world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
let world: World;
let folder: string;

beforeAll(async () => {
  world = await openIdentityWorld();
  await rotateByTime(world.context);
  folder = mkdtempSync(join(tmpdir(), 'writ-svids-'));
});
afterAll(async () => {
  await world.remove();
  rmSync(folder, { recursive: true });
});

const published = () => jwkSet(keysInForce(world.context), world.context.identity.schedule, world.clock.now);
const bundle = () =>
  trustBundle(keysInForce(world.context), world.context.identity.schedule, world.clock.now);
const jwtOf = ({ writ }: Task, audience: readonly string[] = ['https://sts.cloud.example']) =>
  issueJwtSvid(world.context, { writ: writ.claims.id, audience, workload: null });
const x509Of = ({ writ, publicKey }: Task) =>
  issueX509Svid(world.context, { writ: writ.claims.id, publicKey, workload: null });
const certificateOf = async (task: Task) =>
  new X509Certificate(Buffer.from((await x509Of(task)).certificate, 'base64'));
const pem = (der: string) => new X509Certificate(Buffer.from(der, 'base64')).toString();

function openssl(...args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

/** Writes an SVID and the CAs to files, and verifies the one with the other as openssl does it. */
async function verifyWithOpenssl(task: Task, cas: readonly string[], at = world.clock.now) {
  const { certificate } = await x509Of(task);
  writeFileSync(join(folder, 'svid.pem'), pem(certificate));
  writeFileSync(join(folder, 'ca.pem'), cas.map(pem).join(''));
  return openssl(
    'verify',
    '-x509_strict',
    '-purpose',
    'sslclient',
    '-attime',
    String(Math.floor(at / 1000)),
    '-CAfile',
    join(folder, 'ca.pem'),
    join(folder, 'svid.pem'),
  );
}

interface Credentials {
  readonly cert: string;
  readonly key: string;
  readonly ca: string[];
}

/** Names in the certificates that each end saw of the other. */
async function tlsPeers(server: Credentials, client: Credentials): Promise<(string | undefined)[]> {
  const listener = createServer({ ...server, requestCert: true, rejectUnauthorized: true });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo;
  const accepted = once(listener, 'secureConnection') as Promise<[TLSSocket]>;
  const near = connect({ ...client, port, host: '127.0.0.1', checkServerIdentity: () => undefined });
  await once(near, 'secureConnect');
  const [far] = await accepted;
  const seen = [far.getPeerCertificate().subjectaltname, near.getPeerCertificate().subjectaltname];
  near.destroy();
  far.destroy();
  listener.close();
  return seen;
}

const caCertificates = () => bundle().keys.flatMap(({ x5c }) => x5c ?? []);

describe('an X.509-SVID', () => {
  test('is verified by openssl alone, in its time and with the published CA only', async () => {
    const task = await startTask(world);
    expect(await verifyWithOpenssl(task, caCertificates())).toMatchObject({ status: 0 });
    const late = await verifyWithOpenssl(task, caCertificates(), world.clock.now + 6 * minute);
    expect(late.said).toMatch(/certificate has expired/);
    const stranger = await openIdentityWorld();
    await rotateByTime(stranger.context);
    const others = stranger.context.identity.keys.flatMap(({ certificate }) => certificate ?? []);
    expect((await verifyWithOpenssl(task, others)).said).toMatch(/unable to get local issuer certificate/);
    await stranger.remove();
  });

  test('has exactly one URI name, is no CA, signs and nothing else, for the minutes that it lives', async () => {
    const task = await startTask(world);
    await verifyWithOpenssl(task, caCertificates());
    const { said } = openssl('x509', '-in', join(folder, 'svid.pem'), '-noout', '-text');
    const id = `spiffe://acme.example/assistant/local/task/${task.writ.claims.id}`;
    expect(said).toMatch(/Subject Alternative Name: *\n *URI:(\S+)\n/);
    const certificate = await certificateOf(task);
    expect(certificate.subjectAltName).toBe(`URI:${id}`);
    expect(said).toMatch(/Basic Constraints: critical\n *CA:FALSE/);
    expect(said).toMatch(/X509v3 Key Usage: critical\n *Digital Signature\n/);
    expect(said).toMatch(/TLS Web Server Authentication, TLS Web Client Authentication/);
    expect(certificate.validToDate.getTime() - world.clock.now).toBe(5 * minute);
    expect(certificate.checkPrivateKey(createPrivateKey(task.privateKeyPem))).toBe(true);
  });

  test('serves both ends of a TLS connection', async () => {
    const now = await openIdentityWorld();
    now.clock.now = Date.now(); // TLS has no clock of ours to turn
    const ends = await Promise.all([startTask(now), startTask(now)]);
    const [server, client] = await Promise.all(
      ends.map(async ({ writ, publicKey, privateKeyPem }) => {
        const { id, certificate } = await issueX509Svid(now.context, {
          writ: writ.claims.id,
          publicKey,
          workload: null,
        });
        return { id, cert: pem(certificate), key: privateKeyPem };
      }),
    );
    const ca = now.context.identity.keys.flatMap(({ certificate }) =>
      certificate === null ? [] : [pem(certificate)],
    );
    expect(await tlsPeers({ ...server!, ca }, { ...client!, ca })).toEqual([
      `URI:${client?.id}`,
      `URI:${server?.id}`,
    ]);
    await now.remove();
  });

  test('is only for the key that the writ was issued for', async () => {
    const [mine, other] = [await startTask(world), await startTask(world)];
    expect(await outcomeOf(x509Of({ ...mine, publicKey: other.publicKey }))).toBe('task_key_mismatch');
  });
});

describe('a JWT-SVID', () => {
  test('is verified by jose against what is published, and says whose task it is and for whom', async () => {
    const task = await startTask(world, 'SHOP-142');
    const { svid } = await jwtOf(task);
    const { payload, protectedHeader } = await jwtVerify(svid, createLocalJWKSet(published()), {
      audience: 'https://sts.cloud.example',
      currentDate: new Date(world.clock.now),
      requiredClaims: ['jti', 'nbf', 'iat', 'exp'],
    });
    expect(Object.keys(protectedHeader).sort()).toEqual(['alg', 'kid', 'typ']);
    expect(payload).toMatchObject({
      sub: `spiffe://acme.example/assistant/local/task/${task.writ.claims.id}`,
      aud: 'https://sts.cloud.example',
      assistant: 'local',
      on_behalf_of: 'ada',
      job: 'SHOP-142',
      repository: remote,
      commit: 'a'.repeat(40),
      profile: 'develop',
      writ: task.writ.claims.id,
      exp: world.clock.now / 1000 + 300,
    });
    // The task acts. The person neither is the subject nor the actor of what the task does.
    expect(payload).not.toHaveProperty('act');
  });

  test('names every audience, and differs each time', async () => {
    const task = await startTask(world);
    const [one, two] = [await jwtOf(task, ['a', 'b']), await jwtOf(task, ['a', 'b'])];
    expect(decodeJwt(one.svid).aud).toEqual(['a', 'b']);
    expect(decodeJwt(one.svid).jti).not.toBe(decodeJwt(two.svid).jti);
  });
});

describe('identities end with the writ', () => {
  const endings: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    closed: (id) => closeWrit(world.context, id, 'done'),
    revoked: (id) => revokeWrit(world.context, 'ada', id, 'odd'),
    expired: async () => (world.clock.now += 15 * minute),
  };
  test.each(Object.entries(endings))('%s', async (_how, end) => {
    const task = await startTask(world);
    expect([await outcomeOf(jwtOf(task)), await outcomeOf(x509Of(task))]).toEqual(['done', 'done']);
    await end(task.writ.claims.id);
    expect([await outcomeOf(jwtOf(task)), await outcomeOf(x509Of(task))]).toEqual([
      'writ_ended',
      'writ_ended',
    ]);
  });

  test('never outlive it', async () => {
    const task = await startTask(world);
    world.clock.now += 13 * minute;
    const { svid, expiresAt } = await jwtOf(task);
    expect(expiresAt).toBe(task.writ.claims.expiresAt);
    expect(decodeJwt(svid).exp).toBe(expiresAt / 1000);
    expect((await certificateOf(task)).validToDate.getTime()).toBe(expiresAt);
  });

  test('and none is issued before anything runs, or for nobody', async () => {
    const { id } = (await world.issue()).claims;
    const asked = (writ: string) =>
      outcomeOf(issueJwtSvid(world.context, { writ, audience: ['a'], workload: null }));
    expect(await asked(id)).toBe('writ_not_active');
    expect(await asked('writ_nobody')).toBe('writ_unknown');
  });

  test('each that was issued is on record, with who asked', async () => {
    const task = await startTask(world);
    const workload = { pid: 7, uid: 1000, path: '/usr/bin/aws', sha256: 'ab'.repeat(32) };
    const { svid } = await issueJwtSvid(world.context, {
      writ: task.writ.claims.id,
      audience: ['a'],
      workload,
    });
    const entry = (await world.entries(['identity.issued'])).at(-1);
    expect(entry).toMatchObject({
      writ: task.writ.claims.id,
      assistant: 'local',
      person: 'ada',
      data: { kind: 'jwt-svid', jti: decodeJwt(svid).jti, audience: ['a'], workload },
    });
  });
});

describe('signing keys', () => {
  const states = (use: string) =>
    listKeys(world.context)
      .filter((key) => key.use === use)
      .map(({ kid, state }) => [kid, state] as const);

  test('the next one is published before it signs, the last one until its last SVID has expired', async () => {
    await rotateByTime(world.context);
    const start = world.clock.now;
    const first = states('jwt-svid').at(-1)?.[0] ?? '';
    const sequence = bundle().spiffe_sequence;
    expect(states('jwt-svid')).toEqual([[first, 'active']]);

    await rotateNow(world.context, 'jwt-svid', 'ada');
    await rotateNow(world.context, 'jwt-svid', 'ada');
    const second = states('jwt-svid').at(-1)?.[0] ?? '';
    expect(states('jwt-svid')).toEqual([
      [first, 'active'],
      [second, 'next'],
    ]);
    expect(published().keys.map(({ kid }) => kid)).toEqual([first, second]);
    expect(bundle().spiffe_sequence).toBeGreaterThanOrEqual(sequence);
    const before = await jwtOf(await startTask(world));
    expect(decodeProtectedHeader(before.svid).kid).toBe(first);

    world.clock.now = start + 5 * minute;
    const after = await jwtOf(await startTask(world));
    expect(decodeProtectedHeader(after.svid).kid).toBe(second);
    expect(states('jwt-svid')).toEqual([
      [first, 'retiring'],
      [second, 'active'],
    ]);
    const verify = () =>
      jwtVerify(before.svid, createLocalJWKSet(published()), {
        currentDate: new Date(world.clock.now - minute),
      });
    await verify();
    const held = bundle().spiffe_sequence;

    world.clock.now = start + 5 * minute + 16 * minute;
    await rotateByTime(world.context);
    expect(states('jwt-svid')).toEqual([[second, 'active']]);
    expect(bundle().spiffe_sequence).toBeGreaterThan(held);
    await expect(verify()).rejects.toThrow('no applicable key');
    expect(await world.context.identity.keyStore.list()).not.toContain(first);
    const told = (await world.entries(['key.created', 'key.removed'])).map(({ type, person, data }) => [
      type,
      person,
      data['kid'],
    ]);
    expect(told).toContainEqual(['key.created', 'ada', second]);
    expect(told.at(-1)).toEqual(['key.removed', null, first]);
  });

  test('rotate by time, a day ahead, with no moment in which an SVID is not verified', async () => {
    await rotateByTime(world.context);
    const first = states('x509-svid').find(([, state]) => state === 'active')?.[0];
    const seen = new Set<string>();
    for (let hours = 0; hours <= 30 * 24 + 2; hours += 6) {
      world.clock.now += 6 * 60 * minute;
      await rotateByTime(world.context);
      expect((await verifyWithOpenssl(await startTask(world), caCertificates())).status).toBe(0);
      seen.add(
        states('x509-svid')
          .map(([, state]) => state)
          .join(' '),
      );
    }
    expect(seen).toContain('active next');
    expect(states('x509-svid').map(([kid]) => kid)).not.toContain(first);
  });

  test('after a year without anybody there, new ones are made at once', async () => {
    world.clock.now += 365 * day;
    await rotateByTime(world.context);
    expect((await verifyWithOpenssl(await startTask(world), caCertificates())).status).toBe(0);
  });

  test('are of another trust domain when policy names one', async () => {
    const old = states('jwt-svid').map(([kid]) => kid);
    await world.publish(governance((text) => text.replaceAll('acme.example', 'other.example')));
    const { svid, id } = await jwtOf(await startTask(world));
    expect(id).toMatch(/^spiffe:\/\/other\.example\//);
    expect(old).not.toContain(decodeProtectedHeader(svid).kid);
    expect(
      published()
        .keys.map(({ kid }) => kid)
        .filter((kid) => old.includes(kid)),
    ).toEqual([]);
    await world.publish(governance());
  });

  test('survive a start; one whose file is gone is replaced', async () => {
    await rotateByTime(world.context);
    const [kept, lost] = [states('jwt-svid').at(-1)?.[0] ?? '', states('x509-svid').at(-1)?.[0] ?? ''];
    await world.context.identity.keyStore.remove(lost);
    world.context.identity.keys = [];
    await restoreKeys(world.context);
    await rotateByTime(world.context);
    expect(states('jwt-svid').at(-1)).toEqual([kept, 'active']);
    expect(states('x509-svid').map(([kid]) => kid)).not.toContain(lost);
    expect((await verifyWithOpenssl(await startTask(world), caCertificates())).status).toBe(0);
  });
});

test('two authorities on one database sign with keys of their own, and each publishes both', async () => {
  const place = join(folder, 'other');
  const other: AuthorityContext = {
    ...world.context,
    identity: { ...world.context.identity, keyStore: openFileKeyStore(place), holder: 'other', keys: [] },
  };
  await restoreKeys(other);
  await rotateByTime(other);
  await refreshKeys(world.context);
  await rotateByTime(world.context);
  const task = await startTask(world);
  const request = { writ: task.writ.claims.id, audience: ['a'], workload: null };
  const tokens = [await issueJwtSvid(world.context, request), await issueJwtSvid(other, request)];
  const kids = tokens.map(({ svid }) => decodeProtectedHeader(svid).kid);
  expect(new Set(kids).size).toBe(2);
  for (const context of [world.context, other]) {
    const set = createLocalJWKSet(jwkSet(keysInForce(context), context.identity.schedule, world.clock.now));
    for (const { svid } of tokens) await jwtVerify(svid, set, { currentDate: new Date(world.clock.now) });
  }
});

describe('private keys in files', () => {
  test("are their owner's alone, named after themselves, and refused when others could read them", async () => {
    const place = join(folder, 'keys');
    const store = openFileKeyStore(place);
    const { kid } = await store.create();
    expect(statSync(place).mode & 0o777).toBe(0o700);
    const [file = ''] = readdirSync(place);
    expect(file).toBe(`${kid}.pk8`);
    expect(statSync(join(place, file)).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(store)).not.toContain('PRIVATE');

    const other = await store.create();
    execFileSync('cp', [join(place, `${other.kid}.pk8`), join(place, `${kid}.pk8`)]);
    expect(await outcomeOf(openFileKeyStore(place).sign(kid, Buffer.from('x')))).toBe('key_damaged');
    chmodSync(join(place, `${other.kid}.pk8`), 0o640);
    expect(await outcomeOf(openFileKeyStore(place).sign(other.kid, Buffer.from('x')))).toBe('key_unsafe');
    expect(await outcomeOf(store.sign('../../etc/passwd', Buffer.from('x')))).toBe('key_missing');
    chmodSync(place, 0o755);
    expect(() => openFileKeyStore(place)).toThrow('can be reached by other people');
  });
});
