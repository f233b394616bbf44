/** The authority as its callers see it: routes, statuses, and what it says to input that nobody should send. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthorityApp } from '../../src/authority/http/app.ts';
import type { AuthorityEvent } from '../../src/core/api/authority.ts';
import { approvalNamespace, approvalStatement } from '../../src/core/identity/approval-statement.ts';
import { verificationKeys, type PublicJwk } from '../../src/core/identity/keys.ts';
import { verifyWrit } from '../../src/core/identity/writ-token.ts';
import { decodeEntry } from '../../src/core/log/entry-codec.ts';
import { parseProof, verifyProof } from '../../src/core/log/proof.ts';
import { parseVerifierKey } from '../../src/core/log/verifier-key.ts';
import type { Approval } from '../../src/core/model/approval.ts';
import type { ErrorBody } from '../../src/core/model/errors.ts';
import type { Writ } from '../../src/core/model/writ.ts';
import { sshsig } from '../ssh/sshsig.ts';
import { signer } from '../store/signer.ts';
import { governance, issueRequest, openWorld, remote, sshKeys, type World } from './world.ts';

let world: World;
let app: ReturnType<typeof createAuthorityApp>;
const faults: unknown[] = [];

beforeAll(async () => {
  world = await openWorld();
  app = createAuthorityApp(world.context, (error) => faults.push(error));
});
afterAll(() => world.remove());
beforeEach(async () => {
  await world.publish(governance());
  await world.enable();
  faults.length = 0;
});

/** @param body sent as it is when it is text, else as JSON */
async function send(method: string, path: string, body?: unknown, caller: string | null = 'ada') {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await app.request(
    path,
    { method, ...(text === undefined ? {} : { body: text }) },
    { caller, guard: true },
  );
  const said = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: response.status, said, json: isJson ? (JSON.parse(said) as unknown) : null };
}

async function answer<T>(method: string, path: string, body?: unknown, caller?: string | null): Promise<T> {
  const { status, said, json } = await send(method, path, body, caller);
  if (status !== 200) throw new Error(`${method} ${path}: ${status} ${said}`);
  return json as T;
}

async function issue(): Promise<Writ> {
  return (await answer<{ writ: Writ }>('POST', '/writs', issueRequest)).writ;
}

const reported = (writ: string, changes: object = {}) => ({
  type: 'decision',
  writ,
  session: 'ses_1',
  command: 'git status',
  decision: 'allow',
  data: {},
  ...changes,
});

const subjectOf = (command: string) => ({
  assistant: 'local',
  requester: 'ada',
  job: null,
  profile: 'develop',
  command,
  argv: null,
  executable: null,
  cwd: '/home/ada/shop',
  repository: remote,
  commit: null,
  policyVersion: world.context.policy.bundle?.version ?? '',
  missing: ['approval:maintainers'],
});

const requestApproval = (writ: string, command: string) =>
  answer<Approval>('POST', '/approvals', { writ, subject: subjectOf(command), reason: 'it leaves' });

const grantedBy = (approval: Approval) => ({
  decision: 'grant',
  reason: null,
  signature: sshsig(sshKeys.bob, approvalStatement(approval, 'grant', null), approvalNamespace),
});

describe('a writ over HTTP', () => {
  test('is issued, verifies with the published key, and lives to its end', async () => {
    const { claims, signature } = await issue();
    const { keys } = await answer<{ keys: PublicJwk[] }>('GET', '/keys');
    expect(verifyWrit(signature, verificationKeys(keys), world.clock.now)).toEqual(claims);
    expect(await answer('POST', `/writs/${claims.id}/activate`, {})).toMatchObject({ state: 'active' });
    expect(await answer('POST', `/writs/${claims.id}/renew`, {})).toMatchObject({ renewals: 1 });
    expect(await answer('GET', `/writs/${claims.id}`)).toMatchObject({ state: 'active' });
    expect(await send('POST', `/writs/${claims.id}/close`, { reason: 'done' })).toMatchObject({
      status: 204,
    });
    expect(await send('POST', `/writs/${claims.id}/close`, { reason: 'late' })).toMatchObject({
      status: 204,
    });
    expect(await send('POST', `/writs/${claims.id}/renew`, {})).toMatchObject({ status: 409 });
  });

  test('that policy refuses is an answer, not a fault', async () => {
    const refused = await answer('POST', '/writs', { ...issueRequest, profile: 'root' });
    expect(refused).toMatchObject({ refusal: { decision: 'deny' } });
  });

  test('is listed by state, assistant and repository', async () => {
    const { claims } = await issue();
    const find = async (query: string) =>
      (await answer<Writ[]>('GET', `/writs?${query}`)).some((writ) => writ.claims.id === claims.id);
    expect(await find('state=issued&state=active')).toBe(true);
    expect(await find(`assistant=local&repository=${encodeURIComponent(remote)}`)).toBe(true);
    expect(await find('state=revoked')).toBe(false);
    expect(await find('assistant=frozen')).toBe(false);
    expect(await answer<Writ[]>('GET', '/writs?limit=1')).toHaveLength(1);
  });

  test('is issued to, and revoked by, whom the transport names, never whom the request does', async () => {
    const body = { ...issueRequest, requester: 'bob' };
    expect(await send('POST', '/writs', body)).toMatchObject({ status: 400 });
    const { claims } = await issue();
    expect(claims.requester).toBe('ada');
    const revoke = (caller: string | null) =>
      send('POST', `/writs/${claims.id}/revoke`, { reason: 'enough' }, caller);
    expect(await revoke('eve')).toMatchObject({ status: 403, json: { error: { code: 'not_permitted' } } });
    expect(await revoke(null)).toMatchObject({ status: 403, json: { error: { code: 'caller_unknown' } } });
    expect(await revoke('carol')).toMatchObject({ status: 204 });
    const [refused] = (await world.entries(['writ.refused'])).slice(-1);
    expect(refused).toMatchObject({
      writ: claims.id,
      person: 'eve',
      data: { asked: 'revocation', why: 'enough' },
    });
  });
});

describe('an approval over HTTP', () => {
  test('is asked for, waited for, granted, used once, and gone from what waits', async () => {
    const { claims } = await issue();
    const approval = await requestApproval(claims.id, 'git push');
    expect(await requestApproval(claims.id, 'git push')).toEqual(approval);
    const waiting = answer<Approval>('GET', `/approvals/${approval.id}/decision`);
    await answer('POST', `/approvals/${approval.id}/decision`, grantedBy(approval));
    expect(await waiting).toMatchObject({ state: 'granted', decided: { by: 'bob' } });
    const use = () =>
      send('POST', `/approvals/${approval.id}/use`, {
        digest: approval.digest,
        report: reported(claims.id, { command: 'git push' }),
      });
    expect(await use()).toMatchObject({ status: 204 });
    expect(await use()).toMatchObject({ status: 409, json: { error: { code: 'approval_not_granted' } } });
    const listed = await answer<Approval[]>('GET', '/approvals?state=waiting&state=granted');
    expect(listed.some(({ id }) => id === approval.id)).toBe(false);
    expect(await answer('GET', `/approvals?writ=${claims.id}&state=used`)).toHaveLength(1);
  });

  test('ends the wait as well when it expires, and nobody waits on for a caller that has gone', async () => {
    const { claims } = await issue();
    const approval = await requestApproval(claims.id, 'git push --tags');
    const gone = new AbortController();
    const left = app.request(
      `/approvals/${approval.id}/decision`,
      { signal: gone.signal },
      { caller: 'ada' },
    );
    const listening = () => world.context.events.listenerCount('approval');
    while (listening() < 2) await new Promise((resolve) => setImmediate(resolve));
    gone.abort();
    expect(await (await left).json()).toMatchObject({ state: 'waiting' });
    expect(listening()).toBe(1);
    const waiting = answer<Approval>('GET', `/approvals/${approval.id}/decision`);
    while (listening() < 2) await new Promise((resolve) => setImmediate(resolve));
    await world.publish(governance((text) => text.replace('approvalTtl: 30m', 'approvalTtl: 29m')));
    expect(await waiting).toMatchObject({ state: 'expired' });
  });
});

describe('the log over HTTP', () => {
  test('takes reports, finds them, and proves them', async () => {
    const { claims } = await issue();
    const reports = [
      reported(claims.id, { command: 'needle-1' }),
      reported(claims.id, { type: 'execution.started', decision: null }),
    ];
    const { indexes } = await answer<{ indexes: number[] }>('POST', '/entries', { reports });
    const [index = -1] = indexes;
    expect(indexes).toEqual([index, index + 1]);
    const found = await answer('GET', '/entries?type=decision&command=needle&order=oldest-first&limit=5');
    expect(found).toMatchObject([{ index, entry: { command: 'needle-1', person: 'ada' } }]);

    const leaf = await app.request(`/entries/${index}/leaf`, {}, { caller: null });
    const bytes = new Uint8Array(await leaf.arrayBuffer());
    expect(decodeEntry(bytes)).toMatchObject({ command: 'needle-1' });
    const proof = await send('GET', `/entries/${index}/proof`);
    const { size } = verifyProof(parseProof(proof.said), bytes, parseVerifierKey(signer.vkey));
    expect(size).toBeGreaterThan(index);
    const tile = await app.request(`/log/tile/0/000.p/${size % 256}`, {}, { caller: null });
    expect((await tile.arrayBuffer()).byteLength).toBe((size % 256) * 32);
    expect((await send('GET', '/log/checkpoint')).said).toMatch(/^test\.example\/log\n\d+\n/);
    expect(await answer('GET', '/log/consistency/1')).toMatchObject({ from: 1, to: size });
  });
});

describe('events over HTTP', () => {
  async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<AuthorityEvent> {
    for await (const chunk of body) {
      for (const line of Buffer.from(chunk).toString().trim().split('\n'))
        yield JSON.parse(line) as AuthorityEvent;
    }
  }

  test('begin with the policy in force, tell what ends, and stop listening when the reader goes', async () => {
    const listeners = () => world.context.events.listenerCount('ended');
    const before = listeners();
    const response = await app.request('/events', {}, { caller: null });
    if (response.body === null) throw new Error('no body');
    const events = lines(response.body);
    const version = world.context.policy.bundle?.version;
    expect((await events.next()).value).toEqual({ type: 'policy', version });
    const { claims } = await issue();
    await send('POST', `/writs/${claims.id}/revoke`, { reason: 'enough' });
    expect((await events.next()).value).toEqual({
      type: 'ended',
      writ: claims.id,
      state: 'revoked',
      reason: 'enough',
    });
    await world.publish(governance((text) => text.replace('writTtl: 15m', 'writTtl: 14m')));
    expect((await events.next()).value).toMatchObject({ type: 'policy' });
    expect(listeners()).toBe(before + 1);
    await events.return(undefined);
    expect(listeners()).toBe(before);
  });

  test('cut off a reader that lets too much wait', async () => {
    const listeners = () => world.context.events.listenerCount('ended');
    const before = listeners();
    const response = await app.request('/events', {}, { caller: null });
    for (let i = 0; i <= 10_000; i += 1) world.context.events.emit('policy', `v${i}`);
    expect(listeners()).toBe(before);
    await expect(response.text()).rejects.toThrow('too far behind');
  });
});

const id = 'writ_000000000000000000000000';
const long = (length: number) => 'x'.repeat(length);
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const withIssue = (changes: object) => ({ ...issueRequest, ...changes });
const withRepository = (changes: object) =>
  withIssue({ repository: { ...issueRequest.repository, ...changes } });
const reports = (changes: object) => ({ reports: [reported(id, changes)] });
const asked = (changes: object, subject: object = {}) => ({
  writ: id,
  reason: '',
  subject: { ...subjectOf('git push'), ...subject },
  ...changes,
});
const decided = { decision: 'grant', reason: null, signature: '' };

/** Method, path, body, status, code. */
const refused: readonly (readonly [string, string, unknown, number, string])[] = [
  ['GET', '/', undefined, 404, 'route_unknown'],
  ['PUT', '/policy', { files: {} }, 404, 'route_unknown'],
  ['DELETE', `/writs/${id}`, undefined, 404, 'route_unknown'],
  ['GET', '/log/tile/../checkpoint/x', undefined, 404, 'entry_unknown'],

  ['POST', '/assistants/nobody/mode', { mode: 'enabled', reason: 'x' }, 404, 'assistant_unknown'],
  ['POST', '/assistants/__proto__/mode', { mode: 'enabled', reason: 'x' }, 404, 'assistant_unknown'],
  ['POST', '/assistants/local/mode', { mode: 'enabled', reason: ' ' }, 400, 'reason_missing'],
  ['POST', '/assistants/local/mode', { mode: 'on', reason: 'x' }, 400, 'request_invalid'],
  ['POST', '/assistants/local/mode', { mode: 'enabled' }, 400, 'request_invalid'],
  ['POST', '/assistants/local/mode', { mode: 'enabled', reason: 'x', by: 'bob' }, 400, 'request_invalid'],
  ['POST', '/assistants/local/mode', { mode: 'enabled', reason: long(4001) }, 400, 'request_invalid'],
  ['POST', '/assistants/local/mode', { mode: 'enabled', reason: '\ud800' }, 400, 'request_invalid'],
  ['POST', '/assistants/frozen/mode', { mode: 'enabled', reason: 'x' }, 403, 'not_permitted'],

  ['POST', '/writs', undefined, 400, 'request_invalid'],
  ['POST', '/writs', '', 400, 'request_invalid'],
  ['POST', '/writs', '{', 400, 'request_invalid'],
  ['POST', '/writs', 'null', 400, 'request_invalid'],
  ['POST', '/writs', '[]', 400, 'request_invalid'],
  ['POST', '/writs', deep(500_000), 400, 'request_invalid'],
  ['POST', '/writs', {}, 400, 'request_invalid'],
  ['POST', '/writs', withIssue({ caller: 'bob' }), 400, 'request_invalid'],
  ['POST', '/writs', withIssue({ assistant: '' }), 400, 'request_invalid'],
  ['POST', '/writs', withIssue({ assistant: long(501) }), 400, 'request_invalid'],
  ['POST', '/writs', withIssue({ job: '\udfff' }), 400, 'request_invalid'],
  ['POST', '/writs', withIssue({ enforcement: 4 }), 400, 'request_invalid'],
  ['POST', '/writs', withIssue({ enforcement: '2' }), 400, 'request_invalid'],
  ['POST', '/writs', withRepository({ worktree: 'shop' }), 400, 'request_invalid'],
  ['POST', '/writs', withRepository({ worktreeId: '1' }), 400, 'request_invalid'],
  ['POST', '/writs', withRepository({ commit: 'main' }), 400, 'request_invalid'],
  ['POST', '/writs', withRepository({ commit: 'A'.repeat(40) }), 400, 'request_invalid'],
  ['POST', '/writs', withRepository({ proof: 'trust-me' }), 400, 'request_invalid'],
  ['POST', '/writs', withRepository({ extra: 1 }), 400, 'request_invalid'],
  ['POST', '/writs', `"${long(8 * 1024 * 1024)}"`, 413, 'request_too_large'],
  ['GET', '/writs?state=alive', undefined, 400, 'request_invalid'],
  ['GET', '/writs?limit=0', undefined, 400, 'request_invalid'],
  ['GET', '/writs?limit=1001', undefined, 400, 'request_invalid'],
  ['GET', '/writs?limit=1e2', undefined, 400, 'request_invalid'],
  ['GET', '/writs?limit=0x10', undefined, 400, 'request_invalid'],
  ['GET', '/writs?limit=', undefined, 400, 'request_invalid'],
  ['GET', '/writs?limit=5&limit=6', undefined, 400, 'request_invalid'],
  ['GET', '/writs?all=1', undefined, 400, 'request_invalid'],
  ['GET', '/writs?__proto__=1', undefined, 400, 'request_invalid'],
  ['GET', '/writs/nothing', undefined, 404, 'writ_unknown'],
  ['GET', '/writs/%00', undefined, 404, 'writ_unknown'],
  ['GET', "/writs/'%20or%201=1", undefined, 404, 'writ_unknown'],
  ['POST', `/writs/${id}/activate`, {}, 404, 'writ_unknown'],
  ['POST', `/writs/${id}/renew`, {}, 404, 'writ_unknown'],
  ['POST', `/writs/${id}/close`, { reason: 'x' }, 404, 'writ_unknown'],
  ['POST', `/writs/${id}/close`, {}, 400, 'request_invalid'],
  ['POST', `/writs/${id}/revoke`, { reason: 'x' }, 404, 'writ_unknown'],
  ['POST', `/writs/${id}/revoke`, { reason: '' }, 400, 'reason_missing'],
  ['POST', `/writs/${id}/revoke`, { reason: 'x', person: 'ada' }, 400, 'request_invalid'],
  ['POST', `/writs/${id}/revoke`, { reason: 1 }, 400, 'request_invalid'],

  ['POST', '/entries', { reports: [] }, 400, 'request_invalid'],
  ['POST', '/entries', { reports: Array.from({ length: 1001 }, () => reported(id)) }, 400, 'request_invalid'],
  ['POST', '/entries', reports({}), 404, 'writ_unknown'],
  ['POST', '/entries', reports({ type: 'writ.issued', decision: null }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ type: 'approval.granted', decision: null }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ decision: null }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ type: 'execution.started' }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ time: 1 }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ person: 'bob' }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ session: '' }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ command: '\ud83d' }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ data: null }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ data: [] }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ data: { a: '\ud800' } }), 400, 'request_invalid'],
  ['POST', '/entries', reports({ data: { '\ud800': 1 } }), 400, 'request_invalid'],
  ['POST', '/entries', dataOf(deep(40)), 400, 'request_invalid'],
  ['POST', '/entries', dataOf(deep(200_000)), 400, 'request_invalid'],
  ['POST', '/entries', dataOf('1e999'), 400, 'request_invalid'],
  ['GET', '/entries?type=everything', undefined, 400, 'request_invalid'],
  ['GET', '/entries?since=yesterday', undefined, 400, 'request_invalid'],
  ['GET', '/entries?from=-1', undefined, 400, 'request_invalid'],
  ['GET', '/entries?limit=10001', undefined, 400, 'request_invalid'],
  ['GET', `/entries?command=${long(2001)}`, undefined, 400, 'request_invalid'],
  ['GET', '/entries?order=random', undefined, 400, 'request_invalid'],
  ['GET', '/entries/x/proof', undefined, 400, 'request_invalid'],
  ['GET', '/entries/01/proof', undefined, 400, 'request_invalid'],
  ['GET', '/entries/999999999999999/proof', undefined, 404, 'range_invalid'],
  ['GET', '/entries/9999999999999999/proof', undefined, 400, 'request_invalid'],
  ['GET', '/entries/-1/leaf', undefined, 400, 'request_invalid'],
  ['GET', '/entries/999999/leaf', undefined, 404, 'entry_unknown'],
  ['GET', '/log/consistency/999999', undefined, 404, 'range_invalid'],
  ['GET', '/log/consistency/one', undefined, 400, 'request_invalid'],
  ['GET', '/log/', undefined, 404, 'entry_unknown'],
  ['GET', '/log/tile/0/999', undefined, 404, 'entry_unknown'],
  ['GET', '/log/tile/99/000', undefined, 404, 'entry_unknown'],
  ['GET', '/log/tile/0/%2e%2e/store.db', undefined, 404, 'entry_unknown'],
  ['GET', '/log/..%2fstore.db', undefined, 404, 'entry_unknown'],

  ['POST', '/approvals', {}, 400, 'request_invalid'],
  ['POST', '/approvals', 'lazy', 404, 'writ_unknown'],
  ['POST', '/approvals', 'lazy missing none', 400, 'request_invalid'],
  ['POST', '/approvals', 'lazy missing unsorted', 400, 'request_invalid'],
  ['POST', '/approvals', 'lazy missing twice', 400, 'request_invalid'],
  ['POST', '/approvals', 'lazy policy', 409, 'approval_outdated'],
  ['POST', '/approvals', 'lazy cwd', 400, 'request_invalid'],
  ['POST', '/approvals', 'lazy sha256', 400, 'request_invalid'],
  ['POST', '/approvals', 'lazy extra', 400, 'request_invalid'],
  ['GET', '/approvals?state=ok', undefined, 400, 'request_invalid'],
  ['GET', '/approvals/nothing', undefined, 404, 'approval_unknown'],
  ['GET', '/approvals/nothing/decision', undefined, 404, 'approval_unknown'],
  ['POST', '/approvals/nothing/decision', decided, 404, 'approval_unknown'],
  ['POST', '/approvals/nothing/decision', { ...decided, decision: 'maybe' }, 400, 'request_invalid'],
  ['POST', '/approvals/nothing/decision', { ...decided, by: 'bob' }, 400, 'request_invalid'],
  ['POST', '/approvals/nothing/decision', { ...decided, signature: long(20_000) }, 400, 'request_invalid'],
  ['POST', '/approvals/nothing/decision', { ...decided, decision: 'deny' }, 400, 'reason_missing'],
  ['POST', '/approvals/nothing/use', { digest: 'x', report: reported(id) }, 400, 'request_invalid'],
  ['POST', '/approvals/nothing/use', { digest: 'a'.repeat(64) }, 400, 'request_invalid'],
  ['POST', '/approvals/nothing/use', { digest: 'a'.repeat(64), report: reported(id) }, 404, 'writ_unknown'],
];

/** Subjects name the policy in force, which is known only when the test runs. */
const lazy: Readonly<Record<string, () => unknown>> = {
  lazy: () => asked({}),
  'lazy missing none': () => asked({}, { missing: [] }),
  'lazy missing unsorted': () => asked({}, { missing: ['approval:b', 'approval:a'] }),
  'lazy missing twice': () => asked({}, { missing: ['approval:a', 'approval:a'] }),
  'lazy policy': () => asked({}, { policyVersion: 'old' }),
  'lazy cwd': () => asked({}, { cwd: '.' }),
  'lazy sha256': () => asked({}, { executable: { path: '/bin/git', sha256: 'x' } }),
  'lazy extra': () => asked({ state: 'granted' }),
};

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function dataOf(json: string): string {
  return JSON.stringify(reports({ data: { a: 'HERE' } })).replace('"HERE"', json);
}

describe('bad input', () => {
  test.each(refused.map((one) => [one.slice(0, 3).map(shown).join(' ').slice(0, 120), ...one] as const))(
    '%s',
    async (_, method, path, body, status, code) => {
      const sizeBefore = await world.context.store.log.size();
      const wanted = typeof body === 'string' && Object.hasOwn(lazy, body) ? lazy[body]?.() : body;
      const { status: got, json } = await send(method, path, wanted);
      const { error } = json as ErrorBody;
      expect([got, error.code]).toEqual([status, code]);
      expect(Object.keys(error)).toEqual(['code', 'message', 'hint', 'place']);
      expect(error.message.length).toBeLessThan(400);
      expect(faults).toEqual([]);
      const grown = (await world.context.store.log.size()) - sizeBefore;
      expect(grown).toBe(code === 'not_permitted' ? 1 : 0);
    },
  );

  test('from somebody whom nobody registered asks for nothing that needs a person', async () => {
    for (const [path, body] of [
      ['/writs', issueRequest],
      ['/assistants/local/mode', { mode: 'enabled', reason: 'x' }],
    ] as const) {
      expect(await send('POST', path, body, null)).toMatchObject({
        status: 403,
        json: { error: { code: 'caller_unknown' } },
      });
    }
  });
});

test('a fault of our own is reported, and tells the caller nothing about the inside', async () => {
  const store = { ...world.context.store, writ: () => Promise.reject(new Error('secret path /var/lib')) };
  const broken = createAuthorityApp({ ...world.context, store }, (error) => faults.push(error));
  const response = await broken.request(`/writs/${id}`, {}, { caller: 'ada' });
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('secret');
  expect(faults).toHaveLength(1);
});
