import { describe, expect, test } from 'vitest';
import { parseSpiffeId, taskId, taskOf, trustDomainId } from './spiffe-id.ts';

const longDomain = 'd'.repeat(255);

describe('a SPIFFE ID', () => {
  test.each([
    'spiffe://acme.example',
    'spiffe://acme.example/a',
    'spiffe://acme.example/assistant/local/task/writ_01',
    'spiffe://a-b_c.1/A-Z.a_z.0',
    'spiffe://acme.example/...',
    `spiffe://${longDomain}`,
    `spiffe://d/${'p'.repeat(2048 - 'spiffe://d/'.length)}`,
  ])('is %s', (text) => {
    const id = parseSpiffeId(text);
    expect(id === null ? null : ['spiffe:/', id.trustDomain, ...id.segments].join('/')).toBe(text);
  });

  test.each([
    '',
    'spiffe:',
    'spiffe://',
    'spiffe:///path',
    'https://acme.example',
    'SPIFFE://acme.example',
    'spiffe://ACME.example',
    'spiffe://acme.example/',
    'spiffe://acme.example//a',
    'spiffe://acme.example/a/',
    'spiffe://acme.example/.',
    'spiffe://acme.example/a/../b',
    'spiffe://acme.example/a%2Fb',
    'spiffe://acme.example/a b',
    'spiffe://acme.example/ä',
    'spiffe://acme.example/a?b',
    'spiffe://acme.example/a#b',
    'spiffe://acme.example:443/a',
    'spiffe://user@acme.example/a',
    'spiffe://acme%2eexample/a',
    'spiffe://acme.example/a\n',
    ' spiffe://acme.example/a',
    `spiffe://${longDomain}d`,
    `spiffe://d/${'p'.repeat(2048)}`,
  ])('is not %j', (text) => {
    expect(parseSpiffeId(text)).toBeNull();
  });
});

test('a task is named by its assistant and writ, and by nothing else', () => {
  const id = taskId('acme.example', 'local', 'writ_01');
  expect(id).toBe('spiffe://acme.example/assistant/local/task/writ_01');
  expect(taskOf(id, 'acme.example')).toEqual({ assistant: 'local', task: 'writ_01' });
  for (const other of [
    `${id}/more`,
    id.replace('assistant', 'person'),
    id.replace('task', 'job'),
    'spiffe://acme.example/assistant/local',
  ]) {
    expect(taskOf(other, 'acme.example')).toBeNull();
  }
  expect(taskOf(id, 'other.example')).toBeNull();
  expect(() => taskId('acme.example', '..', 'x')).toThrow(RangeError);
  expect(() => trustDomainId('Acme')).toThrow(RangeError);
});
