/** May this task be lent this credential, here and now? Asked at each use. */
import type { Evidence } from '../model/evidence.ts';
import type { Bundle } from './bundle.ts';
import { uid } from './cedar-entities.ts';
import { scopesOf, type Credential } from './credentials.ts';
import { heldKeys } from './decide.ts';
import { registered } from './organisation.ts';
import { personRuling, refusal, type PersonRuling } from './person-ruling.ts';
import { taskEntities, type Task } from './request.ts';
import { rule, type Ruling } from './ruling.ts';

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
  const held = heldKeys(evidence, task.requester, now);
  const ruling = withApproval(credential, rule(bundle, request, held), held);
  return personRuling(ruling, `the credential "${name}" in the profile ${task.profile}`);
}

/** A secret that lasts is lent only where somebody approved it, whatever the policies permit. */
function withApproval(credential: Credential, ruling: Ruling, held: readonly string[]): Ruling {
  if (credential.broker !== 'static' || ruling.decision === 'deny') return ruling;
  const approval = `approval:${credential.approvers}`;
  if (held.includes(approval)) return ruling;
  const missing = [...new Set([...ruling.missing, approval])].sort();
  return { ...ruling, decision: 'step-up', missing, reasons: ['it is a secret that outlives the task'] };
}
