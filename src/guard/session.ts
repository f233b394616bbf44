/**
 * A session is one governed launch: a writ, a decision on record, a sandbox, and an end on record.
 * Its channel to the launcher stays open throughout; when either side goes, so does the command.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndSessionRequest, OpenSessionRequest } from '../core/api/guard.ts';
import { analyzeArgv } from '../core/command/analyze.ts';
import type { Json } from '../core/model/entry.ts';
import { WritError } from '../core/model/errors.ts';
import type { Writ } from '../core/model/writ.ts';
import type { Profile } from '../core/policy/organisation.ts';
import { isGovernedAssistant } from './assistants/contribute.ts';
import type { HookReply } from './assistants/hook.ts';
import { authorize, type Answer, type Asked } from './authorize.ts';
import type { GuardRecord, WritRequest } from './authority-port.ts';
import { commandText } from './command-text.ts';
import { LentSecrets } from './credentials/lent-secrets.ts';
import { resolveExecutable } from './executable.ts';
import type { Guard } from './guard.ts';
import type { SessionMessage } from './launcher/session-message.ts';
import { prepareLaunch } from './launch.ts';
import { limitsInForce, limitsReached } from './limits.ts';
import type { SessionCgroups } from './sandbox/cgroup.ts';
import { endStrays } from './sandbox/strays.ts';
import { describeTask, identifyHere, type Place } from './place.ts';
import { DraftRefused, recordingFor } from './first-record.ts';
import { recordingFile, sealed } from './recording.ts';
import { obtainWrit } from './obtain-writ.ts';
import { Reconciler } from './reconcile.ts';
import { armedFiles, disarm, removeAll, type Armed } from './repository/planted.ts';
import { Announced } from './supervise/announced.ts';
import type { Supervisor } from './supervise/supervisor.ts';
import type { Membership } from './task-limits.ts';

/** Between the end of a launcher and that of the last process of its sandbox. */
const dyingMs = 250;

/** What setTimeout can hold. */
const longestTimerMs = 2 ** 31 - 1;

interface SessionLimits {
  readonly figures: Profile['limits'];
  readonly ofTask: Profile['task'];
  readonly cgroups: SessionCgroups;
}

export interface Channel {
  send(message: SessionMessage): void;
  /** The connection that the launcher holds; null where there is none to look at. */
  readonly launcher: Socket | null;
  /** Aborted when the launcher has gone. */
  readonly closed: AbortSignal;
}

export interface Session {
  readonly id: string;
  /** Unsigned while it is a draft. */
  writ: Writ;
  /** What is issued with the first entry of this session; null when it is. */
  draft: WritRequest | null;
  readonly place: Place;
  readonly request: OpenSessionRequest;
  /** The writ was asked for by this session and ends with it. */
  readonly ownsWrit: boolean;
  readonly cleanUp: (() => Promise<void>)[];
  readonly channel: Channel;
  /** Answers to an assistant's tool calls of the last seconds, by call. */
  readonly toolCalls: Map<string, Promise<HookReply>>;
  /** Aborted as soon as the session or its writ ends: what it holds open closes at once. */
  readonly stop: AbortController;
  /** What was decided from text, so that its processes are known when they start. */
  readonly announced: Announced;
  /** Is not to stand in any record of what it does. */
  readonly lent: LentSecrets;
  /** Holds what starts against what was announced. */
  readonly reconciler: Reconciler;
  /** The limits that hold, and what holds them; null until the session is prepared. */
  limits: SessionLimits | null;
  /** Its part in what the task may use in all; null until the session is prepared. */
  task: Membership | null;
  /** Settings of submodules that lead to programs, as they were before the command. */
  readonly armed: Armed;
  /** Decides each process; null until the session is prepared. */
  supervisor: Supervisor | null;
  /** Files that must not exist when the command has ended; the launcher removes them, unless it is killed. */
  forbidden: readonly string[];
  ended: boolean;
  /** Settles when the command may start, or may not. */
  opening: Promise<void>;
}

/** Opens a session and answers over the channel; resolves when the command may start, or may not. */
export async function openSession(
  guard: Guard,
  request: OpenSessionRequest,
  channel: Channel,
): Promise<void> {
  const bundle = await guard.bundle();
  const place = await identifyHere(request.directory, bundle, guard.governance);
  const granted = await obtainWrit(guard, request, place, !isGovernedAssistant(request));
  if ('refusal' in granted) {
    channel.send({ type: 'no-writ', refusal: granted.refusal });
    return;
  }
  const session: Session = {
    id: guard.newId('ses'),
    ...granted,
    place,
    request,
    ownsWrit: request.writ === null,
    cleanUp: [],
    channel,
    toolCalls: new Map(),
    stop: new AbortController(),
    announced: new Announced(),
    lent: new LentSecrets(),
    reconciler: new Reconciler(),
    limits: null,
    task: null,
    armed: await armedFiles(place.repository),
    supervisor: null,
    forbidden: [],
    ended: false,
    opening: Promise.resolve(),
  };
  guard.sessions.set(session.id, session);
  channel.closed.addEventListener('abort', () => void endLost(guard, session));
  session.opening = launchSession(guard, session);
  try {
    await session.opening;
  } catch (error) {
    await abandon(guard, session, 'the session could not be started');
    if (!(error instanceof DraftRefused)) throw error;
    channel.send({ type: 'no-writ', refusal: error.refusal });
  }
}

async function launchSession(guard: Guard, session: Session): Promise<void> {
  const prepared = isGovernedAssistant(session.request)
    ? await prepareAssistant(guard, session)
    : await prepareCommand(guard, session);
  if (!prepared) return;
  keepRenewed(guard, session);
  session.channel.send({ type: 'start' });
}

async function prepareAssistant(guard: Guard, session: Session): Promise<boolean> {
  await launch(guard, session);
  await guard.authority.record([startRecord(guard, session)]);
  return true;
}

/** What takes the launcher longest can begin at once: its sandbox learns what to run only when the start is on record. */
async function launch(guard: Guard, session: Session): Promise<void> {
  const spec = await prepareLaunch(guard, session);
  session.forbidden = spec.forbidden;
  session.channel.send({ type: 'launch', session: session.id, spec });
}

/** Decision and start go on record in one transaction. False when it may not start, or nobody waits for it any more. */
async function prepareCommand(guard: Guard, session: Session): Promise<boolean> {
  let launched = false;
  const { decision, approval } = await decide(guard, session, async (answer) => {
    session.announced.add(answer.decision.operations, answer.evidence);
    session.reconciler.heard(answer.decision);
    if (session.channel.closed.aborted) return [];
    await launch(guard, session);
    launched = true;
    return [startRecord(guard, session)];
  });
  if (decision.decision === 'allow') return launched;
  session.channel.send({ type: 'refused', decision, approval: approval?.id ?? null });
  await abandon(guard, session, `the command was not allowed (${decision.decision})`);
  return false;
}

function startRecord(guard: Guard, session: Session): GuardRecord {
  return executionRecord(session, 'execution.started', {
    argv: session.request.argv.slice(0, 1000),
    kind: session.request.kind,
    cwd: session.place.directory,
    enforcement: session.writ.claims.enforcement,
    confinement: guard.machine.confinement.kind,
    guard: guard.name,
    ownsWrit: session.ownsWrit,
    limits:
      session.limits === null
        ? null
        : limitsInForce(session.limits.figures, session.limits.ofTask, guard.machine, session.limits.cgroups),
  });
}

/** Renews the writ before it expires while policy grants it; where it does not, expiry ends the command. */
function keepRenewed(guard: Guard, session: Session): void {
  const { id, issuedAt, expiresAt } = session.writ.claims;
  let timer: NodeJS.Timeout;
  const schedule = (from: number, until: number): void => {
    timer = setTimeout(() => void renew(), Math.min((until - from) * (2 / 3), longestTimerMs));
  };
  const renew = async (): Promise<void> => {
    try {
      const { claims } = await guard.authority.renewWrit(id);
      if (!session.ended) schedule(guard.clock(), claims.expiresAt);
    } catch {
      // Not renewed: it expires, which ends the command and says why.
    }
  };
  schedule(Math.max(issuedAt, guard.clock()), expiresAt);
  session.cleanUp.push(async () => clearTimeout(timer));
}

/** Decides the command; with `wait`, holds until a missing approval is there or can no longer come. */
async function decide(
  guard: Guard,
  session: Session,
  prepare: (answer: Answer) => Promise<readonly GuardRecord[]>,
): Promise<Answer> {
  const asked = await describeCommand(guard, session);
  const authority = recordingFor(guard, session);
  for (;;) {
    const answer = await authorize(authority, await guard.bundle(), asked, guard.clock(), prepare);
    const waits = answer.decision.decision === 'step-up' && answer.approval?.state === 'waiting';
    if (!session.request.wait || !waits || answer.approval === null) return answer;
    const { id } = answer.approval;
    session.channel.send({ type: 'waiting', approval: id, missing: answer.decision.missing });
    if ((await awaitDecision(guard, session, id)) !== 'granted') return answer;
  }
}

async function awaitDecision(guard: Guard, session: Session, approval: string): Promise<string> {
  for (;;) {
    const { state } = await guard.authority.awaitApproval(approval);
    if (state !== 'waiting' || session.channel.closed.aborted || session.ended) return state;
  }
}

async function describeCommand(guard: Guard, session: Session): Promise<Asked> {
  const { argv } = session.request;
  const { place } = session;
  const task = describeTask(session.writ, place);
  return {
    session: session.id,
    task,
    text: commandText(argv),
    analysis: analyzeArgv(argv, place.context),
    subject: {
      assistant: task.assistant,
      requester: task.requester,
      job: task.job,
      profile: task.profile,
      command: commandText(argv),
      argv,
      executable: await resolveExecutable(argv[0] ?? '', guard.searchPath, place.directory),
      cwd: place.directory,
      repository: place.repository.remote,
      commit: place.repository.commit,
    },
  };
}

/** The launcher reports how the command ended. @returns what people are to know about it */
export async function endSession(
  guard: Guard,
  id: string,
  end: EndSessionRequest,
): Promise<readonly string[]> {
  const session = guard.sessions.get(id);
  if (session === undefined || session.ended) {
    throw new WritError('session_unknown', 'no such session is running', {
      hint: 'It may have ended already; see: writ log search --session ID',
    });
  }
  const exceeded = session.limits?.cgroups.exceeded() ?? [];
  const reached =
    session.limits === null
      ? []
      : limitsReached(session.limits.figures, session.writ.claims.profile, end, exceeded);
  const { task } = session;
  task?.told({
    cpuMs: Math.round(end.userMs + end.systemMs),
    memoryKiB: 0,
    processes: 0,
    outputBytes: end.outputBytes,
  });
  // Those of the task were said when they ended the command.
  await finish(guard, session, { ...end, limitsReached: [...(task?.reached ?? []), ...reached] });
  return reached;
}

/** The launcher went away without a report: its sandbox died with it, and the record says so. */
async function endLost(guard: Guard, session: Session): Promise<void> {
  if (session.ended) return;
  session.ended = true;
  try {
    if (session.draft !== null) await session.opening.catch(() => {});
    // Of a draft that came to nothing there is nothing to record.
    if (session.draft !== null) return;
    if (guard.machine.confinement.kind === 'in-place')
      await endStrays(session.id, session.limits?.cgroups.paths ?? []);
    // Its last processes may take a moment to die, and could plant until then.
    if (session.forbidden.length > 0) await sleep(dyingMs);
    const planted = await removeAll(session.forbidden);
    await finish(guard, session, { outcome: 'lost', exitCode: null, signal: null, planted });
  } catch (error) {
    guard.report(error);
  }
}

/** What the guard's services held is given up first: then last processes, the end and the writ's go on record together. */
async function finish(guard: Guard, session: Session, data: { readonly [key: string]: Json }): Promise<void> {
  session.ended = true;
  session.supervisor?.end();
  const processes = (await session.supervisor?.settled()) ?? [];
  await giveUp(guard, session);
  const planted = await plantedIn(guard, session, data['planted']);
  const ended = executionRecord(session, 'execution.ended', {
    ...data,
    landlock: session.supervisor?.landlock ?? null,
    recording: await sealed(recordingFile(guard.stateDirectory, session.id)),
  });
  const alert = executionRecord(session, 'alert', { kind: 'planted', files: planted });
  const close = session.ownsWrit ? { writ: session.writ.claims.id, reason: 'the command ended' } : null;
  try {
    await guard.authority.record([...processes, ended, ...(planted.length > 0 ? [alert] : [])], close);
  } finally {
    guard.sessions.delete(session.id);
  }
}

/** What git outside would have obeyed: removed by the launcher, or disarmed here. */
async function plantedIn(
  guard: Guard,
  session: Session,
  removed: Json | undefined,
): Promise<readonly Json[]> {
  const disarmed = await disarm(session.place.repository, session.armed).catch((error: unknown) => {
    guard.report(error);
    return [];
  });
  return [...(Array.isArray(removed) ? removed : []), ...disarmed];
}

/** Nothing was launched. */
async function abandon(guard: Guard, session: Session, reason: string): Promise<void> {
  session.ended = true;
  guard.sessions.delete(session.id);
  await giveUp(guard, session);
  if (session.ownsWrit && session.draft === null)
    await guard.authority.closeWrit(session.writ.claims.id, reason);
}

async function giveUp(guard: Guard, session: Session): Promise<void> {
  session.stop.abort();
  for (const undo of session.cleanUp.reverse()) await undo().catch(guard.report);
}

function executionRecord(
  session: Session,
  type: 'execution.started' | 'execution.ended' | 'alert',
  data: { readonly [key: string]: Json },
): GuardRecord {
  return {
    type,
    writ: session.writ.claims.id,
    session: session.id,
    command: commandText(session.request.argv),
    decision: null,
    data,
  };
}
