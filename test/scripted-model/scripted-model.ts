/**
 * A model server that plays a script: enough of the Anthropic Messages API (JSON and server-sent events) to
 * drive the real Claude Code without a network. Which step comes next is told by the tool results in the
 * conversation and not by a counter, so that repeated and side requests change nothing.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/** One turn of the model: tool calls sent together. A string is a command for Bash. */
export type Step = string | ToolUse | readonly ToolUse[];

export interface ToolUse {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What the assistant reported back for a tool call. */
export interface ToolResult extends ToolUse {
  readonly step: number;
  readonly text: string;
  readonly isError: boolean;
}

export interface ModelRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
}

export interface ScriptedModel extends AsyncDisposable {
  /** Base URL on loopback, or null when it listens on a socket. */
  readonly url: string;
  readonly requests: readonly ModelRequest[];
  /** In the order in which they were first seen. */
  readonly results: readonly ToolResult[];
}

const maxBody = 32 * 1024 * 1024;

const conversation = z.object({
  model: z.string(),
  stream: z.boolean().default(false),
  tools: z.array(z.object({ name: z.string() })).default([]),
  messages: z.array(
    z.object({ content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]) }),
  ),
});
type Conversation = z.infer<typeof conversation>;

const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  is_error: z.boolean().default(false),
  content: z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).default(''),
});

/** Plays the steps, then says `last`. Listens on a free loopback port, or on a Unix socket. */
export async function startScriptedModel(
  script: readonly Step[],
  { last = 'done', socket }: { readonly last?: string; readonly socket?: string } = {},
): Promise<ScriptedModel> {
  const turns = script.map(toolUses);
  const requests: ModelRequest[] = [];
  const results = new Map<string, ToolResult>();

  const answer = (asked: Conversation): unknown[] => {
    const seen = asked.messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content));
    let next = 0;
    for (const block of seen) {
      const result = toolResult.safeParse(block);
      const [, step, part] = /^toolu_(\d+)_(\d+)$/.exec(result.data?.tool_use_id ?? '') ?? [];
      const use = turns[Number(step)]?.[Number(part)];
      if (!result.success || use === undefined) continue;
      next = Math.max(next, Number(step) + 1);
      const { tool_use_id: id, content, is_error: isError } = result.data;
      const text = typeof content === 'string' ? content : content.map((one) => one.text ?? '').join('\n');
      if (!results.has(id)) results.set(id, { ...use, step: Number(step), text, isError });
    }
    const turn = turns[next];
    const names = asked.tools.map(({ name }) => name);
    // Titles, summaries and classifications are asked for without the tools that the script needs.
    if (turn === undefined || !turn.every(({ tool }) => names.includes(tool)))
      return [{ type: 'text', text: last }];
    return turn.map(({ tool, input }, part) => ({
      type: 'tool_use',
      id: `toolu_${next}_${part}`,
      name: tool,
      input,
    }));
  };

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBody) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const { pathname } = new URL(request.url ?? '/', 'http://model');
      const body = parsed(Buffer.concat(chunks).toString('utf8'));
      requests.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
      });
      if (pathname.endsWith('/count_tokens')) return sendJson(response, 200, { input_tokens: 10 });
      if (request.method !== 'POST' || !pathname.endsWith('/v1/messages')) {
        return sendJson(response, request.method === 'HEAD' ? 200 : 404, { type: 'error' });
      }
      const asked = conversation.safeParse(body);
      if (!asked.success)
        return sendJson(response, 400, { type: 'error', error: { message: asked.error.message } });
      return sendMessage(response, asked.data, answer(asked.data));
    });
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  if (socket === undefined) server.listen(0, '127.0.0.1', resolve);
  else server.listen(socket, resolve);
  await promise;

  return {
    url:
      socket === undefined
        ? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        : 'http://localhost',
    requests,
    get results() {
      return [...results.values()];
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

function toolUses(step: Step): readonly ToolUse[] {
  if (typeof step === 'string') return [{ tool: 'Bash', input: { command: step, description: 'scripted' } }];
  return 'tool' in step ? [step] : step;
}

function sendMessage(response: http.ServerResponse, asked: Conversation, content: readonly unknown[]): void {
  const calls = content.some((block) => (block as { type: string }).type === 'tool_use');
  const reason = { stop_reason: calls ? 'tool_use' : 'end_turn', stop_sequence: null };
  const usage = { input_tokens: 10, output_tokens: 10 };
  const message = { id: 'msg_scripted', type: 'message', role: 'assistant', model: asked.model, usage };
  if (!asked.stream) return sendJson(response, 200, { ...message, content, ...reason });

  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const event = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  event('message_start', { message: { ...message, content: [], stop_reason: null, stop_sequence: null } });
  for (const [index, block] of content.entries()) {
    const { type, text, input, ...rest } = block as { type: string; text?: string; input?: unknown };
    const isText = type === 'text';
    event('content_block_start', {
      index,
      content_block: { type, ...rest, ...(isText ? { text: '' } : { input: {} }) },
    });
    const delta = isText
      ? { type: 'text_delta', text }
      : { type: 'input_json_delta', partial_json: JSON.stringify(input) };
    event('content_block_delta', { index, delta });
    event('content_block_stop', { index });
  }
  event('message_delta', { delta: reason, usage });
  event('message_stop', {});
  response.end();
}

function sendJson(response: http.ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
