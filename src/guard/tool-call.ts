/** An assistant's own tool call, as its hook reports it before it runs. */
import { analyze, type Analysis } from '../core/command/analyze.ts';
import { withReached } from '../core/command/path-operations.ts';
import { classifyPath } from '../core/command/paths.ts';
import { denial, readToolCall, replyTo, type HookReply, type ToolCall } from './assistants/hook.ts';
import type { Decision } from '../core/model/decision.ts';
import type { Bundle } from '../core/policy/bundle.ts';
import type { AuthorityPort } from './authority-port.ts';
import { authorize } from './authorize.ts';
import type { Guard } from './guard.ts';
import { describeTask } from './place.ts';
import type { Session } from './session.ts';
import { profileOf } from './supervise/profile.ts';

/** Claude may ask twice about one call, with a path as given and made absolute: one answer, and one approval spent. */
const sameCallWithinMs = 10_000;

export function decideToolCall(guard: Guard, session: Session, body: string): Promise<HookReply> {
  const call = readToolCall(body, (path) => classifyPath(path, session.place.context));
  if (call.id === null) return decide(guard, session, call);
  const key = JSON.stringify([call.id, call.text, call.cwd]);
  const known = session.toolCalls.get(key);
  if (known !== undefined) return known;
  const reply = decide(guard, session, call);
  session.toolCalls.set(key, reply);
  setTimeout(() => session.toolCalls.delete(key), sameCallWithinMs).unref();
  return reply;
}

async function decide(guard: Guard, session: Session, call: ToolCall): Promise<HookReply> {
  if (session.ended) return denial('the session has ended');
  const { place } = session;
  const task = describeTask(session.writ, place);
  const bundle = await guard.bundle();
  const answer = await authorize(
    masking(guard, session),
    bundle,
    {
      session: session.id,
      task,
      text: call.text,
      analysis: analysisOf(call, session),
      subject: {
        assistant: task.assistant,
        requester: task.requester,
        job: task.job,
        profile: task.profile,
        command: call.text,
        argv: null,
        executable: null,
        cwd: call.cwd,
        repository: place.repository.remote,
        commit: place.repository.commit,
      },
    },
    guard.clock(),
  );
  session.reconciler.heard(answer.decision);
  if (answer.decision.decision === 'allow')
    session.announced.add(answer.decision.operations, answer.evidence);
  const note = outOfBundles(answer.decision, bundle, task.profile);
  const advice = [answer.decision.advice, note].filter((one) => one !== null).join(' ');
  return replyTo({ ...answer.decision, advice: advice === '' ? null : advice }, answer.approval?.id ?? null);
}

/**
 * Which files a session can execute is fixed in the kernel when it begins (src/guard/supervise/file-rules.ts): an
 * approval that comes later cannot add to them, and whoever is asked for it should know.
 */
function outOfBundles({ decision, operations }: Decision, bundle: Bundle, profile: string): string | null {
  if (decision !== 'step-up') return null;
  const { bundles } = bundle.organisation;
  const named = (profileOf(bundle, profile)?.tools ?? []).flatMap((name) => bundles[name] ?? []);
  const others = operations.flatMap(({ operation: { kind, target }, ...one }) =>
    kind === 'exec' && one.decision === 'step-up' && !target.includes('/') && !named.includes(target)
      ? [target]
      : [],
  );
  if (others.length === 0) return null;
  const programs = [...new Set(others)].join(', ');
  return `In this session ${programs} cannot start even if it is approved, since the programs of a session are fixed when it begins: a person can run the command with writ exec.`;
}

/** What the assistant has in a command of what it was lent is for the command, and not for the log. */
function masking(
  { authority }: Guard,
  { lent }: Session,
): Pick<AuthorityPort, 'record' | 'requestApproval' | 'useApproval'> {
  return {
    record: (records) => authority.record(lent.masked(records)),
    requestApproval: (request) => authority.requestApproval(request),
    useApproval: (id, digest, record) => authority.useApproval(id, digest, lent.masked(record)),
  };
}

function analysisOf(call: ToolCall, session: Session): Analysis {
  switch (call.act.kind) {
    case 'command':
      return analyze(call.act.text, { ...session.place.context, cwd: call.cwd });
    case 'operations':
      return { operations: withReached(call.act.operations, session.place.context), risks: [] };
    case 'internal':
      return { operations: [], risks: [] };
  }
}
