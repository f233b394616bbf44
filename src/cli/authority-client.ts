/** The verbs' way to the running authority; starts Writ where none is running. */
import { type ErrorBody, WritError } from '../core/model/errors.ts';
import { socketFetch, type Answer } from './connection.ts';
import { ensureRunning } from './daemon-client.ts';
import { locateHome } from './home.ts';

export interface Client {
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  /** Thumbprint of a new key pair that the guard holds for a task. */
  newTaskKey(): Promise<string>;
  text(path: string): Promise<string>;
  /** Null where there is nothing. */
  bytes(path: string): Promise<Uint8Array | null>;
}

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export async function connect(): Promise<Client> {
  const home = locateHome(process.env);
  await ensureRunning(home);
  const fetch = socketFetch(home);
  return {
    get: async <T>(path: string, query: Query = {}) =>
      read(await fetch(`/v1${path}${queryString(query)}`)) as T,
    post: async <T>(path: string, body: unknown) =>
      read(await fetch(`/v1${path}`, { method: 'POST', body })) as T,
    newTaskKey: async () =>
      (read(await fetch('/guard/task-keys', { method: 'POST' })) as { taskKey: string }).taskKey,
    async text(path) {
      const response = await fetch(`/v1${path}`);
      return response.ok ? response.body.toString('utf8') : (read(response) as string);
    },
    async bytes(path) {
      const response = await fetch(`/v1${path}`);
      return response.ok ? response.body : null;
    },
  };
}

/** @throws WritError as the authority said it */
function read(response: Answer): unknown {
  if (response.status === 204) return undefined;
  const body = response.json();
  if (response.ok) return body;
  const { code, message, hint } = (body as ErrorBody).error;
  throw new WritError(code, message, hint === null ? {} : { hint });
}

function queryString(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'object' ? value : [value]) parameters.append(name, String(one));
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}
