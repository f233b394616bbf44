/** What people do to assistants, approvals and writs: decided by the same policies. */
import type { EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import type { Bundle } from './bundle.ts';
import { assistantEntity, personEntity, reference, uid } from './cedar-entities.ts';
import { registered } from './organisation.ts';
import { personRuling, refusal, type PersonRuling } from './person-ruling.ts';
import { taskEntities, type Task } from './request.ts';
import { rule } from './ruling.ts';

export type PersonAction =
  | { readonly action: 'enableExecution' | 'suspendExecution'; readonly assistant: string }
  /** One evidence key of an approval request: `approval:maintainers`. Ask once for each that is missing. */
  | {
      readonly action: 'approve';
      readonly key: string;
      readonly assistant: string;
      readonly requester: string;
    }
  | { readonly action: 'revokeWrit'; readonly task: Task };

/** @param person id of the person who acts, as their connection or signature proved */
export function decidePersonAction(bundle: Bundle, person: string, asked: PersonAction): PersonRuling {
  const entity = personEntity(bundle.organisation, person);
  if (entity === null) return refusal(`"${person}" is not a registered person`, null);
  const resource = resourceOf(bundle, asked);
  if ('unknown' in resource) return refusal(resource.unknown, null);
  const others = resource.entities.filter(
    ({ uid: one }) => !('id' in one && one.id === person && one.type === 'Writ::Person'),
  );
  const request = {
    principal: uid('Person', person),
    action: asked.action,
    resource: resource.uid,
    context: {},
    entities: [entity, ...others],
    profile: null,
  };
  return personRuling(rule(bundle, request, []), `"${person}" to ${sayings[asked.action]}`);
}

const sayings: Readonly<Record<PersonAction['action'], string>> = {
  enableExecution: 'enable the assistant',
  suspendExecution: 'suspend the assistant',
  approve: 'approve this',
  revokeWrit: 'revoke the writ',
};

type Resource =
  { readonly uid: TypeAndId; readonly entities: readonly EntityJson[] } | { readonly unknown: string };

function resourceOf(bundle: Bundle, asked: PersonAction): Resource {
  const { organisation } = bundle;
  if (asked.action === 'revokeWrit') {
    return revocable(bundle, asked.task);
  }
  const assistant = assistantEntity(organisation, asked.assistant);
  if (asked.action !== 'approve') {
    if (assistant === null) return { unknown: `the assistant "${asked.assistant}" is not registered` };
    return { uid: uid('Assistant', asked.assistant), entities: [assistant] };
  }
  const group = /^approval:(.+)$/.exec(asked.key)?.[1];
  if (group === undefined || registered(organisation.groups, group) === null) {
    return { unknown: `"${asked.key}" is no approval by a group of this organisation` };
  }
  const attrs = {
    group: reference('Group', group),
    requester: reference('Person', asked.requester),
    assistant: reference('Assistant', asked.assistant),
  };
  const approval: EntityJson = { uid: uid('Approval', asked.key), attrs, parents: [] };
  const requester = personEntity(organisation, asked.requester);
  const known = [assistant, requester].filter((one) => one !== null);
  return { uid: approval.uid as TypeAndId, entities: [approval, ...known] };
}

/** A writ may outlive the registration of what it names; then policy is asked about the rest. */
function revocable(bundle: Bundle, task: Task): Resource {
  const whole = taskEntities(bundle, task);
  if (!('unknown' in whole)) return { uid: uid('Task', task.id), entities: whole.entities };
  const attrs = {
    assistant: reference('Assistant', task.assistant),
    profile: reference('Profile', task.profile),
    requester: reference('Person', task.requester),
    repository: reference('Repository', task.repository),
    proof: 0,
    enforcement: task.enforcement,
  };
  const known = [
    assistantEntity(bundle.organisation, task.assistant),
    personEntity(bundle.organisation, task.requester),
  ].filter((one) => one !== null);
  return {
    uid: uid('Task', task.id),
    entities: [{ uid: uid('Task', task.id), attrs, parents: [] }, ...known],
  };
}
