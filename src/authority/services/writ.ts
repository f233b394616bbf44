/** What the use cases of a writ share: finding it, whether it lives, and what its entries say. */
import { WritError } from '../../core/model/errors.ts';
import type { Writ, WritState } from '../../core/model/writ.ts';
import type { AuthorityContext, AuthorityErrorCode } from '../context.ts';
import type { Reader } from '../store/port.ts';

/** States in which something may run. */
export const liveStates: readonly WritState[] = ['issued', 'active'];

/** @throws WritError `writ_unknown` */
export async function existingWrit(reader: Pick<Reader, 'writ'>, id: string): Promise<Writ> {
  const writ = await reader.writ(id);
  if (writ !== null) return writ;
  throw new WritError<AuthorityErrorCode>('writ_unknown', 'there is no such writ', {
    hint: 'List them with: writ list --all',
  });
}

/** @throws WritError `writ_unknown`, `writ_ended` */
export async function liveWrit(
  context: AuthorityContext,
  reader: Pick<Reader, 'writ'>,
  id: string,
): Promise<Writ> {
  const writ = await existingWrit(reader, id);
  if (liveStates.includes(writ.state) && !isOver(context, writ)) return writ;
  throw endedFault(writ);
}

/** Its time has run out, whether or not that is on record yet. */
export function isOver(context: AuthorityContext, { claims }: Writ): boolean {
  return claims.expiresAt <= context.clock();
}

export function endedFault({ claims, state, ended }: Writ): WritError<AuthorityErrorCode> {
  const how = ended === null ? 'over, its time has run out' : `${state} by ${ended.by}: ${ended.reason}`;
  return new WritError('writ_ended', `the writ ${claims.id} is ${how}`, {
    hint: 'Ask for a new one with: writ issue',
  });
}

/** Of every entry about it. */
export function writFacts({ claims }: Writ) {
  return {
    assistant: claims.assistant,
    repository: claims.repository.remote,
    writ: claims.id,
    person: claims.requester,
  };
}
