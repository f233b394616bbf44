/** As much of vitest as the quick tests use, so that they run thousands of times within one process. */
import { isDeepStrictEqual } from 'node:util';

interface Registered {
  readonly name: string;
  readonly run: () => void;
}

const registered: Registered[] = [];
(globalThis as { __tests?: Registered[] }).__tests = registered;

type Body = (...values: never[]) => void;

function each(register: (name: string, body: () => void) => void) {
  return (rows: readonly unknown[]) =>
    (name: string, body: Body): void => {
      for (const row of rows) {
        const values = (Array.isArray(row) ? row : [row]) as never[];
        register(`${name} ${String(values[0])}`, () => body(...values));
      }
    };
}

function register(name: string, ...rest: unknown[]): void {
  registered.push({ name, run: rest.at(-1) as () => void });
}

export const test = Object.assign(register, { each: each(register) });

const group = (_name: string, body: () => void): void => body();
export const describe = Object.assign(group, { each: each(group) });

function matches(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(value, wanted);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(wanted) && (!Array.isArray(value) || value.length !== wanted.length)) return false;
  return Object.entries(wanted).every(([key, one]) => matches((value as Record<string, unknown>)[key], one));
}

function holds(value: unknown, wanted: unknown): boolean {
  return typeof value === 'string' ? value.includes(wanted as string) : (value as unknown[]).includes(wanted);
}

function checks(value: unknown, sign: boolean) {
  const check = (good: boolean): void => {
    if (good !== sign) throw new Error('not as expected');
  };
  return {
    toBe: (wanted: unknown) => check(Object.is(value, wanted)),
    toBeNull: () => check(value === null),
    toEqual: (wanted: unknown) => check(isDeepStrictEqual(value, wanted)),
    toMatchObject: (wanted: unknown) => check(matches(value, wanted)),
    toContain: (wanted: unknown) => check(holds(value, wanted)),
    toMatch: (wanted: RegExp) => check(wanted.test(value as string)),
    toBeLessThan: (wanted: number) => check((value as number) < wanted),
  };
}

export const expect = (value: unknown) => ({ ...checks(value, true), not: checks(value, false) });
