/** The organisation as Cedar sees it: names and entities of the schema. */
import type { CedarValueJson, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import { repositoryProofs, type RepositoryProof } from '../model/writ.ts';
import { groupsOf, registered, type Organisation } from './organisation.ts';

export type EntityType =
  | 'Action'
  | 'Approval'
  | 'Assistant'
  | 'Bundle'
  | 'Credential'
  | 'CredentialStore'
  | 'Group'
  | 'Host'
  | 'HostSet'
  | 'Path'
  | 'Person'
  | 'Profile'
  | 'Repository'
  | 'Task'
  | 'Tool'
  | 'Unknown';

export function uid(type: EntityType, id: string): TypeAndId {
  return { type: `Writ::${type}`, id };
}

export function reference(type: EntityType, id: string): CedarValueJson {
  return { __entity: uid(type, id) };
}

export function proofRank(proof: RepositoryProof): number {
  return repositoryProofs.indexOf(proof);
}

/** The profile and those it extends, itself first. */
export function profileChain(organisation: Organisation, name: string): readonly string[] {
  const chain: string[] = [];
  for (let next: string | null = name; next !== null && !chain.includes(next);) {
    chain.push(next);
    next = registered(organisation.profiles, next)?.extends ?? null;
  }
  return chain;
}

/** Null for a name that is not registered, as for all of these. */
export function profileEntity(organisation: Organisation, name: string): EntityJson | null {
  const profile = registered(organisation.profiles, name);
  if (profile === null) return null;
  return {
    uid: uid('Profile', name),
    attrs: {
      tools: profile.tools.map((bundle) => reference('Bundle', bundle)),
      hosts: profile.hosts.map((set) => reference('HostSet', set)),
      environment: [...profile.environment],
      credentials: profile.credentials.map((name) => reference('Credential', name)),
      lends: lentStores(organisation, profile.credentials),
      repository: profile.repository,
      repositoryPrograms: profile.repositoryPrograms,
      enforcement: profile.enforcement,
    },
    parents: profileChain(organisation, name)
      .slice(1)
      .map((parent) => uid('Profile', parent)),
  };
}

/** In the sandbox what a command would take from such a store is what Writ lends, and none of anybody's own. */
const storeOf: Readonly<Record<string, string>> = {
  postgres: 'postgresql',
  vault: 'postgresql',
  'git-https': 'git',
  'github-app': 'git',
  ssh: 'ssh',
  kubernetes: 'kube',
};

function lentStores(organisation: Organisation, credentials: readonly string[]): string[] {
  const kinds = credentials.flatMap((name) => registered(organisation.credentials, name)?.broker ?? []);
  return [...new Set(kinds.flatMap((kind) => storeOf[kind] ?? []))].sort();
}

export function assistantEntity(organisation: Organisation, name: string): EntityJson | null {
  const assistant = registered(organisation.assistants, name);
  if (assistant === null) return null;
  return {
    uid: uid('Assistant', name),
    attrs: {
      owner: reference('Person', assistant.owner),
      profiles: assistant.profiles.map((profile) => reference('Profile', profile)),
      execution: assistant.execution,
    },
    parents: [],
  };
}

export function personEntity(organisation: Organisation, name: string): EntityJson | null {
  const person = registered(organisation.people, name);
  if (person === null) return null;
  return {
    uid: uid('Person', name),
    attrs: { name: person.name, ...(person.login === undefined ? {} : { login: person.login }) },
    parents: groupsOf(organisation, name).map((group) => uid('Group', group)),
  };
}

export function repositoryEntity(organisation: Organisation, remote: string): EntityJson | null {
  const repository = registered(organisation.repositories, remote);
  if (repository === null) return null;
  return {
    uid: uid('Repository', remote),
    attrs: { sensitivity: repository.sensitivity, proof: proofRank(repository.proof) },
    parents: [],
  };
}
