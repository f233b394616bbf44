/** `organisation.yaml`: who and what there is, as data. What they may do is said by the Cedar policies beside it. */
import { z } from 'zod';
import { credentialVariableOf } from '../model/credential-stores.ts';
import type { EnforcementLevel } from '../model/decision.ts';
import { repositoryProofs } from '../model/writ.ts';
import { credential } from './credentials.ts';
import { duration } from './duration.ts';
import { hostPattern } from './host-pattern.ts';
import { network } from './network.ts';
import { issuer, resource } from './relying-parties.ts';
import { isSshPublicKey } from './ssh-public-key.ts';

const count = (most: number) => z.int().min(1).max(most);
const text = z.string().min(1).max(500);

/** Ids of people, groups, assistants, profiles, bundles and host sets. They become parts of SPIFFE ids. */
export const entityName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    'must be 1 to 63 of a-z, 0-9, - and _, and begin with a letter or digit',
  );

const trustDomain = z
  .string()
  .max(255)
  .regex(
    /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/,
    'must be a SPIFFE trust domain: lower-case letters, digits, dots, - and _',
  );

const sshKey = z
  .string()
  .max(16_384)
  .refine(isSshPublicKey, 'must be an SSH public key as one line of a .pub file: type, base64, comment');

const login = z.string().regex(/^[^\s:/\p{Cc}]{1,256}$/u, "must be an operating system user's name");

const tool = z
  .string()
  .regex(/^[A-Za-z0-9_.+[-][A-Za-z0-9_.+@[\]-]{0,99}$/, "must be a program's name without directories");
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of an environment variable')
  .regex(
    /^(?!(LD|DYLD|WRIT)_|(BASH_ENV|ENV|GCONV_PATH)$)/,
    'changes which code every program loads, and never passes from a caller',
  )
  .refine((name) => credentialVariableOf(name) === null, {
    error: ({ input }) =>
      `holds a login (${credentialVariableOf(String(input)) ?? ''}) and never passes from a caller: lend it as a credential`,
  });
const refPattern = z
  .string()
  .regex(
    /^[^\s\p{Cc}~^:?[\\]{1,250}$/u,
    "must be a branch's name, in which * stands for anything but / and ** for anything",
  );

const person = z.strictObject({
  name: text,
  /** Operating system user: how the local socket knows them. */
  login: login.optional(),
  /** Keys whose signatures count as theirs on approvals. */
  sshKeys: z.array(sshKey).max(50).default([]),
});

const assistant = z.strictObject({
  owner: entityName,
  purpose: text,
  profiles: z.array(entityName).min(1).max(100),
  /** `never`: nobody can enable it to execute, whatever policy says elsewhere. */
  execution: z.enum(['allowed', 'never']).default('allowed'),
});

const repository = z.strictObject({
  sensitivity: z.enum(['public', 'internal', 'confidential', 'secret']).default('internal'),
  /** Branches a writ may be issued on. `**` also stands for a detached HEAD. */
  refs: z.array(refPattern).min(1).max(200).default(['**']),
  /** The least proof that a clone is this repository. */
  proof: z.enum(repositoryProofs).default('claimed'),
  /** Who signs commits, for `proof: signed-commit`. */
  signers: z.array(sshKey).max(500).default([]),
});

const profileLimits = z.strictObject({
  /** Processor time of one process, seconds. */
  cpuSeconds: count(864_000),
  processes: count(100_000),
  /** Largest file that can be written, MiB. */
  fileSizeMiB: count(1_048_576),
  openFiles: count(1_048_576),
  /** From start to end of one command, seconds. */
  wallSeconds: count(864_000),
  /** Of one command with all that it starts, MiB. */
  memoryMiB: count(16_777_216),
  /** What one command may print, MiB. Where it is given, its output passes through the launcher. */
  outputMiB: count(16_777_216).optional(),
});

/** Of all commands under one writ together. */
const taskLimits = z.strictObject({
  /** Processor time, seconds. */
  cpuSeconds: count(86_400_000).optional(),
  /** From the start of the first command, seconds. */
  wallSeconds: count(864_000).optional(),
  /** At once. */
  processes: count(1_000_000).optional(),
  memoryMiB: count(16_777_216).optional(),
  /** What they print, MiB. */
  outputMiB: count(16_777_216).optional(),
});

const enforcement = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);

const profile = z.strictObject({
  description: text,
  /** Profile whose fields and policies this one starts from. */
  extends: entityName,
  repository: z.enum(['read-only', 'read-write']),
  /** Programs that the repository brings or builds may run, and whatever else lies where a task can write. */
  repositoryPrograms: z.boolean(),
  /** Tool bundles. */
  tools: z.array(entityName).max(200),
  /** Host sets by name, or single hosts. */
  hosts: z.array(z.union([entityName, hostPattern])).max(1000),
  /** Variables that pass from the caller's environment, beside the few that describe its terminal. */
  environment: z.array(variable).max(200),
  /** What commands may be lent, by name; policies decide each use. */
  credentials: z.array(entityName).max(200),
  limits: profileLimits.partial(),
  task: taskLimits,
  /** What a command's terminal shows is recorded. */
  record: z.boolean(),
  /** Least enforcement level at which a writ is issued. */
  enforcement,
  /** Life of a writ; never longer than `limits.writTtl`. */
  ttl: duration({ least: '1s', most: '24h' }),
});
export const profilePatch = profile.partial();
export type ProfilePatch = z.output<typeof profilePatch>;

const limits = z.strictObject({
  /** Life of a writ before it must be renewed. */
  writTtl: duration({ least: '1s', most: '24h' }).default(15 * 60_000),
  /** Life of a task's identity documents. */
  svidTtl: duration({ least: '2s', most: '15m' }).default(5 * 60_000),
  renewals: z.int().min(0).max(10_000).default(8),
  /** How long an approval waits, from request to use. */
  approvalTtl: duration({ least: '10s', most: '30d' }).default(30 * 60_000),
});

const execution = z.strictObject({
  /** Whom `writ exec` runs as when none is named. */
  assistant: entityName.default('local'),
  profile: entityName.default('develop'),
});

export const tools = z.array(tool).min(1).max(2000);
export const hosts = z.array(hostPattern).max(2000);

export const organisationFile = z.strictObject({
  version: z.literal(1),
  trustDomain,
  /** Address that tokens of tasks name as their issuer, and under which its keys are found. */
  issuer: issuer.optional(),
  /** Services that take tokens of tasks. */
  resources: z.record(entityName, resource).default({}),
  people: z.record(entityName, person),
  groups: z.record(entityName, z.array(entityName).max(10_000)).default({}),
  assistants: z.record(entityName, assistant).default({}),
  /** By canonical remote: `github.com/acme/shop`. */
  repositories: z.record(z.string().min(1).max(1000), repository).default({}),
  hostSets: z.record(entityName, hosts).default({}),
  bundles: z.record(entityName, tools).default({}),
  profiles: z.record(entityName, profilePatch).default({}),
  network: network.prefault({}),
  /** Upstreams that give out credentials, and as whom Writ asks them. */
  credentials: z.record(entityName, credential).default({}),
  limits: limits.prefault({}),
  execution: execution.prefault({}),
});
export type OrganisationFile = z.output<typeof organisationFile>;

type ProfileLimits = z.output<typeof profileLimits>;
type TaskLimits = z.output<typeof taskLimits>;

/** A profile with everything it inherits filled in. */
export interface Profile {
  readonly description: string;
  readonly extends: string | null;
  readonly repository: 'read-only' | 'read-write';
  readonly repositoryPrograms: boolean;
  readonly tools: readonly string[];
  readonly hosts: readonly string[];
  readonly environment: readonly string[];
  readonly credentials: readonly string[];
  readonly limits: ProfileLimits;
  readonly task: TaskLimits;
  readonly record: boolean;
  readonly enforcement: EnforcementLevel;
  /** Milliseconds; null where only the organisation's limit holds. */
  readonly ttl: number | null;
}

/** The organisation with stock profiles, bundles and host sets merged in. All durations in milliseconds. */
export interface Organisation extends Omit<OrganisationFile, 'profiles'> {
  readonly profiles: Readonly<Record<string, Profile>>;
}

/** A registered thing by name. Never what an object merely inherits, such as `constructor`. */
export function registered<T>(things: Readonly<Record<string, T>>, name: string): T | null {
  return Object.hasOwn(things, name) ? (things[name] ?? null) : null;
}

export function groupsOf(organisation: Pick<Organisation, 'groups'>, person: string): readonly string[] {
  return Object.keys(organisation.groups).filter((group) => organisation.groups[group]?.includes(person));
}

/** The person whose operating system login this is. */
export function personByLogin(organisation: Pick<Organisation, 'people'>, name: string): string | null {
  return Object.keys(organisation.people).find((id) => organisation.people[id]?.login === name) ?? null;
}
