/** What the launcher and writ-exec say to each other over the control socket (native/block.h, native/init.c). */
import { constants } from 'node:os';

/** A count and as many items, each a length and its bytes; 32-bit little endian. */
export function encodeBlock(items: readonly (string | Uint8Array)[]): Buffer {
  const parts = [number(items.length)];
  for (const item of items) {
    const bytes = Buffer.from(item as string);
    parts.push(number(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Requests beside the numbers of signals. */
export const takeForeground = 0xfe;
export const killAll = 0xff;

export type Message =
  { readonly type: 'started' } | { readonly type: 'stopped' } | { readonly type: 'ended'; readonly end: End };

export interface End {
  readonly reason: 'exited' | 'killed' | 'timed-out' | 'not-started';
  /** As a shell gives it: 128 + number for a signal. */
  readonly exitCode: number;
  /** `SIGTERM`, … where a signal ended it. */
  readonly signal: string | null;
  readonly resources: {
    /** Of the command and everything it waited for, milliseconds. */
    readonly userMs: number;
    readonly systemMs: number;
    /** Of the largest process, KiB. */
    readonly maxRssKiB: number;
  };
}

/** The first name of each wins: SIGABRT, not SIGIOT. */
const signalNames = new Map(
  Object.entries(constants.signals)
    .map(([name, value]) => [value, name] as const)
    .reverse(),
);

/** One line from `writ-exec init`; null for a line that is none of its messages. */
export function parseMessage(line: string): Message | null {
  const [type, ...words] = line.split(' ');
  if (type === 'started') return { type };
  if (type === 'stopped') return { type };
  const end = /^ended (exited|killed|timed-out|not-started) (\d+) (\d+) (\d+) (\d+) (\d+)$/.exec(line);
  if (type !== 'ended' || end === null) return null;
  const [code = 0, signal = 0, userUs = 0, systemUs = 0, maxRssKiB = 0] = words.slice(1).map(Number);
  return {
    type: 'ended',
    end: {
      reason: end[1] as End['reason'],
      exitCode: code,
      signal: signal === 0 ? null : (signalNames.get(signal) ?? `SIG${signal}`),
      resources: { userMs: userUs / 1000, systemMs: systemUs / 1000, maxRssKiB },
    },
  };
}
