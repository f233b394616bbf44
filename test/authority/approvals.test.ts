import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decideApproval } from '../../src/authority/services/decide-approval.ts';
import { expireApprovals } from '../../src/authority/services/expire-approvals.ts';
import { requestApproval } from '../../src/authority/services/request-approval.ts';
import { revokeWrit } from '../../src/authority/services/revoke-writ.ts';
import { useApproval } from '../../src/authority/services/use-approval.ts';
import type { Reported } from '../../src/authority/services/record.ts';
import {
  approvalNamespace,
  approvalStatement,
  subjectDigest,
} from '../../src/core/identity/approval-statement.ts';
import type { Approval, ApprovalSubject } from '../../src/core/model/approval.ts';
import type { Writ } from '../../src/core/model/writ.ts';
import { sshsig, type SshKey } from '../ssh/sshsig.ts';
import {
  approvalTtl,
  governance,
  openWorld,
  outcomeOf,
  remote,
  sshKeys,
  stranger,
  type World,
} from './world.ts';

let world: World;
let writ: Writ;
let commands = 0;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.remove());
beforeEach(async () => {
  await world.publish(governance());
  await world.enable();
  writ = await world.issue();
});

/** Of a command that no other test asked for. */
function subjectOf(changes: Partial<ApprovalSubject> = {}): ApprovalSubject {
  commands += 1;
  return {
    assistant: 'local',
    requester: 'ada',
    job: null,
    profile: 'develop',
    command: `git push origin main # ${commands}`,
    argv: ['git', 'push', 'origin', 'main'],
    executable: { path: '/usr/bin/git', sha256: 'e'.repeat(64) },
    cwd: '/home/ada/shop',
    repository: remote,
    commit: 'a'.repeat(40),
    policyVersion: world.context.policy.bundle?.version ?? '',
    missing: ['approval:maintainers'],
    ...changes,
  };
}

const ask = (subject = subjectOf(), under = writ.claims.id) =>
  requestApproval(world.context, { writ: under, subject, reason: 'it sends something out' });

function decide(
  approval: Approval,
  by: SshKey,
  decision: 'grant' | 'deny' = 'grant',
  reason: string | null = null,
): Promise<Approval> {
  const signature = sshsig(by, approvalStatement(approval, decision, reason), approvalNamespace);
  return decideApproval(world.context, approval.id, { decision, reason, signature });
}

const grantWith = ({ id }: Approval, signature: string) =>
  decideApproval(world.context, id, { decision: 'grant', reason: null, signature });

function decisionOn(approval: Approval, changes: Partial<Reported> = {}): Reported {
  return {
    type: 'decision',
    writ: writ.claims.id,
    session: 'ses_1',
    command: approval.subject.command,
    decision: 'allow',
    data: { approval: approval.id },
    ...changes,
  };
}

const spend = (approval: Approval, changes: Partial<Reported> = {}, digest = approval.digest) =>
  useApproval(world.context, approval.id, digest, decisionOn(approval, changes));

const stateOf = async ({ id }: Approval) => (await world.context.store.approval(id))?.state;
const entriesOf = async ({ id }: Approval) =>
  (await world.entries()).filter(({ data }) => data['approval'] === id).map(({ type }) => type);

describe('an approval', () => {
  test('is asked for, granted, and used once, each on record with who', async () => {
    const approval = await ask();
    expect(approval).toMatchObject({ state: 'waiting', expiresAt: world.clock.now + approvalTtl });
    const granted = await decide(approval, sshKeys.bob, 'grant', 'looks right');
    expect(granted).toMatchObject({ state: 'granted', decided: { by: 'bob', reason: 'looks right' } });
    await spend(granted);
    expect(await stateOf(granted)).toBe('used');
    expect(await outcomeOf(spend(granted))).toBe('approval_not_granted');
    expect(await entriesOf(granted)).toEqual([
      'approval.requested',
      'approval.granted',
      'decision',
      'approval.used',
    ]);
  });

  test('is used by exactly one of a hundred who try at once', async () => {
    const granted = await decide(await ask(), sshKeys.bob);
    const tries = Array.from({ length: 100 }, () => outcomeOf(spend(granted)));
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'approval_not_granted')).toHaveLength(99);
    const types = await entriesOf(granted);
    expect(types.filter((type) => type === 'decision' || type === 'approval.used')).toHaveLength(2);
  });

  test('is decided once, whoever is first', async () => {
    const approval = await ask();
    const outcomes = await Promise.all([
      ...[sshKeys.bob, sshKeys.carol, sshKeys.bob].map((key) => outcomeOf(decide(approval, key))),
      outcomeOf(decide(approval, sshKeys.carol, 'deny', 'no')),
    ]);
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 3 }, () => 'approval_not_waiting'), 'done']);
  });

  test.each([
    ['the requester', 'approval_own_request', () => sshKeys.ada],
    ['somebody outside of the group', 'not_permitted', () => sshKeys.eve],
    ['a key of nobody', 'signature_key_unknown', () => stranger],
  ])('is neither granted nor denied by %s, and the attempt is on record', async (_, code, key) => {
    const approval = await ask();
    expect(await outcomeOf(decide(approval, key()))).toBe(code);
    expect(await outcomeOf(decide(approval, key(), 'deny', 'no'))).toBe(code);
    expect(await stateOf(approval)).toBe('waiting');
    expect(await entriesOf(approval)).toEqual(['approval.requested', 'approval.refused', 'approval.refused']);
    expect((await world.entries(['approval.refused'])).at(-1)?.data).toMatchObject({ code, asked: 'deny' });
  });

  test('that needs two groups is given only by somebody of both', async () => {
    const both = () => ask(subjectOf({ missing: ['approval:maintainers', 'approval:security'] }));
    expect(await outcomeOf(decide(await both(), sshKeys.bob))).toBe('not_permitted');
    expect(await outcomeOf(decide(await both(), sshKeys.carol))).toBe('done');
  });

  test.each(['approval:nobody', 'approval:', 'maintainers', '__proto__', 'approval:__proto__'])(
    'of the kind %j is given by nobody',
    async (key) => {
      const approval = await ask(subjectOf({ missing: [key] }));
      expect(await outcomeOf(decide(approval, sshKeys.bob))).toBe('not_permitted');
    },
  );

  test.each([
    ['the other decision', (a: Approval) => approvalStatement(a, 'deny', null)],
    ['another reason', (a: Approval) => approvalStatement(a, 'grant', 'because')],
    [
      'a longer life',
      (a: Approval) => approvalStatement({ ...a, expiresAt: a.expiresAt + 1 }, 'grant', null),
    ],
    ['another approval', (a: Approval) => approvalStatement({ ...a, id: `${a.id}x` }, 'grant', null)],
    ['another digest', (a: Approval) => approvalStatement({ ...a, digest: 'f'.repeat(64) }, 'grant', null)],
    [
      'another command',
      (a: Approval) => approvalStatement({ ...a, subject: { ...a.subject, command: 'ls' } }, 'grant', null),
    ],
    ['the same in another spelling', (a: Approval) => `${approvalStatement(a, 'grant', null)}\n`],
  ])('is not granted by a signature over %s', async (_, statement) => {
    const approval = await ask();
    const signature = sshsig(sshKeys.bob, statement(approval), approvalNamespace);
    expect(await outcomeOf(grantWith(approval, signature))).toBe('signature_wrong');
    expect(await stateOf(approval)).toBe('waiting');
  });

  test('is not granted by a signature made for git', async () => {
    const approval = await ask();
    const signature = sshsig(sshKeys.bob, approvalStatement(approval, 'grant', null), 'git');
    expect(await outcomeOf(grantWith(approval, signature))).toBe('signature_namespace');
  });

  test.each([null, '', '  '])('is not denied without a reason (%j)', async (reason) => {
    const approval = await ask();
    expect(await outcomeOf(decide(approval, sshKeys.bob, 'deny', reason))).toBe('reason_missing');
    expect(await stateOf(approval)).toBe('waiting');
  });

  test('that was denied permits nothing, and the next request is a new one', async () => {
    const subject = subjectOf();
    const denied = await decide(await ask(subject), sshKeys.bob, 'deny', 'not today');
    expect(denied).toMatchObject({ state: 'denied', decided: { by: 'bob', reason: 'not today' } });
    expect(await outcomeOf(spend(denied))).toBe('approval_not_granted');
    expect((await ask(subject)).id).not.toBe(denied.id);
  });

  test('that still waits is not used, nor one that there is not', async () => {
    const waiting = await ask();
    expect(await outcomeOf(spend(waiting))).toBe('approval_not_granted');
    expect(await outcomeOf(spend({ ...waiting, id: 'apr_none' }))).toBe('approval_unknown');
    expect(await outcomeOf(decide({ ...waiting, id: 'apr_none' }, sshKeys.bob))).toBe('approval_unknown');
  });
});

describe('the time of an approval', () => {
  test('ends what waits and what was granted, to the millisecond, swept or not', async () => {
    const waiting = await ask();
    const granted = await decide(await ask(), sshKeys.bob);
    world.clock.now = waiting.expiresAt;
    writ = await world.issue();
    expect(await outcomeOf(decide(waiting, sshKeys.bob))).toBe('approval_expired');
    expect(await outcomeOf(spend(granted))).toBe('approval_expired');
    await expireApprovals(world.context);
    expect([await stateOf(waiting), await stateOf(granted)]).toEqual(['expired', 'expired']);
    expect((await entriesOf(granted)).at(-1)).toBe('approval.expired');
    expect(await outcomeOf(decide(waiting, sshKeys.bob))).toBe('approval_not_waiting');
    expect((await ask(waiting.subject)).id).not.toBe(waiting.id);
  });

  test('is not over a millisecond before', async () => {
    const approval = await ask();
    world.clock.now = approval.expiresAt - 1;
    writ = await world.issue();
    await expireApprovals(world.context);
    const granted = await decide(approval, sshKeys.bob);
    await spend(granted);
    expect(await stateOf(approval)).toBe('used');
  });
});

describe('a request', () => {
  test('for the same act joins the one that waits or was granted, also at once', async () => {
    const subject = subjectOf();
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(subject)));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    const granted = await decide(await ask(subject), sshKeys.bob);
    expect(await ask(subject)).toEqual(granted);
    await spend(granted);
    expect((await ask(subject)).state).toBe('waiting');
    expect((await entriesOf(granted)).filter((type) => type === 'approval.requested')).toHaveLength(1);
  });

  const changes: readonly Partial<ApprovalSubject>[] = [
    { assistant: 'other' },
    { requester: 'bob' },
    { job: 'TICKET-7' },
    { profile: 'maintain' },
    { command: 'git push --force' },
    { argv: null },
    { argv: ['git', 'push', 'origin main'] },
    { executable: null },
    { executable: { path: '/tmp/git', sha256: 'e'.repeat(64) } },
    { executable: { path: '/usr/bin/git', sha256: 'd'.repeat(64) } },
    { cwd: '/home/ada/shop/sub' },
    { repository: 'github.com/acme/bank' },
    { commit: 'b'.repeat(40) },
    { commit: null },
    { policyVersion: '0'.repeat(64) },
    { missing: ['approval:security'] },
  ];

  test('has another digest for any change of the act', () => {
    const subject = subjectOf();
    const digests = [subject, ...changes.map((change) => ({ ...subject, ...change }))].map(subjectDigest);
    expect(new Set(digests).size).toBe(changes.length + 1);
    expect(Object.keys(subject).toSorted()).toEqual(
      [...new Set(changes.flatMap((change) => Object.keys(change)))].toSorted(),
    );
  });

  test.each([
    ['assistant', { assistant: 'other' }],
    ['requester', { requester: 'bob' }],
    ['job', { job: 'TICKET-7' }],
    ['profile', { profile: 'maintain' }],
    ['repository', { repository: 'github.com/acme/bank' }],
  ])('that names another %s than the writ is refused, and adds nothing', async (_, change) => {
    const before = await world.context.store.log.size();
    expect(await outcomeOf(ask(subjectOf(change)))).toBe('approval_not_of_writ');
    expect(await world.context.store.log.size()).toBe(before);
  });

  test('is refused when a hundred of the same writ wait already, until one is decided', async () => {
    const first = await ask();
    for (let i = 1; i < 100; i += 1) await ask();
    expect(await outcomeOf(ask())).toBe('approvals_too_many');
    expect((await ask(first.subject)).id).toBe(first.id);
    await decide(first, sshKeys.bob, 'deny', 'no');
    expect(await outcomeOf(ask())).toBe('done');
  });

  test('under a writ that is over, or that there is not, is refused', async () => {
    await revokeWrit(world.context, 'ada', writ.claims.id, 'enough');
    expect(await outcomeOf(ask())).toBe('writ_ended');
    expect(await outcomeOf(ask(subjectOf(), 'writ_none'))).toBe('writ_unknown');
  });
});

describe('a granted approval', () => {
  test.each<[string, Partial<Reported>]>([
    ['a denial', { decision: 'deny' }],
    ['no decision', { decision: null }],
    ['the end of an execution', { type: 'execution.ended' }],
    ['an alert', { type: 'alert' }],
    ['another command', { command: 'rm -rf .' }],
    ['no command', { command: null }],
  ])('is not spent on %s', async (_, changes) => {
    const granted = await decide(await ask(), sshKeys.bob);
    expect(await outcomeOf(spend(granted, changes))).toBe('approval_other_act');
    expect(await stateOf(granted)).toBe('granted');
  });

  test('is not spent on another digest, nor when only the digest is right', async () => {
    const granted = await decide(await ask(), sshKeys.bob);
    const other = await decide(await ask(), sshKeys.bob);
    expect(await outcomeOf(spend(granted, {}, other.digest))).toBe('approval_other_act');
    const elsewhere = await world.issue({ profile: 'observe' });
    expect(await outcomeOf(spend(granted, { writ: elsewhere.claims.id }))).toBe('approval_not_of_writ');
  });

  test('serves the next writ for the same task, which is how a command is tried again', async () => {
    const granted = await decide(await ask(), sshKeys.bob);
    const next = await world.issue();
    await spend(granted, { writ: next.claims.id });
    expect(await stateOf(granted)).toBe('used');
  });

  test('is neither spent nor recorded under a writ that was revoked', async () => {
    const granted = await decide(await ask(), sshKeys.bob);
    await revokeWrit(world.context, 'ada', writ.claims.id, 'enough');
    expect(await outcomeOf(spend(granted))).toBe('writ_ended');
    expect(await stateOf(granted)).toBe('granted');
    expect(await entriesOf(granted)).toEqual(['approval.requested', 'approval.granted']);
  });

  test('is over once the policy has changed, also when that is taken back', async () => {
    const granted = await decide(await ask(), sshKeys.bob);
    const waiting = await ask();
    await world.publish(governance((text) => text.replace('writTtl: 15m', 'writTtl: 14m')));
    expect([await stateOf(granted), await stateOf(waiting)]).toEqual(['expired', 'expired']);
    await world.publish(governance());
    expect(await outcomeOf(spend(granted))).toBe('approval_not_granted');
    expect(await outcomeOf(decide(waiting, sshKeys.bob))).toBe('approval_not_waiting');
    expect(await outcomeOf(ask(subjectOf({ policyVersion: '0'.repeat(64) })))).toBe('approval_outdated');
  });

  test.each([
    ['from the group', (text: string) => text.replace('[ada, bob, carol]', '[ada, carol]'), 'not_permitted'],
    [
      'with the key',
      (text: string) => text.replace(sshKeys.bob.line, stranger.line),
      'signature_key_unknown',
    ],
  ])('cannot come from a person who was taken %s', async (_, change, code) => {
    await world.publish(governance(change));
    expect(await outcomeOf(decide(await ask(), sshKeys.bob))).toBe(code);
  });
});

describe('an approval that somebody changed in the database', () => {
  const write = (changed: Approval) =>
    world.context.store.commit((unit) => unit.updateApproval(changed, 'waiting'));

  test('to be granted lacks the signature', async () => {
    const approval = await ask();
    const signed = await decide(await ask(), sshKeys.bob);
    await write({ ...approval, state: 'granted', decided: signed.decided });
    expect(await outcomeOf(spend(approval))).toBe('signature_wrong');
    expect(await entriesOf(approval)).toEqual(['approval.requested']);
  });

  test('to have the digest of another act than the approver was shown permits neither', async () => {
    const approval = await ask();
    const evil = { ...approval, digest: subjectDigest({ ...approval.subject, cwd: '/' }) };
    await write(evil);
    const granted = await decide(evil, sshKeys.bob);
    expect(await outcomeOf(spend(granted))).toBe('approval_other_act');
    expect(await outcomeOf(spend(granted, {}, approval.digest))).toBe('approval_other_act');
  });

  test('to be of a former policy is neither granted nor used', async () => {
    const subject = subjectOf({ policyVersion: '0'.repeat(64) });
    const former = { ...(await ask()), subject, digest: subjectDigest(subject) };
    await write(former);
    expect(await outcomeOf(decide(former, sshKeys.bob))).toBe('approval_outdated');
    const signature = sshsig(sshKeys.bob, approvalStatement(former, 'grant', null), approvalNamespace);
    const decided = { by: 'bob', at: world.clock.now, reason: null, signature };
    await write({ ...former, state: 'granted', decided });
    expect(await outcomeOf(spend(former))).toBe('approval_outdated');
  });
});
