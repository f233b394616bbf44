/** The authority's routes. Who calls is told by the transport, never by the request. */
import { once } from 'node:events';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import {
  approvalRequest,
  approvalsQuery,
  decideRequest,
  entriesQuery,
  issueRequest,
  modeRequest,
  policyRequest,
  reasonRequest,
  recordRequest,
  useRequest,
  writsQuery,
} from '../../core/api/authority.ts';
import { publicJwk } from '../../core/identity/keys.ts';
import { WritError } from '../../core/model/errors.ts';
import { formatProof } from '../../core/log/proof.ts';
import { currentBundle, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import { decideApproval, existingApproval, requestApproval, useApproval } from '../services/approvals.ts';
import { activateWrit, closeWrit, existingWrit, revokeWrit } from '../services/end-writ.ts';
import { issueWrit, renewWrit } from '../services/issue-writ.ts';
import { publishPolicy } from '../services/publish-policy.ts';
import { record } from '../services/record.ts';
import { setExecutionMode } from '../services/set-execution-mode.ts';
import { readLayout } from '../store/layout.ts';
import { proveConsistency, proveInclusion } from '../store/proofs.ts';
import { problem } from './problem.ts';

interface Environment {
  /** The person at the other end of the connection; null when nobody registered them. */
  Bindings: { readonly caller: string | null };
}

const largestBody = 8 * 1024 * 1024;
const longestWaitMs = 25_000;

export function createAuthorityApp(
  authority: AuthorityContext,
  report: (error: unknown) => void,
): Hono<Environment> {
  const app = new Hono<Environment>();
  const tooLarge = () => {
    throw new WritError('request_too_large', 'the request is larger than 8 MiB');
  };
  app.use(bodyLimit({ maxSize: largestBody, onError: tooLarge }));
  app.onError((error, context) => problem(error, context, report));

  app.get('/keys', (context) => context.json({ keys: [publicJwk(authority.writKey)] }));

  app.get('/policy', (context) => {
    const { version } = currentBundle(authority);
    const files = context.req.query('known') === version ? null : authority.policy.files;
    return context.json({ version, files, problems: authority.policy.problems });
  });
  app.put('/policy', async (context) => {
    const { files } = policyRequest.parse(await json(context.req.raw));
    return context.json(await publishPolicy(authority, files, context.env.caller));
  });

  app.get('/assistants', async (context) => {
    const { assistants } = currentBundle(authority).organisation;
    const all = Object.entries(assistants).map(async ([name, assistant]) => {
      const mode = await authority.store.assistantMode(name);
      return { name, ...assistant, mode: mode?.mode ?? 'registered', changed: mode };
    });
    return context.json(await Promise.all(all));
  });
  app.post('/assistants/:name/mode', async (context) => {
    const { mode, reason } = modeRequest.parse(await json(context.req.raw));
    const person = caller(context.env.caller);
    return context.json(await setExecutionMode(authority, person, context.req.param('name'), mode, reason));
  });

  app.post('/writs', async (context) => {
    const request = issueRequest.parse(await json(context.req.raw));
    return context.json(await issueWrit(authority, caller(context.env.caller), request));
  });
  app.get('/writs', async (context) => {
    const { state, limit } = writsQuery.parse(query(context.req.raw));
    const states = state === undefined ? {} : { states: [state].flat() };
    return context.json(await authority.store.writs({ ...states, limit }));
  });
  app.get('/writs/:id', async (context) =>
    context.json(await existingWrit(authority, context.req.param('id'))),
  );
  app.post('/writs/:id/activate', async (context) =>
    context.json(await activateWrit(authority, context.req.param('id'))),
  );
  app.post('/writs/:id/renew', async (context) =>
    context.json(await renewWrit(authority, context.req.param('id'))),
  );
  app.post('/writs/:id/close', async (context) => {
    const { reason } = reasonRequest.parse(await json(context.req.raw));
    await closeWrit(authority, context.req.param('id'), reason);
    return context.body(null, 204);
  });
  app.post('/writs/:id/revoke', async (context) => {
    const { reason } = reasonRequest.parse(await json(context.req.raw));
    await revokeWrit(authority, caller(context.env.caller), context.req.param('id'), reason);
    return context.body(null, 204);
  });

  app.post('/entries', async (context) => {
    const { reports } = recordRequest.parse(await json(context.req.raw));
    return context.json({ indexes: await record(authority, reports) });
  });
  app.get('/entries', async (context) => {
    const { type, ...rest } = entriesQuery.parse(query(context.req.raw));
    const types = type === undefined ? {} : { types: [type].flat() };
    return context.json(await authority.store.log.entries(withoutUndefined({ ...rest, ...types })));
  });
  app.get('/entries/:index/proof', async (context) =>
    context.text(formatProof(await proveInclusion(authority.store.log, index(context.req.param('index'))))),
  );
  app.get('/log/consistency/:from', async (context) => {
    const { hashes, ...proof } = await proveConsistency(
      authority.store.log,
      index(context.req.param('from')),
    );
    return context.json({ ...proof, hashes: hashes.map((hash) => Buffer.from(hash).toString('base64')) });
  });
  // The C2SP layout: `/log` is the prefix that transparency-log clients are given.
  app.get('/log/*', async (context) => {
    const path = new URL(context.req.url).pathname.replace(/^.*?\/log\//, '');
    const bytes = await readLayout(authority.store.log, path);
    if (bytes === null) throw new WritError<AuthorityErrorCode>('entry_unknown', 'the log has no such file');
    const type = path === 'checkpoint' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
    return context.body(Uint8Array.from(bytes), 200, { 'content-type': type });
  });

  app.post('/approvals', async (context) => {
    const request = approvalRequest.parse(await json(context.req.raw));
    return context.json(await requestApproval(authority, request));
  });
  app.get('/approvals', async (context) => {
    const { state } = approvalsQuery.parse(query(context.req.raw));
    return context.json(
      await authority.store.approvals(state === undefined ? {} : { states: [state].flat() }),
    );
  });
  app.get('/approvals/:id', async (context) =>
    context.json(await existingApproval(authority, context.req.param('id'))),
  );
  app.get('/approvals/:id/decision', async (context) =>
    context.json(await awaitDecision(authority, context.req.param('id'), context.req.raw.signal)),
  );
  app.post('/approvals/:id/decision', async (context) => {
    const { decision, reason, signature } = decideRequest.parse(await json(context.req.raw));
    return context.json(
      await decideApproval(authority, context.req.param('id'), decision, reason, signature),
    );
  });
  app.post('/approvals/:id/use', async (context) => {
    const { digest, report: used } = useRequest.parse(await json(context.req.raw));
    await useApproval(authority, context.req.param('id'), digest, used);
    return context.body(null, 204);
  });
  return app;
}

/** Answers when the approval no longer waits, or as it is after a while: ask again then. */
async function awaitDecision(authority: AuthorityContext, id: string, gone: AbortSignal) {
  const deadline = AbortSignal.any([gone, AbortSignal.timeout(longestWaitMs)]);
  for (;;) {
    // Listen before looking, so that a decision in between is not missed.
    const change = once(authority.events, 'approval', { signal: deadline }).catch(() => null);
    const approval = await existingApproval(authority, id);
    if (approval.state !== 'waiting' || deadline.aborted || (await change) === null) return approval;
  }
}

function caller(person: string | null): string {
  if (person !== null) return person;
  throw new WritError<AuthorityErrorCode>('caller_unknown', 'nobody in the organisation has your login', {
    hint: 'Add yourself under people in organisation.yaml, with login: YOUR-LOGIN',
  });
}

async function json(request: Request): Promise<unknown> {
  try {
    return JSON.parse(await request.text());
  } catch (error) {
    if (error instanceof WritError) throw error;
    throw new WritError('request_invalid', 'the request is not JSON', { cause: error });
  }
}

function query(request: Request): Record<string, string | string[]> {
  const { searchParams } = new URL(request.url);
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((key) => {
      const values = searchParams.getAll(key);
      return [key, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

function index(text: string): number {
  return z.coerce.number().int().min(0).parse(text);
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}
