/** May this person have a writ for this assistant, here and now? */
import type { EnforcementLevel } from '../model/decision.ts';
import type { Evidence } from '../model/evidence.ts';
import type { RepositoryIdentity } from '../model/writ.ts';
import type { Bundle } from './bundle.ts';
import {
  assistantEntity,
  personEntity,
  profileEntity,
  proofRank,
  reference,
  repositoryEntity,
  uid,
} from './cedar-entities.ts';
import { heldKeys } from './decide.ts';
import { registered } from './organisation.ts';
import { refAllowed } from './refs.ts';
import { rule } from './ruling.ts';
import { personRuling, refusal, type PersonRuling } from './person-ruling.ts';

export interface WritRequest {
  readonly assistant: string;
  /** Person, by id. */
  readonly requester: string;
  readonly profile: string;
  readonly repository: Pick<RepositoryIdentity, 'remote' | 'branch' | 'proof'>;
  readonly job: string | null;
  /** Execution mode: never enabled, enabled, or suspended. */
  readonly mode: 'registered' | 'enabled' | 'suspended';
  readonly enforcement: EnforcementLevel;
}

/** @param now milliseconds since the epoch */
export function decideIssue(
  bundle: Bundle,
  request: WritRequest,
  evidence: readonly Evidence[],
  now: number,
): PersonRuling {
  const { organisation } = bundle;
  const { remote, branch, proof } = request.repository;
  const repository = registered(organisation.repositories, remote);
  const entities = {
    assistant: assistantEntity(organisation, request.assistant),
    person: personEntity(organisation, request.requester),
    profile: profileEntity(organisation, request.profile),
    repository: repositoryEntity(organisation, remote),
  };
  if (entities.assistant === null) {
    return refusal(
      `the assistant "${request.assistant}" is not registered`,
      'Register it under assistants in organisation.yaml.',
    );
  }
  if (entities.person === null) {
    return refusal(
      `"${request.requester}" is not a registered person`,
      'Register them under people in organisation.yaml.',
    );
  }
  if (entities.profile === null) {
    return refusal(
      `there is no profile "${request.profile}"`,
      `There are: ${Object.keys(organisation.profiles).join(', ')}.`,
    );
  }
  if (entities.repository === null || repository === null) {
    return refusal(
      `the repository ${remote} is not registered`,
      'Register it with writ init, or under repositories in organisation.yaml.',
    );
  }
  const cedar = {
    principal: uid('Person', request.requester),
    action: 'issueWrit',
    resource: uid('Assistant', request.assistant),
    context: {
      profile: reference('Profile', request.profile),
      repository: reference('Repository', remote),
      mode: request.mode,
      proof: proofRank(proof),
      refAllowed: refAllowed(repository.refs, branch),
      enforcement: request.enforcement,
      ...(branch === null ? {} : { branch }),
      ...(request.job === null ? {} : { job: request.job }),
    },
    entities: [entities.assistant, entities.person, entities.profile, entities.repository],
    profile: null,
  };
  return personRuling(rule(bundle, cedar, heldKeys(evidence, request.requester, now)), 'a writ for this');
}
