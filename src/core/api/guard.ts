/** What a launcher (`writ exec`, `writ run`) and the guard say to each other, over the Unix socket. */
import { z } from 'zod';
import { describingVariables } from './session.ts';

const maxArguments = 20_000;
const maxArgumentLength = 1024 * 1024;

const name = z.string().min(1).max(200);

export const openSessionRequest = z.strictObject({
  /** `exec`: one command. `run`: an assistant whose own commands are decided through its hooks. */
  kind: z.enum(['exec', 'run']),
  argv: z.array(z.string().max(maxArgumentLength)).min(1).max(maxArguments),
  directory: z.string().startsWith('/').max(4096),
  /** The launcher's process. */
  process: z.int().positive(),
  terminal: z.boolean(),
  environment: z.partialRecord(z.enum(describingVariables), z.string().max(200)),
  assistant: name.nullable(),
  profile: name.nullable(),
  job: name.nullable(),
  /** Use this writ instead of asking for a new one. */
  writ: name.nullable(),
  /** Hold until the missing approval is there, denied or expired. */
  wait: z.boolean(),
});
export type OpenSessionRequest = z.infer<typeof openSessionRequest>;

export const endSessionRequest = z.strictObject({
  exitCode: z.int().min(0).max(255).nullable(),
  signal: z.string().max(20).nullable(),
  outcome: z.enum(['exited', 'killed', 'timed-out', 'out-of-memory', 'too-much-output', 'not-started']),
  durationMs: z.number().nonnegative(),
  userMs: z.number().nonnegative(),
  systemMs: z.number().nonnegative(),
  maxRssKiB: z.number().nonnegative(),
  /** What it printed, where that is limited; else 0. */
  outputBytes: z.int().nonnegative(),
  /** What was said before the command could start. */
  complaint: z.string().max(1000),
  /** Files that the command planted to be obeyed by git outside; they were removed. */
  planted: z.array(z.string().max(4096)).max(1000),
});
/** What a command and all that it started use at this moment. */
export const usageReport = z.strictObject({
  cpuMs: z.int().nonnegative(),
  memoryKiB: z.int().nonnegative(),
  processes: z.int().nonnegative(),
  outputBytes: z.int().nonnegative(),
});
export type UsageReport = z.infer<typeof usageReport>;

export type EndSessionRequest = z.infer<typeof endSessionRequest>;
