/**
 * What a task presents to a service that heeds delegation (RFC 9068, RFC 8693 section 4.1): the subject is the person
 * on whose behalf, the actor is the task. A service that ignored `act` would take the task for the person, so these
 * are issued only for services that are registered as heeding it.
 */
import { z } from 'zod';
import type { WritClaims } from '../model/writ.ts';
import { registeredClaims } from './jwt.ts';
import { tokenClaims, type TokenFacts } from './jwt-svid.ts';
import { taskId } from './spiffe-id.ts';

export const accessTokenType = 'at+jwt';

const name = z.string().min(1).max(500);
export const accessTokenClaims = registeredClaims.extend({
  /** SPIFFE ID of the task, which is the client as well as the actor. */
  client_id: name,
  act: z.strictObject({ sub: name }),
  writ: name,
  assistant: name,
  profile: name,
  repository: name,
  commit: name.optional(),
  job: name.optional(),
});
type AccessTokenClaims = z.output<typeof accessTokenClaims>;

export function delegationClaims(writ: WritClaims, facts: TokenFacts): AccessTokenClaims {
  const { assistant, id, requester, profile, job, repository } = writ;
  const task = taskId(facts.trustDomain, assistant, id);
  return {
    sub: requester,
    act: { sub: task },
    client_id: task,
    ...tokenClaims(facts),
    assistant,
    writ: id,
    profile,
    repository: repository.remote,
    ...(repository.commit === null ? {} : { commit: repository.commit }),
    ...(job === null ? {} : { job }),
  };
}
