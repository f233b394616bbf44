/** Faults of an organisation that a schema cannot see: names that lead nowhere, things given twice. */
import { canonicalRemote } from '../model/canonical-remote.ts';
import { WritError } from '../model/errors.ts';
import { didYouMean } from './nearest.ts';
import type { Organisation, OrganisationFile } from './organisation.ts';
import { error, quoted, warning, type PolicyProblem } from './problem.ts';
import { sshPublicKey } from './ssh-public-key.ts';
import type { Path, YamlFile } from './yaml-file.ts';

type Places = Pick<YamlFile<unknown>, 'placeOf' | 'placeOfKey'>;

/** `own` is what the file says, `organisation` what holds with the stock data merged in. */
export function checkReferences(
  own: OrganisationFile,
  organisation: Organisation,
  at: Places,
): PolicyProblem[] {
  const { people, groups, assistants, bundles, hostSets, profiles } = organisation;
  const known = {
    person: Object.keys(people),
    assistant: Object.keys(assistants),
    profile: [...new Set([...Object.keys(profiles), ...Object.keys(own.profiles)])],
    bundle: Object.keys(bundles),
    'host set': Object.keys(hostSets),
    credential: Object.keys(organisation.credentials),
    group: Object.keys(groups),
  } as const;
  const problems: PolicyProblem[] = [];
  const expect = (kind: keyof typeof known, name: string, path: Path): void => {
    if (known[kind].includes(name)) return;
    problems.push(
      error(
        'reference_unknown',
        at.placeOf(path),
        `unknown ${kind} ${quoted(name)}`,
        didYouMean(name, known[kind]),
      ),
    );
  };

  for (const [group, members] of Object.entries(groups)) {
    members.forEach((member, index) => expect('person', member, ['groups', group, index]));
    if (members.length > 0) continue;
    const hint = 'Nothing that policy reserves for it can be done.';
    problems.push(
      warning('group_empty', at.placeOfKey(['groups', group]), `the group "${group}" has no members`, hint),
    );
  }
  for (const [name, credential] of Object.entries(own.credentials)) {
    if (credential.broker === 'static') {
      expect('group', credential.approvers, ['credentials', name, 'approvers']);
    }
  }
  for (const [name, assistant] of Object.entries(assistants)) {
    expect('person', assistant.owner, ['assistants', name, 'owner']);
    assistant.profiles.forEach((one, index) =>
      expect('profile', one, ['assistants', name, 'profiles', index]),
    );
  }
  for (const [name, profile] of Object.entries(own.profiles)) {
    if (profile.extends !== undefined) expect('profile', profile.extends, ['profiles', name, 'extends']);
    profile.tools?.forEach((bundle, index) => expect('bundle', bundle, ['profiles', name, 'tools', index]));
    profile.credentials?.forEach((one, index) =>
      expect('credential', one, ['profiles', name, 'credentials', index]),
    );
    profile.hosts?.forEach((host, index) => {
      if (isSetName(host)) expect('host set', host, ['profiles', name, 'hosts', index]);
    });
  }
  // Their defaults need not exist: an organisation may always name assistant and profile.
  const { assistant, profile } = organisation.execution;
  if (assistant !== 'local') expect('assistant', assistant, ['execution', 'assistant']);
  expect('profile', profile, ['execution', 'profile']);

  return [...problems, ...repositoryProblems(own, at), ...sharedIdentities(own, at)];
}

/** A host set is named by a bare word; a host has a dot, a colon, or is `localhost`. */
function isSetName(host: string): boolean {
  return /^[a-z0-9][a-z0-9_-]*$/.test(host) && host !== 'localhost';
}

function repositoryProblems(own: OrganisationFile, at: Places): PolicyProblem[] {
  return Object.entries(own.repositories).flatMap(([remote, repository]): PolicyProblem[] => {
    const place = at.placeOfKey(['repositories', remote]);
    const canonical = canonicalOrFault(remote);
    if (canonical instanceof WritError) {
      return [
        error(
          'remote_not_canonical',
          place,
          `${quoted(remote)} names no repository: ${canonical.message}`,
          canonical.hint,
        ),
      ];
    }
    if (canonical !== remote) {
      const hint = Object.hasOwn(own.repositories, canonical)
        ? `"${canonical}" is registered as well; keep that one.`
        : `Write it as "${canonical}".`;
      return [error('remote_not_canonical', place, `${quoted(remote)} is not the canonical remote`, hint)];
    }
    if (repository.proof === 'signed-commit' && repository.signers.length === 0) {
      const hint = 'Give the public keys of those who sign commits under signers.';
      return [
        error('signers_missing', place, `"${remote}" asks for signed commits but names no signers`, hint),
      ];
    }
    return [];
  });
}

function canonicalOrFault(remote: string): string | WritError {
  try {
    return canonicalRemote(remote);
  } catch (fault) {
    if (fault instanceof WritError) return fault;
    throw fault;
  }
}

/** One login or key that stands for two people would let one of them act as the other. */
function sharedIdentities(own: OrganisationFile, at: Places): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const logins = new Map<string, string>();
  const keys = new Map<string, string>();
  for (const [id, { login, sshKeys }] of Object.entries(own.people)) {
    const holder = login === undefined ? undefined : logins.get(login);
    if (holder !== undefined) {
      const message = `the login ${quoted(login ?? '')} already belongs to "${holder}"`;
      problems.push(error('login_shared', at.placeOf(['people', id, 'login']), message));
    }
    if (login !== undefined) logins.set(login, holder ?? id);
    sshKeys.forEach((line, index) => {
      const key = sshPublicKey(line)?.blob.toString('base64') ?? line;
      const owner = keys.get(key);
      if (owner !== undefined) {
        const message =
          owner === id ? 'the SSH key is given twice' : `the SSH key already belongs to "${owner}"`;
        problems.push(error('ssh_key_shared', at.placeOf(['people', id, 'sshKeys', index]), message));
      }
      keys.set(key, owner ?? id);
    });
  }
  return problems;
}
