/** What Claude Code asks before each tool call (its PreToolUse hook), and what it is told. */
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import type { Decision } from '../../core/model/decision.ts';
import { WritError } from '../../core/model/errors.ts';
import type {
  ConnectOperation,
  OpaqueOperation,
  Operation,
  PathOperation,
  Span,
} from '../../core/model/operation.ts';

type HookErrorCode = 'hook_payload_invalid';

/** One tool call, ready to be decided. */
export interface ToolCall {
  readonly tool: string;
  /**
   * Claude's id of the call; null where it gave none. A call with a relative path is asked about twice under one
   * id: as the model gave it, and with the path made absolute; `text` is the same.
   */
  readonly id: string | null;
  /** Where the tool would act. */
  readonly cwd: string;
  /** The command itself, or one line such as `Write /repo/src/a.ts`: what the record shows. */
  readonly text: string;
  readonly act: Act;
}

export type Act =
  /** Bash text, to be analysed. */
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'operations'; readonly operations: readonly Operation[] }
  /** Changes the assistant's own notes and plans only. */
  | { readonly kind: 'internal' };

/** Where an absolute path lies, as `core/command` tells it. */
export type ClassifyPath = (path: string) => Pick<PathOperation, 'area' | 'sensitivity'>;

const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes('\0'), 'must not hold NUL');

const payload = z.object({
  hook_event_name: z.literal('PreToolUse'),
  cwd: path.refine(isAbsolute, 'must be absolute'),
  tool_name: z.string().min(1).max(300),
  tool_input: z.record(z.string(), z.unknown()),
  tool_use_id: z.string().max(300).optional(),
});

const inputs = {
  command: z.object({ command: z.string().max(1024 * 1024) }),
  file: z.object({ file_path: path }),
  notebook: z.object({ notebook_path: path }),
  glob: z.object({ pattern: path, path: path.optional() }),
  grep: z.object({ path: path.optional() }),
  fetch: z.object({ url: z.string().max(8192) }),
  monitor: z.object({
    command: z
      .string()
      .max(1024 * 1024)
      .optional(),
    ws: z.unknown().optional(),
  }),
};

const internalTools =
  /^(TodoWrite|Task(Create|Get|List|Update|Stop|Output)|BashOutput|KillShell|(Enter|Exit)PlanMode|AskUserQuestion|ToolSearch|ReportFindings)$/;

/** @throws WritError `hook_payload_invalid`: the call is then to be denied */
export function readToolCall(body: string, classify: ClassifyPath): ToolCall {
  const call = checked(payload, parseJson(body), 'the hook');
  const { tool_name: tool, tool_input: input, cwd } = call;
  const act = actOf(tool, input, cwd, classify);
  return { tool, id: call.tool_use_id ?? null, cwd, text: textOf(tool, act), act };
}

function actOf(tool: string, input: unknown, cwd: string, classify: ClassifyPath): Act {
  const take = <T>(schema: z.ZodType<T>): T => checked(schema, input, tool);
  const act = (kind: 'read' | 'write', target: string, recursive = false): Operation => {
    const span = spanAfter(tool, target);
    if (target.startsWith('~')) {
      return opaque(kind, target, 'the path begins with ~, which the assistant expands', span);
    }
    const absolute = resolve(cwd, target);
    const place = classify(absolute);
    return {
      kind,
      target: absolute,
      pattern: false,
      recursive,
      ...place,
      by: tool,
      span: spanAfter(tool, absolute),
    };
  };
  const operations = (...list: readonly Operation[]): Act => ({ kind: 'operations', operations: list });

  switch (tool) {
    case 'Bash':
      return { kind: 'command', text: take(inputs.command).command };
    case 'Monitor': {
      const { command, ws } = take(inputs.monitor);
      if (command !== undefined && ws === undefined) return { kind: 'command', text: command };
      return operations(
        opaque('exec', tool, 'it may run a command and open a connection at once', whole(tool)),
      );
    }
    case 'Read':
      return operations(act('read', take(inputs.file).file_path));
    case 'Write':
      return operations(act('write', take(inputs.file).file_path));
    case 'Edit':
    case 'MultiEdit': {
      const { file_path: file } = take(inputs.file);
      return operations(act('read', file), act('write', file));
    }
    case 'NotebookEdit': {
      const { notebook_path: file } = take(inputs.notebook);
      return operations(act('read', file), act('write', file));
    }
    case 'Glob': {
      const { pattern, path: base = '.' } = take(inputs.glob);
      const folder = pattern.replace(/[^/]*[*?[{\\!(].*$/s, '');
      const within = act('read', base, true);
      // What follows the first wildcard may climb as well; where to cannot be told.
      if (/\.\.|\{[^}]*\//.test(pattern.slice(folder.length))) {
        const reason = 'the pattern leaves its folder by way of a wildcard';
        return operations(within, opaque('read', pattern, reason, spanAfter(tool, pattern)));
      }
      if (isAbsolute(folder) || folder.startsWith('~')) return operations(within, act('read', folder, true));
      if (folder.split('/').includes('..')) return operations(within, act('read', `${base}/${folder}`, true));
      return operations(within);
    }
    case 'Grep':
      return operations(act('read', take(inputs.grep).path ?? '.', true));
    case 'WebFetch':
      return operations(connectionTo(take(inputs.fetch).url, tool));
    case 'WebSearch':
      return operations(opaque('connect', tool, "the model's provider searches the web", whole(tool)));
    default:
      if (internalTools.test(tool)) return { kind: 'internal' };
      return operations(opaque('exec', tool, whyOpaque(tool), whole(tool)));
  }
}

function connectionTo(text: string, tool: string): ConnectOperation | OpaqueOperation {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    return opaque('connect', text, 'the address is not an http or https URL', spanAfter(tool, text));
  }
  // The tool makes https of http, so that is where it connects.
  const port = url.port === '' ? 443 : Number(url.port);
  const target = `${url.hostname}:${port}`;
  return { kind: 'connect', target, host: url.hostname, port, by: tool, span: spanAfter(tool, target) };
}

function opaque(of: OpaqueOperation['of'], target: string, reason: string, span: Span): OpaqueOperation {
  return { kind: 'opaque', target: target.slice(0, 200), of, reason, span };
}

function whyOpaque(tool: string): string {
  const server = /^mcp__(.+?)__/.exec(tool)?.[1];
  if (server !== undefined) return `what the MCP server ${server} does with it cannot be told`;
  return `what the tool ${tool} does cannot be told`;
}

function textOf(tool: string, act: Act): string {
  if (act.kind === 'command') return act.text;
  const target = act.kind === 'operations' ? (act.operations[0]?.target ?? tool) : tool;
  return target === tool ? tool : `${tool} ${target}`;
}

function whole(tool: string): Span {
  return { start: 0, end: tool.length };
}

function spanAfter(tool: string, target: string): Span {
  return { start: tool.length + 1, end: tool.length + 1 + target.length };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw invalid('the hook', 'it is not JSON', error);
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, of: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(of, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`, result.error);
}

function invalid(of: string, what: string, cause: unknown): WritError<HookErrorCode> {
  return new WritError('hook_payload_invalid', `the input of ${of} cannot be understood: ${what}`, {
    hint: 'This version of the assistant may speak another protocol than Writ knows',
    cause,
  });
}

/** Claude's answer to its hook. Never `ask`: nobody may be there, and an asked user is not an approver. */
export interface HookReply {
  readonly hookSpecificOutput: {
    readonly hookEventName: 'PreToolUse';
    readonly permissionDecision: 'allow' | 'deny';
    readonly permissionDecisionReason: string;
  };
}

/** @param approval id of the approval that now waits, for a step-up */
export function replyTo(decision: Decision, approval: string | null): HookReply {
  if (decision.decision === 'allow') return reply('allow', 'writ: allowed');
  const advice = decision.advice === null ? [] : [decision.advice];
  if (decision.decision === 'deny')
    return reply('deny', ['writ: denied', decision.reason, ...advice].join('\n'));
  const way =
    approval === null
      ? 'A person can grant it; see: writ approvals'
      : `It waits as ${approval}. A person can grant it with: writ approve ${approval}; then repeat the same call.`;
  return reply(
    'deny',
    [`writ: step-up: needs ${decision.missing.join(' and ')}`, decision.reason, ...advice, way].join('\n'),
  );
}

/** For a call that could not be decided: whatever went wrong, it does not run. */
export function denial(reason: string): HookReply {
  return reply('deny', `writ: denied\n${reason}`);
}

function reply(permissionDecision: 'allow' | 'deny', reason: string): HookReply {
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision,
      // Reasons may quote the command; what could redraw a terminal is left out.
      permissionDecisionReason: reason.replace(/[^\P{C}\n]/gu, '\uFFFD').slice(0, 4000),
    },
  };
}
