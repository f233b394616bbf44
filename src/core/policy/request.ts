/** A task's operation as a Cedar request. */
import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/nodejs';
import { bareName } from '../model/bare-name.ts';
import type { EnforcementLevel } from '../model/decision.ts';
import type { Operation } from '../model/operation.ts';
import type { RepositoryProof } from '../model/writ.ts';
import type { Bundle } from './bundle.ts';
import {
  assistantEntity,
  personEntity,
  profileChain,
  profileEntity,
  proofRank,
  reference,
  repositoryEntity,
  uid,
  type EntityType,
} from './cedar-entities.ts';
import type { CedarRequest } from './slice.ts';
import { hostSetsOf } from './hosts.ts';
import type { Organisation } from './organisation.ts';

/** On whose behalf, where and under which protection a command is asked for. */
export interface Task {
  /** The writ's id. */
  readonly id: string;
  readonly assistant: string;
  readonly requester: string;
  readonly job: string | null;
  readonly profile: string;
  /** Canonical remote. */
  readonly repository: string;
  readonly branch: string | null;
  readonly proof: RepositoryProof;
  readonly enforcement: EnforcementLevel;
}

/** What all requests of one task share. */
export interface TaskEntities {
  readonly task: Task;
  readonly entities: readonly EntityJson[];
}

/** The names that are not registered, as sentences; else the entities. */
export function taskEntities(bundle: Bundle, task: Task): TaskEntities | { readonly unknown: string } {
  const { organisation } = bundle;
  const assistant = assistantEntity(organisation, task.assistant);
  if (assistant === null) return { unknown: `the assistant "${task.assistant}" is not registered` };
  const requester = personEntity(organisation, task.requester);
  if (requester === null) return { unknown: `the requester "${task.requester}" is not a registered person` };
  const profile = profileEntity(organisation, task.profile);
  if (profile === null) return { unknown: `there is no profile "${task.profile}"` };
  const repository = repositoryEntity(organisation, task.repository);
  if (repository === null) return { unknown: `the repository ${task.repository} is not registered` };
  const entity: EntityJson = {
    uid: uid('Task', task.id),
    attrs: {
      assistant: reference('Assistant', task.assistant),
      profile: reference('Profile', task.profile),
      requester: reference('Person', task.requester),
      repository: reference('Repository', task.repository),
      proof: proofRank(task.proof),
      enforcement: task.enforcement,
      ...(task.branch === null ? {} : { branch: task.branch }),
      ...(task.job === null ? {} : { job: task.job }),
    },
    parents: [
      ...profileChain(organisation, task.profile).map((name) => uid('Profile', name)),
      uid('Assistant', task.assistant),
    ],
  };
  return { task, entities: [entity, assistant, requester, profile, repository] };
}

/** What is known of a process when it starts, beyond its command: which file it is, and who starts it. */
export interface ProcessFacts {
  /** The program is one of the profile's tools, the inside of one, brought by the repository, or none of these. */
  readonly program: 'tool' | 'inner' | 'repository' | 'system';
  /** Name of the program that starts it; null for a command's first. */
  readonly parent: string | null;
  /** Names of all programs that led to it; `?` where some cannot be told. */
  readonly ancestors: readonly string[];
}

/** @param process where the operation is the start of a process, or on a path that this process was given */
export function operationRequest(
  bundle: Bundle,
  { task, entities }: TaskEntities,
  operation: Operation,
  process: ProcessFacts | null = null,
): CedarRequest {
  const { action, type, id, attrs, parents, context } = describe(bundle.organisation, operation, process);
  const resource = uid(type, id);
  return {
    principal: uid('Task', task.id),
    action,
    resource,
    context,
    entities: [...entities, { uid: resource, attrs, parents }],
    profile: task.profile,
  };
}

interface Description {
  readonly action: string;
  readonly type: EntityType;
  readonly id: string;
  readonly attrs: Record<string, CedarValueJson>;
  readonly parents: EntityJson['parents'];
  readonly context: Record<string, CedarValueJson>;
}

function describe(
  organisation: Organisation,
  operation: Operation,
  process: ProcessFacts | null,
): Description {
  switch (operation.kind) {
    case 'exec':
      return {
        action: 'exec',
        type: 'Tool',
        id: operation.target,
        attrs: {
          name: operation.target,
          script: process === null ? operation.target.includes('/') : process.program === 'repository',
          inner: process?.program === 'inner',
        },
        parents: bundlesOf(organisation, operation.target).map((bundle) => uid('Bundle', bundle)),
        context: {
          traits: [...operation.traits],
          command: operation.argv.join(' '),
          arguments: operation.argv.slice(1),
          static: operation.unknown.length === 0,
          environment: Object.keys(operation.environment),
          via: [...operation.via],
          ancestors: [...(process?.ancestors ?? [])],
          ...startedBy(process),
          ...(operation.subcommand === null ? {} : { subcommand: operation.subcommand }),
          ...(operation.cwd === null ? {} : { cwd: operation.cwd }),
        },
      };
    case 'read':
    case 'write':
      return {
        action: operation.kind,
        type: 'Path',
        id: operation.target,
        attrs: {
          path: operation.target,
          area: harmlessDevices.test(operation.target) ? 'temporary' : operation.area,
          sensitivity: operation.sensitivity ?? 'none',
        },
        parents: [],
        context: {
          by: operation.by,
          recursive: operation.recursive,
          pattern: operation.pattern,
          ...startedBy(process),
        },
      };
    case 'connect':
      return {
        action: 'connect',
        type: 'Host',
        id: operation.target,
        attrs: { host: operation.host, ...(operation.port === null ? {} : { port: operation.port }) },
        parents: hostSetsOf(organisation, operation, operation.also).map((set) => uid('HostSet', set)),
        context: { by: operation.by, ...operation.request },
      };
    case 'credential':
      return {
        action: 'useCredential',
        type: 'CredentialStore',
        id: operation.target,
        attrs: { name: operation.target },
        parents: [],
        context: { by: operation.by },
      };
    case 'opaque':
      return {
        action: 'runOpaque',
        type: 'Unknown',
        // The text itself decides nothing: what cannot be told is all alike.
        id: operation.of,
        attrs: { of: operation.of },
        parents: [],
        context: {},
      };
  }
}

function startedBy(process: ProcessFacts | null): { parent?: string } {
  return typeof process?.parent === 'string' ? { parent: process.parent } : {};
}

/** Keep nothing and tell nothing, so that policies need not speak of them. */
const harmlessDevices = /^\/dev\/(null|zero|full|random|urandom|tty|stdin|stdout|stderr)$/;

const memberships = new WeakMap<Organisation, Map<string, string[]>>();

function bundlesOf(organisation: Organisation, tool: string): readonly string[] {
  let bundlesByTool = memberships.get(organisation);
  if (bundlesByTool === undefined) {
    bundlesByTool = new Map();
    for (const [bundle, members] of Object.entries(organisation.bundles)) {
      for (const member of members) bundlesByTool.set(member, [...(bundlesByTool.get(member) ?? []), bundle]);
    }
    memberships.set(organisation, bundlesByTool);
  }
  return bundlesByTool.get(tool) ?? bundlesByTool.get(bareName(tool) ?? tool) ?? [];
}
