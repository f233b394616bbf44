/** What words expand to, as far as it is certain. That Bash agrees is in test/differential. */
import { expect, test } from 'vitest';
import { knownWords } from '../../../test/differential/known-words.ts';
import { claimed } from './test-words.ts';

test.each(knownWords)('%s', (word, fields) => {
  expect(claimed(word, '/repo')).toEqual(fields);
});

const unknown: readonly string[] = [
  '$UNKNOWN',
  '"$HOSTNAME"',
  '$(echo x)',
  '`echo x`',
  '$((1 + 1))',
  '*.c',
  '$d',
  '${a@P}',
  '${!a}',
  '${x[0]}',
  '~nobody/x',
  '$1',
  '"$@"',
  '$RANDOM',
  '<(true)',
  '{a,b}{1..9}{1..9}{1..9}{1..9}',
  '{a,$(echo b)}',
  "$'\\x{41}'",
  '${p##*/}',
  '${b%% *}',
];

test.each(unknown)('%s cannot be told', (word) => {
  expect(claimed(word, '/repo')).toBeNull();
});
