/** The real Claude Code with a lent key: it holds a placeholder, and the proxy puts the key in on the way to its model. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startScriptedModel, type ScriptedModel } from '../scripted-model/scripted-model.ts';
import type { Ran } from '../egress/site.ts';
import { Shop } from './shop.ts';

const realKey = 'sk-real-key-that-no-assistant-may-see';
const shop = new Shop();
const { world } = shop.site;
let model: ScriptedModel;
let ran: Ran;

beforeAll(async () => {
  model = await startScriptedModel(['env', 'echo governed > made-by-claude.txt']);
  // What speaks TLS in front of the scripted model, which speaks plain HTTP.
  shop.api.serve = async ({ what, headers, body }, response) => {
    const [method = '', path = ''] = what.split(' ');
    const sent = method === 'POST' ? { method, body } : { method };
    const kept = Object.entries(headers).filter(
      ([name]) => !['host', 'content-length', 'connection'].includes(name),
    );
    const answer = await fetch(model.url + path, { ...sent, headers: kept as [string, string][] });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  world.environment['PATH'] = `${resolve('node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  await shop.open(() => {
    world.environment['ANTHROPIC_BASE_URL'] = shop.url('');
    return {
      claude: {
        broker: 'inject',
        description: "The assistant's model",
        secret: { file: shop.secretFile('model-key', realKey) },
        place: { header: 'x-api-key' },
        requests: [{ methods: ['POST'], paths: ['/v1/messages', '/v1/messages/count_tokens'] }],
        variables: ['ANTHROPIC_API_KEY'],
      },
    };
  });
  ran = await shop.site.writ('run', '--', 'claude', '-p', 'do the work', '--output-format', 'json');
}, 120_000);
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

test('it works, each tool call decided, and the guard itself was given no key', () => {
  expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('done') as string });
  expect(world.read('made-by-claude.txt')).toBe('governed\n');
});

test('the model gets the key, and the assistant never sees it', () => {
  const asked = model.requests.filter(({ method }) => method === 'POST');
  expect(asked.length).toBeGreaterThan(1);
  for (const { headers } of asked) expect(headers['x-api-key']).toBe(realKey);
  const [environment] = model.results;
  expect(environment?.text).toMatch(/^ANTHROPIC_BASE_URL=https:/m);
  for (const text of [
    ran.stdout,
    ran.stderr,
    JSON.stringify(model.results),
    JSON.stringify(model.requests.map(({ body }) => body)),
  ]) {
    expect(text).not.toContain(realKey);
  }
});
