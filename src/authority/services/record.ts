/** What the guard reports becomes entries, as long as the writ that it names lives. */
import type { Decision } from '../../core/model/decision.ts';
import type { Entry, Json } from '../../core/model/entry.ts';
import type { Writ } from '../../core/model/writ.ts';
import { entry, type AuthorityContext } from '../context.ts';
import type { Unit } from '../store/port.ts';
import { endedFault, existingWrit, isLive, writFacts } from './end-writ.ts';

export interface Reported {
  readonly type: 'decision' | 'execution.started' | 'execution.ended' | 'alert';
  readonly writ: string;
  readonly session: string;
  readonly command: string | null;
  readonly decision: Decision['decision'] | null;
  readonly data: { readonly [key: string]: Json };
}

/** Ends and alerts are always taken: what happened must be on record whatever became of the writ. */
const takenAlways: readonly Reported['type'][] = ['execution.ended', 'alert'];

/** @throws WritError `writ_unknown`, `writ_ended`; then nothing of it is recorded and nothing may run */
export async function record(
  context: AuthorityContext,
  reports: readonly Reported[],
): Promise<readonly number[]> {
  const { indexes } = await context.store.commit(async (unit) => {
    for (const report of reports) unit.append(await reportedEntry(context, unit, report));
  });
  return indexes;
}

export async function reportedEntry(context: AuthorityContext, unit: Unit, report: Reported): Promise<Entry> {
  const writ = (await unit.writ(report.writ)) ?? (await existingWrit(context, report.writ));
  if (!takenAlways.includes(report.type)) assertLive(context, writ);
  const { type, session, command, decision, data } = report;
  return entry(context, type, { ...writFacts(writ), session, command, decision, data });
}

function assertLive(context: AuthorityContext, writ: Writ): void {
  if (!isLive(context, writ)) throw endedFault(writ);
}
