/** What a session records before its command may start: the issue of its writ, where that is still a draft, comes with it. */
import type { WritRefusal } from '../core/api/session.ts';
import type { AuthorityPort, GuardRecord } from './authority-port.ts';
import type { Guard } from './guard.ts';
import { issueDrafted } from './obtain-writ.ts';
import type { Session } from './session.ts';

/** A draft that is not granted any more. */
export class DraftRefused extends Error {
  readonly refusal: WritRefusal;

  constructor(refusal: WritRefusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

/** The authority as the decision of a session's own command sees it. */
export function recordingFor(
  guard: Guard,
  session: Session,
): Pick<AuthorityPort, 'record' | 'requestApproval' | 'useApproval'> {
  const { authority } = guard;
  return {
    record: (records) => recordFor(guard, session, records),
    async requestApproval(request) {
      if (session.draft !== null) await recordFor(guard, session, []);
      return authority.requestApproval(request);
    },
    useApproval: (id, digest, record) => authority.useApproval(id, digest, record),
  };
}

async function recordFor(guard: Guard, session: Session, records: readonly GuardRecord[]): Promise<void> {
  if (session.draft === null) {
    await guard.authority.record(records);
    return;
  }
  const issued = await issueDrafted(guard, session.writ, session.draft, records);
  if ('refusal' in issued) throw new DraftRefused(issued.refusal);
  session.writ = issued.writ;
  session.draft = null;
}
