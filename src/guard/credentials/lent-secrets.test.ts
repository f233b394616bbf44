import { expect, it } from 'vitest';
import { LentSecrets } from './lent-secrets.ts';

const password = 'p@ss/w0rd-5317';
const lent = new LentSecrets();
lent.note({ host: 'db.example', port: 5432, user: 'writ_17', password });

it.each([
  ['a word of its own', password],
  ['an address', `postgres://writ_17:${encodeURIComponent(password)}@db.example/shop`],
  ['an option', `--password=${password}`],
  ['JSON', JSON.stringify({ password })],
  ['base64', Buffer.from(`writ_17:${password}`).toString('base64')],
  ['hexadecimal', Buffer.from(password).toString('hex')],
])('a password of a database in %s is covered', (_, word) => {
  const { argv } = lent.masked({ argv: ['psql', word] });
  expect(argv[0]).toBe('psql');
  expect(argv[1]).toMatch(/\*{6}/);
  expect(argv[1]).toHaveLength(word.length);
  expect(argv[1]).not.toContain('w0rd');
});

it('all else stays', () => {
  const record = {
    argv: ['psql', '-h', 'db.example', '-U', 'writ_17'],
    parent: 7,
    starter: null,
    allowed: true,
  };
  expect(lent.masked(record)).toEqual(record);
  expect(new LentSecrets().masked(record)).toBe(record);
});
