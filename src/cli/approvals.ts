/** `writ approvals`, `approve`, `deny`: what waits, and deciding it with one's own key. */
import { analyze, analyzeArgv } from '../core/command/analyze.ts';
import { describeEffects } from '../core/command/effects.ts';
import { approvalStatement } from '../core/identity/approval-statement.ts';
import type { Approval } from '../core/model/approval.ts';
import { sandboxHome } from '../guard/sandbox/environment.ts';
import { connect } from './authority-client.ts';
import { paint, print, printJson, visible } from './output.ts';
import { signWithSsh } from './ssh-sign.ts';

interface DecideOptions {
  readonly key?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

export async function approvals(
  _args: readonly string[],
  options: { readonly all?: boolean; readonly json?: boolean },
): Promise<void> {
  const client = await connect();
  const found = await client.get<Approval[]>('/approvals', options.all === true ? {} : { state: 'waiting' });
  if (options.json === true) printJson(found);
  else print(found.length === 0 ? 'Nothing waits for approval.' : found.map(describe).join('\n\n'));
}

export function approve(args: readonly string[], options: DecideOptions): Promise<void> {
  return decide(args, 'grant', options);
}

export function deny(args: readonly string[], options: DecideOptions): Promise<void> {
  return decide(args, 'deny', options);
}

async function decide(
  [id = '']: readonly string[],
  decision: 'grant' | 'deny',
  options: DecideOptions,
): Promise<void> {
  const client = await connect();
  const path = `/approvals/${encodeURIComponent(id)}`;
  const approval = await client.get<Approval>(path);
  const reason = options.reason ?? null;
  if (options.json !== true) print(`${describe(approval)}\n`);
  const signature = await signWithSsh(approvalStatement(approval, decision, reason), options.key);
  const decided = await client.post<Approval>(`${path}/decision`, { decision, reason, signature });
  if (options.json === true) printJson(decided);
  else
    print(
      `${decided.state === 'granted' ? paint('green', 'Granted') : paint('red', 'Denied')} by ${decided.decided?.by ?? ''}, signed.`,
    );
}

/** Read here from the command that is signed, not from what somebody says of it. */
function effectsOf({ command, argv, cwd }: Approval['subject']): string {
  const context = { cwd, repository: cwd, home: sandboxHome };
  const { operations } = argv === null ? analyze(command, context) : analyzeArgv(argv, context);
  return describeEffects(operations, cwd);
}

/** Everything that the signature covers, with nothing that could hide in it. */
function describe(approval: Approval): string {
  const { subject, decided } = approval;
  const rows: readonly (readonly [string, string])[] = [
    [
      'asks',
      `${subject.assistant}, on behalf of ${subject.requester}${subject.job === null ? '' : `, for ${subject.job}`}`,
    ],
    ['command', subject.command],
    ['does', effectsOf(subject)],
    [
      'program',
      subject.executable === null
        ? 'decided from the text'
        : `${subject.executable.path}  sha256 ${subject.executable.sha256.slice(0, 16)}…`,
    ],
    ['in', `${subject.cwd}, ${subject.repository} at ${subject.commit?.slice(0, 12) ?? 'no commit'}`],
    [
      'needs',
      `${subject.missing.join(', ')}, profile ${subject.profile}, policy ${subject.policyVersion.slice(0, 12)}`,
    ],
    ['why', approval.reason.replaceAll('\n', '; ')],
    ['until', new Date(approval.expiresAt).toISOString()],
    ...(decided === null
      ? []
      : [['decided', `by ${decided.by}${decided.reason === null ? '' : `: ${decided.reason}`}`] as const]),
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(8)} ${visible(value.replaceAll('\n', '⏎'))}`);
  return [`${paint('bold', approval.id)}  ${approval.state}`, ...lines].join('\n');
}
