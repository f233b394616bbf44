/** What the log says of a process. */
import type { Decision } from '../../core/model/decision.ts';
import type { GuardRecord } from '../authority-port.ts';
import { commandText } from '../command-text.ts';
import type { Attempt, Message } from './protocol.ts';

/** Arguments of which a record keeps the text, and how much of each, UTF-16 units. */
const mostArguments = 100;
const longestArgument = 1000;
const longestCommand = 8000;

export interface Recorded {
  readonly attempt: Attempt;
  readonly decision: Decision;
  readonly program: string;
  readonly starter: string | null;
  readonly announced: boolean;
  readonly sha256: string | null;
  readonly interpreterSha256: string | null;
  readonly enforcement: number;
}

export interface Whose {
  readonly writ: string;
  readonly session: string;
}

export function processRecord(whose: Whose, recorded: Recorded): GuardRecord {
  const { attempt, decision } = recorded;
  const [image] = attempt.images;
  const interpreter = attempt.images.length > 1 ? attempt.images.at(-1) : undefined;
  return {
    type: 'execution.process',
    ...whose,
    command: commandText(attempt.argv).slice(0, longestCommand).toWellFormed(),
    decision: decision.decision,
    data: {
      executable: { path: (image?.path ?? '').toWellFormed(), sha256: recorded.sha256 },
      ...(interpreter === undefined
        ? {}
        : { interpreter: { path: interpreter.path.toWellFormed(), sha256: recorded.interpreterSha256 } }),
      argv: attempt.argv.slice(0, mostArguments).map((word) => word.slice(0, longestArgument).toWellFormed()),
      argumentCount: attempt.argv.length,
      cwd: attempt.directory.toWellFormed(),
      process: attempt.process,
      parent: attempt.parent,
      starter: recorded.starter,
      announced: recorded.announced,
      enforcement: recorded.enforcement,
      policyVersion: decision.policyVersion,
      ...(decision.decision === 'allow'
        ? {}
        : { reason: decision.reason.toWellFormed(), missing: decision.missing, advice: decision.advice }),
    },
  };
}

export function mismatchRecord(
  whose: Whose,
  { decided, found, process }: Message & { type: 'mismatch' },
): GuardRecord {
  const shown = ({ path, argv }: typeof decided) => ({
    path: path.toWellFormed(),
    argv: argv.slice(0, mostArguments).map((word) => word.slice(0, longestArgument).toWellFormed()),
  });
  return {
    type: 'alert',
    ...whose,
    command: commandText(found.argv).slice(0, longestCommand).toWellFormed(),
    decision: null,
    data: { kind: 'process-mismatch', process, decided: shown(decided), found: shown(found) },
  };
}
