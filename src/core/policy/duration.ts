import { z } from 'zod';

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const form = /^([1-9]\d{0,6})([smhd])$/;

/** `15m` -> milliseconds; null for anything else than a whole number and one of s, m, h, d. */
function parseDuration(value: string): number | null {
  const [, amount, unit] = form.exec(value) ?? [];
  return amount === undefined ? null : Number(amount) * units[unit as keyof typeof units];
}

/** A duration in YAML, read as milliseconds. */
export function duration(bounds: { readonly least: string; readonly most: string }) {
  const least = parseDuration(bounds.least) ?? 0;
  const most = parseDuration(bounds.most) ?? Infinity;
  return z.string().transform((value, context) => {
    const milliseconds = parseDuration(value);
    if (milliseconds !== null && milliseconds >= least && milliseconds <= most) return milliseconds;
    context.addIssue({
      code: 'custom',
      message: `must be a duration from ${bounds.least} to ${bounds.most}, such as 90s, 15m, 2h or 1d`,
    });
    return z.NEVER;
  });
}
