/** Small valid things to put into a store. */
import type { Approval } from '../../src/core/model/approval.ts';
import type { Entry } from '../../src/core/model/entry.ts';
import type { Lease } from '../../src/core/model/lease.ts';
import type { Writ } from '../../src/core/model/writ.ts';

export function sampleEntry(given: Partial<Entry> = {}): Entry {
  return {
    v: 1,
    type: 'decision',
    time: 1_790_000_000_000,
    assistant: 'claude',
    repository: 'github.com/acme/shop',
    writ: 'w1',
    session: 's1',
    person: 'ann',
    command: 'git status',
    decision: 'allow',
    data: { policies: ['stock.reads'] },
    ...given,
  };
}

export function sampleWrit(
  id: string,
  given: Partial<Writ> & {
    readonly assistant?: string;
    readonly remote?: string;
    readonly issuedAt?: number;
  } = {},
): Writ {
  const {
    assistant = 'claude',
    remote = 'github.com/acme/shop',
    issuedAt = 1_790_000_000_000,
    ...rest
  } = given;
  return {
    claims: {
      id,
      assistant,
      requester: 'ann',
      job: null,
      profile: 'develop',
      repository: {
        remote,
        commit: null,
        branch: 'main',
        worktree: '/repo',
        worktreeId: '1:2',
        proof: 'claimed',
        proven: 'The clone says so.',
      },
      enforcement: 2,
      taskKey: 'thumbprint',
      policyVersion: 'abc',
      issuedAt,
      expiresAt: issuedAt + 900_000,
    },
    state: 'issued',
    signature: 'e30.e30.sig',
    renewals: 0,
    ended: null,
    ...rest,
  };
}

export function sampleApproval(id: string, given: Partial<Approval> = {}): Approval {
  return {
    id,
    writ: 'w1',
    subject: {
      assistant: 'claude',
      requester: 'ann',
      job: null,
      profile: 'develop',
      command: 'git push',
      argv: ['git', 'push'],
      executable: { path: '/usr/bin/git', sha256: 'ab'.repeat(32) },
      cwd: '/repo',
      repository: 'github.com/acme/shop',
      commit: null,
      policyVersion: 'abc',
      missing: ['approval:maintainers'],
    },
    digest: `digest of ${id}`,
    state: 'waiting',
    reason: 'It leaves the repository.',
    requestedAt: 1_790_000_000_000,
    expiresAt: 1_790_000_600_000,
    decided: null,
    ...given,
  };
}

export function sampleLease(id: string, given: Partial<Lease> = {}): Lease {
  return {
    id,
    writ: 'w1',
    session: 's1',
    assistant: 'claude',
    requester: 'ann',
    repository: 'github.com/acme/shop',
    credential: 'shop-db',
    broker: 'postgres',
    reach: { description: 'reads the shop', scopes: ['select'] },
    evidence: [],
    settings: { host: 'db.example' },
    state: 'issued',
    requestedAt: 1_790_000_000_000,
    issuedAt: 1_790_000_000_100,
    expiresAt: 1_790_000_600_000,
    handle: { role: 'writ_1' },
    sealed: null,
    revocation: null,
    ...given,
  };
}
