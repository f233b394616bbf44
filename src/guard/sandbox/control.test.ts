import { describe, expect, it } from 'vitest';
import { encodeBlock, parseMessage } from './control.ts';

describe('the control protocol', () => {
  it('encodes lengths in bytes, not characters', () => {
    expect(encodeBlock(['é', '', Buffer.of(0, 255)]).toString('hex')).toBe(
      '0300000002000000c3a9000000000200000000ff',
    );
    expect(encodeBlock([]).toString('hex')).toBe('00000000');
  });

  it.each([
    ['started', { type: 'started' }],
    ['stopped 20', { type: 'stopped' }],
    ['ended exited 3 0 1500 2500 4096', end('exited', 3, null)],
    ['ended exited 134 6 1500 2500 4096', end('exited', 134, 'SIGABRT')],
    ['ended timed-out 143 15 1500 2500 4096', end('timed-out', 143, 'SIGTERM')],
    ['ended exited 162 34 1500 2500 4096', end('exited', 162, 'SIG34')],
    ['ended nonsense 3 0 1 1 1', null],
    ['ended exited -3 0 1 1 1', null],
    ['ended exited 3', null],
    ['', null],
    ['ready', null],
  ])('reads %j', (line, message) => {
    expect(parseMessage(line)).toEqual(message);
  });
});

function end(reason: string, exitCode: number, signal: string | null) {
  return {
    type: 'ended',
    end: { reason, exitCode, signal, resources: { userMs: 1.5, systemMs: 2.5, maxRssKiB: 4096 } },
  };
}
