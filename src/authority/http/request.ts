/** Reading requests: bodies and queries before their schemas see them. */
import { WritError } from '../../core/model/errors.ts';
import type { RequestErrorCode } from './problem.ts';

export async function json(request: Request): Promise<unknown> {
  try {
    return JSON.parse(await request.text());
  } catch (error) {
    if (error instanceof WritError) throw error;
    throw new WritError<RequestErrorCode>('request_invalid', 'the request is not JSON', { cause: error });
  }
}

export function query(request: Request): Record<string, string | string[]> {
  const { searchParams } = new URL(request.url);
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((key) => {
      const values = searchParams.getAll(key);
      return [key, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

/** Without what was not asked for. */
export function given<T extends object>(query: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, one]) => one !== undefined)) as never;
}
