import { WritError } from '../core/model/errors.ts';

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** An ISO 8601 time, or an age such as `30m` or `7d` before now. Milliseconds. @throws WritError `time_invalid` */
export function parseTime(text: string, now: number): number {
  const [, amount, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const at = amount === undefined ? Date.parse(text) : now - Number(amount) * (units[unit] ?? 0);
  if (Number.isFinite(at)) return at;
  throw new WritError('time_invalid', `"${text}" is no time`, {
    hint: 'Write an ISO time such as 2026-11-22T09:00Z, or an age such as 30m, 12h, 7d.',
  });
}

/** For people: UTC, to the second. */
export function clock(time: number): string {
  return new Date(time).toISOString().replace('T', ' ').slice(0, 19);
}
