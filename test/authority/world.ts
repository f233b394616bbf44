/** An organisation of some people, one repository and one assistant, over a real SQLite store and a clock to turn. */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Leasing } from '../../src/authority/brokers/broker.ts';
import type { AuthorityContext, AuthorityEvents } from '../../src/authority/context.ts';
import { openFileKeyStore } from '../../src/authority/keys/file-key-store.ts';
import { RecentNames } from '../../src/authority/recent-names.ts';
import { issueWrit, type IssueRequest } from '../../src/authority/services/issue-writ.ts';
import { publishPolicy } from '../../src/authority/services/publish-policy.ts';
import { setExecutionMode } from '../../src/authority/services/set-execution-mode.ts';
import { openSqliteStore } from '../../src/authority/store/sqlite.ts';
import { signingKey } from '../../src/core/identity/keys.ts';
import { stockSchedule } from '../../src/core/identity/svid-keys.ts';
import type { Entry, EntryType } from '../../src/core/model/entry.ts';
import { WritError } from '../../src/core/model/errors.ts';
import type { Writ } from '../../src/core/model/writ.ts';
import { startingGovernance } from '../../src/core/policy/start.ts';
import { stock } from '../policy/organisation.ts';
import { UpstreamInMemory } from '../leases/upstream-in-memory.ts';
import { ed25519, type SshKey } from '../ssh/sshsig.ts';
import { signer } from '../store/signer.ts';

export const remote = 'github.com/acme/shop';
export const writTtl = 15 * 60_000;
export const approvalTtl = 30 * 60_000;
export const renewals = 8;

/** Ada asks and enables; bob and carol maintain; eve is in no group. */
export const sshKeys = {
  ada: ed25519(Buffer.alloc(32, 1)),
  bob: ed25519(Buffer.alloc(32, 2)),
  carol: ed25519(Buffer.alloc(32, 3)),
  eve: ed25519(Buffer.alloc(32, 5)),
} as const;
export type Person = keyof typeof sshKeys;
export const stranger: SshKey = ed25519(Buffer.alloc(32, 6));

const start = startingGovernance(
  {
    person: 'ada',
    name: 'Ada',
    login: 'ada',
    sshKeys: [sshKeys.ada.line],
    trustDomain: 'acme.example',
    remote,
    registries: {},
    private: {},
  },
  stock,
);

/** The starting governance with more people, groups and limits. */
export function governance(
  change: (organisation: string) => string = (same) => same,
): Record<string, string> {
  const others = (['bob', 'carol', 'eve'] as const).map(
    (person) => `  ${person}: { name: ${person}, sshKeys: ["${sshKeys[person].line}"] }\n`,
  );
  const organisation = (start['organisation.yaml'] ?? '')
    .replace(/^groups:$/m, `${others.join('')}groups:`)
    .replace(/^ {2}maintainers: .*$/m, '  maintainers: [ada, bob, carol]')
    .replace(/^ {2}security: .*$/m, '  security: [carol]')
    .replace(
      /^repositories:$/m,
      `  frozen: { owner: ada, purpose: Talks, profiles: [observe], execution: never }\nrepositories:`,
    );
  return { ...start, 'organisation.yaml': change(organisation) };
}

export interface World {
  readonly context: AuthorityContext;
  /** Of this moment; the test turns it. */
  readonly clock: { now: number };
  /** What the brokers of this world give out. */
  readonly upstream: UpstreamInMemory;
  /** What was told to listeners, in order. */
  readonly told: { readonly event: string; readonly what: unknown }[];
  publish(files: Record<string, string>): ReturnType<typeof publishPolicy>;
  enable(): Promise<unknown>;
  issue(changes?: Partial<IssueRequest>): Promise<Writ>;
  entries(types?: readonly EntryType[]): Promise<Entry[]>;
  remove(): Promise<void>;
}

export async function openWorld(leasing?: Leasing): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-authority-'));
  const clock = { now: 1_790_000_000_000 };
  const events = new EventEmitter<AuthorityEvents>();
  events.setMaxListeners(0);
  const upstream = new UpstreamInMemory();
  const context: AuthorityContext = {
    store: await openSqliteStore({ path: join(folder, 'store.db'), signer }),
    clock: () => clock.now,
    random: randomBytes,
    writKey: signingKey(Buffer.alloc(32, 9)),
    stock,
    events,
    policy: { bundle: null, files: {}, problems: 0, rejected: null },
    endedSessions: new RecentNames(1000),
    identity: {
      keyStore: openFileKeyStore(join(folder, 'keys')),
      holder: 'one',
      schedule: stockSchedule,
      keys: [],
      rotation: Promise.resolve(),
      listener: null,
    },
    leasing: leasing ?? upstream.leasing,
  };
  const told: World['told'] = [];
  for (const event of ['ended', 'policy', 'approval'] as const) {
    events.on(event, (what: unknown) => told.push({ event, what }));
  }
  const world: World = {
    context,
    clock,
    upstream,
    told,
    publish: (files) => publishPolicy(context, files, 'ada'),
    enable: () => setExecutionMode(context, 'ada', 'local', 'enabled', 'to test'),
    issue: async (changes = {}) => {
      const issued = await issueWrit(context, 'ada', { ...issueRequest, ...changes });
      if ('writ' in issued) return issued.writ;
      throw new Error(`refused: ${issued.refusal.reason}`);
    },
    entries: async (types) => {
      const found = await context.store.log.entries({
        order: 'oldest-first',
        limit: 10_000,
        ...(types === undefined ? {} : { types }),
      });
      return found.map(({ entry }) => entry);
    },
    remove: async () => {
      await context.store.close();
      rmSync(folder, { recursive: true });
    },
  };
  const { outcome, problems } = await world.publish(governance());
  if (outcome !== 'published') throw new Error(JSON.stringify(problems));
  return world;
}

export const issueRequest: IssueRequest = {
  assistant: 'local',
  profile: 'develop',
  job: null,
  repository: {
    remote,
    commit: 'a'.repeat(40),
    branch: 'main',
    worktree: '/home/ada/shop',
    worktreeId: '64:1234',
    proof: 'claimed',
    proven: 'the clone says so',
  },
  enforcement: 2,
  taskKey: 'k'.repeat(43),
};

/** `done`, or the code with which it was refused. */
export async function outcomeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
    return 'done';
  } catch (error) {
    if (error instanceof WritError) return error.code;
    throw error;
  }
}
