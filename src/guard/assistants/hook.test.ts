import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../core/model/decision.ts';
import { WritError } from '../../core/model/errors.ts';
import { denial, readToolCall, replyTo, type Act, type ClassifyPath } from './hook.ts';

const classify: ClassifyPath = (path) => ({
  area: path === '/repo' || path.startsWith('/repo/') ? 'repository' : 'outside',
  sensitivity: path.endsWith('.env') ? 'secrets' : null,
});

function body(tool: string, input: unknown, more: object = {}): string {
  return JSON.stringify({
    session_id: 's',
    transcript_path: '/home/writ/.claude/x.jsonl',
    cwd: '/repo/src',
    permission_mode: 'default',
    hook_event_name: 'PreToolUse',
    tool_name: tool,
    tool_input: input,
    tool_use_id: 'toolu_1',
    ...more,
  });
}

/** One line for each thing that would be decided. */
function summary(act: Act): string[] {
  if (act.kind === 'internal') return ['internal'];
  if (act.kind === 'command') return [`command ${act.text}`];
  return act.operations.map((operation) => {
    if (operation.kind === 'opaque') return `opaque ${operation.of}: ${operation.target}`;
    if (operation.kind === 'read' || operation.kind === 'write') {
      const notes = [operation.area, operation.sensitivity, operation.recursive ? 'tree' : null].filter(
        Boolean,
      );
      return `${operation.kind} ${operation.target} (${notes.join(' ')})`;
    }
    return `${operation.kind} ${operation.target}`;
  });
}

describe('what a tool call would do', () => {
  test.each([
    ['Bash', { command: 'git push', description: 'x' }, ['command git push']],
    ['Bash', { command: 'x', run_in_background: true, dangerouslyDisableSandbox: true }, ['command x']],
    ['Bash', { command: '' }, ['command ']],
    ['Monitor', { command: 'tail -f x', description: 'x', timeout_ms: 1 }, ['command tail -f x']],
    ['Monitor', { ws: { url: 'wss://evil.example' }, description: 'x' }, ['opaque exec: Monitor']],
    ['Monitor', { command: 'true', ws: { url: 'wss://x' } }, ['opaque exec: Monitor']],
    ['Read', { file_path: '/repo/a.ts' }, ['read /repo/a.ts (repository)']],
    ['Read', { file_path: 'a.ts' }, ['read /repo/src/a.ts (repository)']],
    ['Read', { file_path: '../../etc/shadow' }, ['read /etc/shadow (outside)']],
    ['Read', { file_path: '/repo/../etc//passwd' }, ['read /etc/passwd (outside)']],
    ['Read', { file_path: '/repo/.env' }, ['read /repo/.env (repository secrets)']],
    ['Read', { file_path: '~/.ssh/id_ed25519' }, ['opaque read: ~/.ssh/id_ed25519']],
    ['Read', { file_path: 'file with\nnewline' }, ['read /repo/src/file with\nnewline (repository)']],
    ['Write', { file_path: '/repo/b', content: 'x' }, ['write /repo/b (repository)']],
    ['Write', { file_path: '~/.bashrc', content: 'x' }, ['opaque write: ~/.bashrc']],
    [
      'Edit',
      { file_path: 'b', old_string: '', new_string: '' },
      ['read /repo/src/b (repository)', 'write /repo/src/b (repository)'],
    ],
    ['MultiEdit', { file_path: '/b', edits: [] }, ['read /b (outside)', 'write /b (outside)']],
    [
      'NotebookEdit',
      { notebook_path: '/repo/n.ipynb', new_source: '' },
      ['read /repo/n.ipynb (repository)', 'write /repo/n.ipynb (repository)'],
    ],
    ['Glob', { pattern: '**/*.ts' }, ['read /repo/src (repository tree)']],
    ['Glob', { pattern: '*', path: '/etc' }, ['read /etc (outside tree)']],
    ['Glob', { pattern: '/etc/*' }, ['read /repo/src (repository tree)', 'read /etc (outside tree)']],
    ['Glob', { pattern: '../../etc/**' }, ['read /repo/src (repository tree)', 'read /etc (outside tree)']],
    [
      'Glob',
      { pattern: 'x/../../../etc/pass*', path: '/repo' },
      ['read /repo (repository tree)', 'read /etc (outside tree)'],
    ],
    ['Glob', { pattern: '~/.ssh/*' }, ['read /repo/src (repository tree)', 'opaque read: ~/.ssh/']],
    [
      'Glob',
      { pattern: '*/../../../etc/*' },
      ['read /repo/src (repository tree)', 'opaque read: */../../../etc/*'],
    ],
    ['Glob', { pattern: '{/etc/*,x}' }, ['read /repo/src (repository tree)', 'opaque read: {/etc/*,x}']],
    ['Glob', { pattern: '**/*.{ts,js}' }, ['read /repo/src (repository tree)']],
    ['Glob', { pattern: 'a/b/*.ts' }, ['read /repo/src (repository tree)']],
    ['Grep', { pattern: 'password' }, ['read /repo/src (repository tree)']],
    ['Grep', { pattern: 'x', path: '/home' }, ['read /home (outside tree)']],
    ['WebFetch', { url: 'https://Example.org/x?y', prompt: '' }, ['connect example.org:443']],
    ['WebFetch', { url: 'https://example.org:8443/', prompt: '' }, ['connect example.org:8443']],
    ['WebFetch', { url: 'http://example.org/', prompt: '' }, ['connect example.org:443']],
    ['WebFetch', { url: 'https://good.example@evil.example/', prompt: '' }, ['connect evil.example:443']],
    ['WebFetch', { url: 'http://[::1]:8787/', prompt: '' }, ['connect [::1]:8787']],
    ['WebFetch', { url: 'file:///etc/passwd', prompt: '' }, ['opaque connect: file:///etc/passwd']],
    ['WebFetch', { url: 'nonsense', prompt: '' }, ['opaque connect: nonsense']],
    ['WebSearch', { query: 'x' }, ['opaque connect: WebSearch']],
    ['Agent', { prompt: 'x', description: 'x' }, ['opaque exec: Agent']],
    ['Task', { prompt: 'x' }, ['opaque exec: Task']],
    ['Skill', { skill: 'x' }, ['opaque exec: Skill']],
    ['Workflow', { script: 'x' }, ['opaque exec: Workflow']],
    ['EnterWorktree', {}, ['opaque exec: EnterWorktree']],
    ['mcp__github__create_issue', { title: 'x' }, ['opaque exec: mcp__github__create_issue']],
    ['SomethingNew', {}, ['opaque exec: SomethingNew']],
    ['bash', { command: 'x' }, ['opaque exec: bash']],
    ['constructor', {}, ['opaque exec: constructor']],
    ['TodoWrite', { todos: [] }, ['internal']],
    ['TaskCreate', {}, ['internal']],
    ['ToolSearch', {}, ['internal']],
  ] as const)('%s %j', (tool, input, expected) => {
    const call = readToolCall(body(tool, input), classify);
    expect(summary(call.act)).toEqual(expected);
    expect(call).toMatchObject({ tool, id: 'toolu_1', cwd: '/repo/src' });
  });

  test('spans lie in the text that is recorded', () => {
    const call = readToolCall(body('Write', { file_path: 'b', content: '' }), classify);
    expect(call.text).toBe('Write /repo/src/b');
    const [operation] = call.act.kind === 'operations' ? call.act.operations : [];
    expect(call.text.slice(operation?.span.start, operation?.span.end)).toBe('/repo/src/b');
    expect(readToolCall(body('mcp__a__b', {}), classify).text).toBe('mcp__a__b');
  });
});

describe('a payload that cannot be understood is an error, and so a denial', () => {
  test.each([
    ['nothing', ''],
    ['not JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['another event', body('Bash', { command: 'x' }, { hook_event_name: 'PostToolUse' })],
    ['no event', body('Bash', { command: 'x' }, { hook_event_name: undefined })],
    ['no tool', body('', { command: 'x' })],
    ['no input', body('Bash', undefined)],
    ['no command', body('Bash', {})],
    ['a command that is a list', body('Bash', { command: ['rm', '-rf'] })],
    ['a command in another case', body('Bash', { Command: 'x' })],
    ['a relative directory', body('Bash', { command: 'x' }, { cwd: 'repo' })],
    ['a path with NUL', body('Read', { file_path: '/repo/a\0' })],
    ['an empty path', body('Write', { file_path: '', content: '' })],
    ['a path without end', body('Read', { file_path: `/${'x'.repeat(5000)}` })],
    ['a command without end', body('Bash', { command: 'x'.repeat(2 ** 20 + 1) })],
    [
      'a prototype for an input',
      '{"hook_event_name":"PreToolUse","cwd":"/","tool_name":"Bash","__proto__":{"tool_input":{"command":"x"}}}',
    ],
  ])('%s', (_name, text) => {
    expect(() => readToolCall(text, classify)).toThrow(
      expect.objectContaining({ code: 'hook_payload_invalid' }) as Error,
    );
  });

  test('no input fails in another way', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('PreToolUse', 'Bash', '/repo', { command: 'x' }));
    const hostile = fc
      .dictionary(fc.constantFrom('hook_event_name', 'cwd', 'tool_name', 'tool_input', 'tool_use_id'), value)
      .map((object) => JSON.stringify(object));
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string()), (text) => {
        try {
          readToolCall(text, classify);
        } catch (error) {
          if (!(error instanceof WritError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the answer', () => {
  const decision = (more: Partial<Decision>): Decision => ({
    decision: 'deny',
    operations: [],
    missing: [],
    reason: 'git push publishes.',
    advice: null,
    policyVersion: 'v',
    ...more,
  });
  const said = (reply: ReturnType<typeof replyTo>) => reply.hookSpecificOutput;

  test('allows only what was allowed', () => {
    expect(said(replyTo(decision({ decision: 'allow' }), null))).toMatchObject({
      hookEventName: 'PreToolUse',
      permissionDecision: 'allow',
    });
    for (const verdict of ['deny', 'step-up'] as const) {
      expect(said(replyTo(decision({ decision: verdict }), null)).permissionDecision).toBe('deny');
    }
    expect(said(denial('the guard is gone')).permissionDecision).toBe('deny');
  });

  test('a denial says why and what else to do', () => {
    const { permissionDecisionReason: reason } = said(
      replyTo(decision({ advice: 'Ask for a pull request.' }), null),
    );
    expect(reason).toBe('writ: denied\ngit push publishes.\nAsk for a pull request.');
  });

  test('a step-up says what is missing and how it is given', () => {
    const stepUp = decision({ decision: 'step-up', missing: ['approval:maintainers', 'approval:security'] });
    const { permissionDecisionReason: reason } = said(replyTo(stepUp, 'apr_1'));
    expect(reason).toContain('step-up: needs approval:maintainers and approval:security');
    expect(reason).toContain('writ approve apr_1');
    expect(said(replyTo(stepUp, null)).permissionDecisionReason).toContain('writ approvals');
  });

  test('a reason is never empty, endless, or able to redraw a terminal', () => {
    const { permissionDecisionReason: reason } = said(denial(`\u001b[2J\u202e${'x'.repeat(10_000)}`));
    expect(reason).not.toMatch(/[\u001b\u202e]/);
    expect(reason.length).toBeLessThanOrEqual(4000);
    expect(said(denial('')).permissionDecisionReason).not.toBe('');
  });
});
