import type { Writ } from '../../core/model/writ.ts';
import { entry, type AuthorityContext } from '../context.ts';
import { liveWrit, writFacts } from './writ.ts';

/** Something begins to run under the writ. Again changes nothing. @throws WritError `writ_unknown`, `writ_ended` */
export async function activateWrit(context: AuthorityContext, id: string): Promise<Writ> {
  const { value } = await context.store.commit(async (unit) => {
    const writ = await liveWrit(context, unit, id);
    if (writ.state === 'active') return writ;
    const active: Writ = { ...writ, state: 'active' };
    await unit.updateWrit(active, 'issued');
    unit.append(entry(context, 'writ.activated', writFacts(writ)));
    return active;
  });
  return value;
}
