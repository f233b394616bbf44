/** What launchers ask and report, and what the guard answers, as blocks (native/session.c). */
import { constants } from 'node:os';
import { endSessionRequest, openSessionRequest, usageReport } from '../../core/api/guard.ts';
import type { EndSessionRequest, OpenSessionRequest, UsageReport } from '../../core/api/guard.ts';
import { describingVariables, type WritRefusal } from '../../core/api/session.ts';
import type { Decision } from '../../core/model/decision.ts';
import { errorBody, WritError } from '../../core/model/errors.ts';
import { exit, exitOfVerdict } from '../../core/model/exit-status.ts';
import { encodeLaunch } from './launch-blocks.ts';
import { encodeBlock } from './blocks.ts';
import type { SessionMessage } from './session-message.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws ZodError, or WritError `request_invalid` for what is no text */
export function decodeRequest(fields: readonly Buffer[], argv: readonly Buffer[]): OpenSessionRequest {
  const given = new Map(
    fields.map(textOf).map((field) => [nameOf(field), field.slice(nameOf(field).length + 1)]),
  );
  const orNull = (name: string) => given.get(name) ?? null;
  return openSessionRequest.parse({
    kind: orNull('kind'),
    argv: argv.map(textOf),
    directory: orNull('directory'),
    process: Number(orNull('process')),
    terminal: given.has('terminal'),
    environment: Object.fromEntries(
      describingVariables.flatMap((name) => (given.has(name) ? [[name, given.get(name)]] : [])),
    ),
    assistant: orNull('assistant'),
    profile: orNull('profile'),
    job: orNull('job'),
    writ: orNull('writ'),
    wait: given.has('wait'),
  });
}

function nameOf(field: string): string {
  return field.slice(0, Math.max(0, field.indexOf('=')));
}

function textOf(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new WritError('request_invalid', 'the request is not UTF-8 text', { cause: error });
  }
}

/** The first name of each wins: SIGABRT, not SIGIOT. */
const signalNames = new Map(
  Object.entries(constants.signals)
    .map(([name, value]) => [value, name] as const)
    .reverse(),
);

/** @throws ZodError */
export function decodeEnd(items: readonly Buffer[]): EndSessionRequest {
  const [
    outcome,
    exitCode,
    signal,
    userUs,
    systemUs,
    maxRssKiB,
    durationUs,
    outputBytes,
    complaint,
    ...planted
  ] = items.slice(1).map((item) => item.toString('utf8'));
  const number = Number(signal);
  return endSessionRequest.parse({
    outcome,
    exitCode: Number(exitCode),
    signal: number === 0 ? null : (signalNames.get(number) ?? `SIG${number}`),
    userMs: Number(userUs) / 1000,
    systemMs: Number(systemUs) / 1000,
    maxRssKiB: Number(maxRssKiB),
    durationMs: Number(durationUs) / 1000,
    outputBytes: Number(outputBytes),
    complaint: (complaint ?? '').slice(0, 1000),
    planted: planted.slice(0, 1000),
  });
}

/** @throws ZodError */
export function decodeUsage(items: readonly Buffer[]): UsageReport {
  const [cpuMs, memoryKiB, processes, outputBytes] = items.slice(1).map(Number);
  return usageReport.parse({ cpuMs, memoryKiB, processes, outputBytes });
}

/** A notice waits for the end, and goes with `recorded`. */
export function encodeMessage(message: Exclude<SessionMessage, { type: 'notice' }>): Buffer {
  switch (message.type) {
    case 'waiting':
      return encodeBlock([
        'say',
        `waiting for ${message.missing.join(', ')}; an approver runs: writ approve ${message.approval}`,
      ]);
    case 'launch':
      return encodeLaunch(message.session, message.spec);
    case 'start':
      return encodeBlock(['start']);
    case 'kill':
      return encodeBlock(['kill', message.reason]);
    case 'refused':
      return end(
        exitOfVerdict[message.decision.decision],
        { ...message.decision, approval: message.approval },
        refusedLines(message.decision, message.approval),
      );
    case 'no-writ':
      return end(exitOfVerdict[message.refusal.decision], message.refusal, withoutWritLines(message.refusal));
    case 'fault': {
      const { code, message: text, hint } = message;
      const error = new WritError(code, text, hint === null ? {} : { hint });
      return end(exit.failed, errorBody(error), [`${text} [${code}]`, ...(hint === null ? [] : [hint])]);
    }
    case 'recorded':
      return encodeBlock(['recorded', ...message.lines]);
  }
}

function end(status: number, json: unknown, lines: readonly string[]): Buffer {
  return encodeBlock(['end', String(status), JSON.stringify(json), ...lines]);
}

function refusedLines(decision: Decision, approval: string | null): string[] {
  const { missing, reason, advice } = decision;
  return [
    `${decision.decision === 'deny' ? 'denied' : 'needs more evidence'}: ${reason}`,
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(approval === null
      ? []
      : [`an approver can decide it with: writ approve ${approval}; then run the same command again`]),
    ...(advice === null ? [] : [advice]),
  ];
}

function withoutWritLines({ reason, advice }: WritRefusal): string[] {
  return [`no writ: ${reason}`, ...(advice === null ? [] : [advice])];
}
