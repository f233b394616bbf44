import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authoritiesIn } from './machine-trust.ts';

const folder = mkdtempSync(join(tmpdir(), 'writ-trust-'));
const [first = '', second = '', third = ''] = rootCertificates;
beforeAll(() => {
  mkdirSync(join(folder, 'acme', 'folder.crt'), { recursive: true });
  writeFileSync(join(folder, 'a.crt'), `Acme’s own root\n${first}\n`);
  writeFileSync(join(folder, 'acme', 'two.crt'), `${second}\n${third}`);
  writeFileSync(join(folder, 'key.crt'), '-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n');
  writeFileSync(join(folder, 'empty.crt'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('takes the certificates of all files, and nothing else that stands in them', () => {
  expect(authoritiesIn([join(folder, '**/*.crt')])).toBe([first, second, third].join('\n'));
});

test('is empty where nobody added any', () => {
  expect(authoritiesIn([join(folder, 'nowhere/*')])).toBe('');
});
