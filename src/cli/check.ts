/** `writ check`: decide without running, for one command or a stream of them. */
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { analyze, type AnalysisContext } from '../core/command/analyze.ts';
import { describeOperation } from '../core/command/describe.ts';
import { describeEffects } from '../core/command/effects.ts';
import type { Links } from '../core/command/links.ts';
import type { Decision, EnforcementLevel } from '../core/model/decision.ts';
import type { Operation } from '../core/model/operation.ts';
import type { Bundle } from '../core/policy/bundle.ts';
import { decideCommand, type Task } from '../core/policy/decide.ts';
import { explainDecision } from '../core/policy/explain.ts';
import { linksBelow } from '../guard/repository/links.ts';
import { bundleForCheck } from './check-policy.ts';
import { exit, exitOfVerdict } from './exit.ts';
import { print, printJson, visible } from './output.ts';

interface CheckOptions {
  readonly batch?: boolean;
  readonly explain?: boolean;
  readonly enforcement: string;
  readonly profile?: string;
  readonly assistant?: string;
  readonly repo?: string;
  readonly policy?: string;
  readonly json?: boolean;
}

/** What stands for the repository in commands that are checked and not run. */
const repositoryRoot = '/repo';

const batchLine = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  command: z.string(),
  cwd: z.string().startsWith('/').optional(),
});

export async function check(args: readonly string[], options: CheckOptions): Promise<void> {
  const { bundle, task, worktree } = await bundleForCheck(
    options,
    Number(options.enforcement) as EnforcementLevel,
  );
  const links = worktree === null ? null : linksBelow(worktree, repositoryRoot);
  if (options.batch === true) return checkBatch(bundle, task, links);
  const [command] = args;
  if (command === undefined || args.length > 1) {
    process.stderr.write("writ: give the command as one argument: writ check 'git push --force'\n");
    process.exitCode = exit.usage;
    return;
  }
  const { decision, risks } = decideText(bundle, task, command, repositoryRoot, links);
  if (options.json === true) printJson(answer(undefined, decision));
  else if (options.explain === true)
    print([...risks.map((risk) => `! ${risk}`), visible(explained(decision))].join('\n'));
  else print(summary(decision));
  process.exitCode = exitOfVerdict[decision.decision];
}

function explained(decision: Decision): string {
  const operations = decision.operations.map((one) => one.operation);
  return explainDecision(decision, describeEffects(operations, repositoryRoot));
}

async function checkBatch(bundle: Bundle, task: Task, links: Links | null): Promise<void> {
  let faults = 0;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const parsed = batchLine.safeParse(parseJson(line));
    if (!parsed.success) {
      faults += 1;
      const message = `not a line of the form {"id","command","cwd"}: ${parsed.error.issues[0]?.message ?? ''}`;
      printJson({ id: null, error: { code: 'line_invalid', message, hint: null, place: null } });
      continue;
    }
    const { id, command, cwd } = parsed.data;
    printJson(answer(id, decideText(bundle, task, command, cwd ?? repositoryRoot, links).decision));
  }
  process.exitCode = faults > 0 ? exit.failed : exit.done;
}

function decideText(
  bundle: Bundle,
  task: Task,
  command: string,
  cwd: string,
  links: Links | null,
): { decision: Decision; risks: string[] } {
  const context: AnalysisContext = { cwd, repository: repositoryRoot, home: '/home/writ', links };
  const { operations, risks } = analyze(command, context);
  const decision = decideCommand(bundle, task, operations, [], Date.now());
  return { decision, risks: risks.map((risk) => visible(risk.message)) };
}

/** The shape of contracts.md. */
function answer(id: string | number | undefined, decision: Decision): object {
  return {
    ...(id === undefined ? {} : { id }),
    decision: decision.decision,
    operations: decision.operations.map((one) => ({
      ...wire(one.operation),
      decision: one.decision,
      policies: one.policies,
    })),
    missing: decision.missing,
    reason: decision.reason,
    advice: decision.advice ?? '',
  };
}

function wire(operation: Operation): object {
  const { kind, target } = operation;
  return operation.kind === 'exec'
    ? { kind, target, argv: operation.argv, traits: operation.traits }
    : { kind, target };
}

function summary(decision: Decision): string {
  const lines = decision.operations
    .filter((one) => one.decision !== 'allow')
    .slice(0, 10)
    .map((one) => `  ${visible(describeOperation(one.operation))}: ${one.reason}`);
  const missing = decision.missing.length > 0 ? [`  missing: ${decision.missing.join(', ')}`] : [];
  const advice = decision.advice === null ? [] : [`  ${decision.advice}`];
  return [`${decision.decision}: ${decision.reason}`, ...lines, ...missing, ...advice].join('\n');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
