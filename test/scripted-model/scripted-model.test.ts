import * as http from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startScriptedModel } from './scripted-model.ts';

const tools = [{ name: 'Bash' }, { name: 'Read' }];
const user = { role: 'user', content: 'go' };
const result = (id: string, text: string) => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text }] }],
});

async function ask(url: string, body: object): Promise<string> {
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', ...body }),
  });
  return response.text();
}

test('the next step follows from the results in the conversation', async () => {
  await using model = await startScriptedModel(['first', [{ tool: 'Read', input: { file_path: '/a' } }]], {
    last: 'bye',
  });
  const turn = async (messages: object[]) =>
    (JSON.parse(await ask(model.url, { tools, messages })) as { content: object[] }).content;
  expect(await turn([user])).toMatchObject([
    { type: 'tool_use', id: 'toolu_0_0', name: 'Bash', input: { command: 'first' } },
  ]);
  // The same again for a request that is repeated.
  expect(await turn([user])).toMatchObject([{ id: 'toolu_0_0' }]);
  expect(await turn([user, result('toolu_0_0', 'out')])).toMatchObject([{ name: 'Read', id: 'toolu_1_0' }]);
  expect(await turn([user, result('toolu_0_0', 'out'), result('toolu_1_0', 'a')])).toEqual([
    { type: 'text', text: 'bye' },
  ]);
  expect(model.results.map(({ tool, text }) => [tool, text])).toEqual([
    ['Bash', 'out'],
    ['Read', 'a'],
  ]);
  expect(model.requests).toHaveLength(4);
});

test('a side request without the tools gets text', async () => {
  await using model = await startScriptedModel(['first']);
  expect(await ask(model.url, { messages: [user] })).toContain('"text":"done"');
});

test('streams events that make up the same message', async () => {
  await using model = await startScriptedModel(['first']);
  const text = await ask(model.url, { tools, messages: [user], stream: true });
  expect([...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type)).toEqual([
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
  expect(text).toContain(String.raw`"partial_json":"{\"command\":\"first\"`);
});

test('refuses what is no conversation, and listens on a socket too', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-model-'));
  const socket = join(directory, 'model.sock');
  await using model = await startScriptedModel([], { socket });
  const status = await new Promise((resolve, reject) => {
    const request = http.request({ socketPath: socket, path: '/v1/messages', method: 'POST' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
    request.end('{');
  });
  expect(status).toBe(400);
  expect(model.requests).toHaveLength(1);
  rmSync(directory, { recursive: true });
});
