/** The guard's port to the authority, spoken over HTTP: in one process or across the network alike. */
import type { ErrorBody } from '../core/model/errors.ts';
import { WritError } from '../core/model/errors.ts';
import type { AuthorityPort } from './authority-port.ts';

export type Send = (
  path: string,
  options?: { method?: string; body?: unknown; signal?: AbortSignal },
) => Promise<Response>;

export function authorityClient(send: Send): AuthorityPort {
  const get = async <T>(path: string): Promise<T> => answer<T>(await send(path));
  const post = async <T>(path: string, body: unknown = {}): Promise<T> =>
    answer<T>(await send(path, { method: 'POST', body }));
  return {
    policy: (known) => get(known === null ? '/policy' : `/policy?known=${known}`),
    keys: () => get('/keys'),
    issueWrit: (request) => post('/writs', request),
    draftWrit: (request) => post('/writs/draft', request),
    issueDrafted: (request, reports) => post('/writs/drafted', { request, reports }),
    writ: (id) => get(`/writs/${encodeURIComponent(id)}`),
    activateWrit: (id) => post(`/writs/${encodeURIComponent(id)}/activate`),
    renewWrit: (id) => post(`/writs/${encodeURIComponent(id)}/renew`),
    closeWrit: (id, reason) => post(`/writs/${encodeURIComponent(id)}/close`, { reason }),
    record: (reports, close = null) => post('/entries', { reports, close }),
    requestApproval: (request) => post('/approvals', request),
    useApproval: (id, digest, report) => post(`/approvals/${encodeURIComponent(id)}/use`, { digest, report }),
    issueJwtSvid: (request) => post('/svids/jwt', request),
    issueX509Svid: (request) => post('/svids/x509', request),
    trustAnchors: () => get('/trust-bundle'),
    requestLease: (request) => post('/leases', request),
    useLease: (id) => post(`/leases/${encodeURIComponent(id)}/use`),
    renewLease: (id) => post(`/leases/${encodeURIComponent(id)}/renew`),
    releaseLeases: (session, reason) => post('/leases/release', { session, reason }),
    awaitApproval: (id) => get(`/approvals/${encodeURIComponent(id)}/decision`),
  };
}

/** @throws WritError as the other side said it */
async function answer<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  const body = (await response.json()) as T | ErrorBody;
  if (response.ok) return body as T;
  const { code, message, hint } = (body as ErrorBody).error;
  throw new WritError(code, message, hint === null ? {} : { hint });
}
