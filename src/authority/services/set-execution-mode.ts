/** Enabling and suspending execution: an act of people whom policy names, with a reason, on record. */
import { WritError } from '../../core/model/errors.ts';
import { registered } from '../../core/policy/organisation.ts';
import { decidePersonAction } from '../../core/policy/person.ts';
import {
  currentBundle,
  entry,
  requireReason,
  type AuthorityContext,
  type AuthorityErrorCode,
  type WritEnded,
} from '../context.ts';
import type { AssistantMode, Unit } from '../store/port.ts';
import { endWritIn } from './end-writ.ts';
import { liveStates } from './writ.ts';

/** Suspending ends what runs under the assistant's writs. @throws WritError `not_permitted`, `reason_missing`, `assistant_unknown` */
export async function setExecutionMode(
  context: AuthorityContext,
  person: string,
  assistant: string,
  mode: AssistantMode['mode'],
  why: string,
): Promise<AssistantMode> {
  const bundle = currentBundle(context);
  const reason = requireReason(why);
  if (registered(bundle.organisation.assistants, assistant) === null) {
    throw new WritError<AuthorityErrorCode>(
      'assistant_unknown',
      `the assistant "${assistant}" is not registered`,
      {
        hint: 'Register it under assistants in organisation.yaml.',
      },
    );
  }
  const action = mode === 'enabled' ? 'enableExecution' : 'suspendExecution';
  const ruling = decidePersonAction(bundle, person, { action, assistant });
  if (ruling.decision !== 'allow') {
    const { decision, policies, reason: refusal } = ruling;
    await context.store.commit((unit) => {
      const data = { asked: mode, reason, why: refusal, policies };
      unit.append(entry(context, 'assistant.refused', { assistant, person, decision, data }));
    });
    throw new WritError<AuthorityErrorCode>(
      'not_permitted',
      ruling.reason,
      ruling.advice === null ? {} : { hint: ruling.advice },
    );
  }
  const change: AssistantMode = { assistant, mode, by: person, reason, at: context.clock() };
  const { value: ended } = await context.store.commit(async (unit) => {
    await unit.setAssistantMode(change);
    const type = mode === 'enabled' ? 'assistant.enabled' : 'assistant.suspended';
    unit.append(entry(context, type, { assistant, person, data: { reason, policies: ruling.policies } }));
    return mode === 'suspended' ? revokeAll(context, unit, change) : [];
  });
  for (const one of ended) context.events.emit('ended', one);
  return change;
}

async function revokeAll(
  context: AuthorityContext,
  unit: Unit,
  { assistant, by, reason }: AssistantMode,
): Promise<WritEnded[]> {
  const ending = {
    state: 'revoked',
    by,
    person: by,
    reason: `the assistant was suspended: ${reason}`,
  } as const;
  const all: WritEnded[] = [];
  for (const writ of await unit.writs({ assistant, states: liveStates })) {
    all.push(await endWritIn(context, unit, writ, ending));
  }
  return all;
}
