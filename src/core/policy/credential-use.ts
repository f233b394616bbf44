/** May this task be lent this credential, here and now? Asked at each use. */
import type { Evidence } from '../model/evidence.ts';
import type { Bundle } from './bundle.ts';
import { uid } from './cedar-entities.ts';
import { scopesOf } from './credentials.ts';
import { heldKeys } from './decide.ts';
import { registered } from './organisation.ts';
import { personRuling, refusal, type PersonRuling } from './person-ruling.ts';
import { taskEntities, type Task } from './request.ts';
import { rule } from './ruling.ts';

/** @param name of the credential, under `credentials` in organisation.yaml @param now milliseconds since the epoch */
export function decideCredentialUse(
  bundle: Bundle,
  task: Task,
  name: string,
  evidence: readonly Evidence[],
  now: number,
): PersonRuling {
  const credential = registered(bundle.organisation.credentials, name);
  if (credential === null) {
    return refusal(`there is no credential "${name}"`, 'Register it under credentials in organisation.yaml.');
  }
  const known = taskEntities(bundle, task);
  if ('unknown' in known) return refusal(known.unknown, null);
  const resource = uid('Credential', name);
  const attrs = { name, kind: credential.broker, scopes: [...scopesOf(credential)] };
  const request = {
    principal: uid('Task', task.id),
    action: 'useCredential',
    resource,
    context: { by: 'lease' },
    entities: [...known.entities, { uid: resource, attrs, parents: [] }],
    profile: task.profile,
  };
  const ruling = rule(bundle, request, heldKeys(evidence, task.requester, now));
  return personRuling(ruling, `the credential "${name}" in the profile ${task.profile}`);
}
