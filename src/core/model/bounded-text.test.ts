import { expect, test } from 'vitest';
import { boundedText } from './bounded-text.ts';

test('gives the text up to its bound, characters that chunks part included', async () => {
  const bytes = Buffer.from('größer');
  const chunks = (async function* () {
    yield bytes.subarray(0, 3);
    yield bytes.subarray(3);
  })();
  expect(await boundedText(chunks, bytes.length)).toBe('größer');
});

test('reads no further than its bound', async () => {
  let given = 0;
  const endless = (async function* () {
    for (;;) {
      given += 1;
      yield Buffer.alloc(100);
    }
  })();
  expect(await boundedText(endless, 1000)).toBeNull();
  expect(given).toBe(11);
});
