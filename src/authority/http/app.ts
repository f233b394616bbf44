/** The authority's routes. Who calls is told by the transport, never by the request. */
import { once } from 'node:events';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import {
  approvalRequest,
  approvalsQuery,
  decideRequest,
  entriesQuery,
  entryIndex,
  issueDraftedRequest,
  issueRequest,
  jwtSvidRequest,
  modeRequest,
  reasonRequest,
  recordRequest,
  rotateRequest,
  revokeAllRequest,
  useRequest,
  writsQuery,
  x509SvidRequest,
} from '../../core/api/authority.ts';
import { trustBundle } from '../../core/identity/trust-bundle.ts';
import { publicJwk } from '../../core/identity/keys.ts';
import { formatProof } from '../../core/log/proof.ts';
import { WritError } from '../../core/model/errors.ts';
import { currentBundle, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import { activateWrit } from '../services/activate-writ.ts';
import { existingApproval } from '../services/approval.ts';
import { decideApproval } from '../services/decide-approval.ts';
import { closeWrit } from '../services/end-writ.ts';
import { issueJwtSvid, issueX509Svid } from '../services/issue-svid.ts';
import { killSession } from '../services/kill-session.ts';
import { draftWrit, issueDrafted, issueWrit, modeOf } from '../services/issue-writ.ts';
import { record } from '../services/record.ts';
import { renewWrit } from '../services/renew-writ.ts';
import { requestApproval } from '../services/request-approval.ts';
import { revokeWrit, revokeWrits } from '../services/revoke-writ.ts';
import { keysInForce, listKeys, rotateNow } from '../services/signing-keys.ts';
import { setExecutionMode } from '../services/set-execution-mode.ts';
import { useApproval } from '../services/use-approval.ts';
import { existingWrit } from '../services/writ.ts';
import { readLayout } from '../store/layout.ts';
import { proveConsistency, proveInclusion } from '../store/proofs.ts';
import { eventStream } from './events.ts';
import { leaseRoutes } from './leases.ts';
import { problem, type RequestErrorCode } from './problem.ts';
import { given, json, query } from './request.ts';

interface Environment {
  /** The person at the other end of the connection; null when nobody registered them. */
  Bindings: {
    readonly caller: string | null;
    /** The call comes from the guard in this process, and not over the socket that all of the user's processes share. */
    readonly guard?: boolean;
  };
}

/** All that a guard does for its tasks; what people do through these routes' neighbours they do as themselves. */
const guardOnly = [
  '/svids/*',
  '/leases',
  '/leases/release',
  '/leases/:id/use',
  '/leases/:id/renew',
  '/writs/draft',
  '/writs/drafted',
  '/writs/:id/activate',
  '/writs/:id/renew',
  '/writs/:id/close',
  '/approvals',
  '/approvals/:id/use',
] as const;

const largestBody = 8 * 1024 * 1024;
const longestWaitMs = 25_000;

export function createAuthorityApp(
  authority: AuthorityContext,
  report: (error: unknown) => void,
): Hono<Environment> {
  const app = new Hono<Environment>();
  const tooLarge = () => {
    throw new WritError<RequestErrorCode>('request_too_large', 'the request is larger than 8 MiB');
  };
  app.use(bodyLimit({ maxSize: largestBody, onError: tooLarge }));
  app.onError((error, context) => problem(error, context, report));
  app.notFound(() => {
    throw new WritError<RequestErrorCode>('route_unknown', 'there is nothing at this address');
  });

  // What these do is said on behalf of a task, and only its guard knows the task's processes from others.
  app.on('POST', [...guardOnly], async (context, next) => {
    requireGuard(context.env);
    await next();
  });

  app.get('/events', (context) =>
    context.body(eventStream(authority), 200, { 'content-type': 'application/x-ndjson' }),
  );

  app.get('/keys', (context) => context.json({ keys: [publicJwk(authority.writKey)] }));

  app.get('/policy', (context) => {
    const { version } = currentBundle(authority);
    const files = context.req.query('known') === version ? null : authority.policy.files;
    return context.json({ version, files, problems: authority.policy.problems });
  });

  app.get('/assistants', async (context) => {
    const { assistants } = currentBundle(authority).organisation;
    const all = Object.entries(assistants).map(async ([name, assistant]) => {
      const changed = await authority.store.assistantMode(name);
      return { name, ...assistant, mode: await modeOf(authority.store, name), changed };
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
  app.post('/writs/draft', async (context) => {
    const request = issueRequest.parse(await json(context.req.raw));
    return context.json(await draftWrit(authority, caller(context.env.caller), request));
  });
  app.post('/writs/drafted', async (context) => {
    const { request, reports } = issueDraftedRequest.parse(await json(context.req.raw));
    return context.json(await issueDrafted(authority, caller(context.env.caller), request, reports));
  });
  app.post('/writs/revoke', async (context) => {
    const { reason, all: _all, ...of } = revokeAllRequest.parse(await json(context.req.raw));
    return context.json(await revokeWrits(authority, caller(context.env.caller), given(of), reason));
  });
  app.get('/writs', async (context) => {
    const { state: states, ...rest } = writsQuery.parse(query(context.req.raw));
    return context.json(await authority.store.writs(given({ states, ...rest })));
  });
  app.get('/writs/:id', async (context) =>
    context.json(await existingWrit(authority.store, context.req.param('id'))),
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

  app.post('/sessions/:id/kill', async (context) => {
    const { reason } = reasonRequest.parse(await json(context.req.raw));
    await killSession(authority, caller(context.env.caller), context.req.param('id'), reason);
    return context.body(null, 204);
  });

  // For a guard of its own on another machine see docs/decisions/0015.
  app.post('/svids/jwt', async (context) => {
    const request = jwtSvidRequest.parse(await json(context.req.raw));
    return context.json(await issueJwtSvid(authority, request));
  });
  app.post('/svids/x509', async (context) => {
    const request = x509SvidRequest.parse(await json(context.req.raw));
    return context.json(await issueX509Svid(authority, request));
  });
  app.get('/trust-bundle', (context) => {
    const { schedule } = authority.identity;
    const { trustDomain } = currentBundle(authority).organisation;
    const bundle = trustBundle(keysInForce(authority), schedule, authority.clock());
    return context.json({ trustDomain, bundle, keys: listKeys(authority) });
  });
  app.post('/signing-keys/rotate', async (context) => {
    const { use } = rotateRequest.parse(await json(context.req.raw));
    return context.json(await rotateNow(authority, use, caller(context.env.caller)));
  });
  app.route('/leases', leaseRoutes(authority, caller));

  app.post('/entries', async (context) => {
    const { reports, close } = recordRequest.parse(await json(context.req.raw));
    // What `writ doctor` found is told by the person who ran it.
    if (close !== null || reports.some(({ type }) => type !== 'enforcement.probed'))
      requireGuard(context.env);
    return context.json({ indexes: await record(authority, reports, close) });
  });
  app.get('/entries', async (context) => {
    const { type: types, ...rest } = entriesQuery.parse(query(context.req.raw));
    return context.json(await authority.store.log.entries(given({ types, ...rest })));
  });
  app.get('/entries/:index/proof', async (context) =>
    context.text(
      formatProof(await proveInclusion(authority.store.log, entryIndex.parse(context.req.param('index')))),
    ),
  );
  app.get('/entries/:index/leaf', async (context) => {
    const leaf = await authority.store.log.leaf(entryIndex.parse(context.req.param('index')));
    if (leaf === null) throw new WritError<AuthorityErrorCode>('entry_unknown', 'the log has no such entry');
    return context.body(Uint8Array.from(leaf), 200, { 'content-type': 'application/json' });
  });
  app.get('/log/consistency/:from', async (context) => {
    const { hashes, ...proof } = await proveConsistency(
      authority.store.log,
      entryIndex.parse(context.req.param('from')),
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
    const { state: states, ...rest } = approvalsQuery.parse(query(context.req.raw));
    return context.json(await authority.store.approvals(given({ states, ...rest })));
  });
  app.get('/approvals/:id', async (context) =>
    context.json(await existingApproval(authority.store, context.req.param('id'))),
  );
  app.get('/approvals/:id/decision', async (context) =>
    context.json(await awaitDecision(authority, context.req.param('id'), context.req.raw.signal)),
  );
  app.post('/approvals/:id/decision', async (context) => {
    const signed = decideRequest.parse(await json(context.req.raw));
    return context.json(await decideApproval(authority, context.req.param('id'), signed));
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
  const answered = new AbortController();
  const signal = AbortSignal.any([gone, AbortSignal.timeout(longestWaitMs), answered.signal]);
  try {
    for (;;) {
      // Listen before looking, so that a decision in between is not missed.
      const change = once(authority.events, 'approval', { signal }).catch(() => null);
      const approval = await existingApproval(authority.store, id);
      if (approval.state !== 'waiting' || (await change) === null) return approval;
    }
  } finally {
    answered.abort();
  }
}

function requireGuard({ guard }: Environment['Bindings']): void {
  if (guard === true) return;
  throw new WritError<AuthorityErrorCode>('guard_only', 'only a guard may ask for this, for its tasks');
}

function caller(person: string | null): string {
  if (person !== null) return person;
  throw new WritError<AuthorityErrorCode>('caller_unknown', 'nobody in the organisation has your login', {
    hint: 'Add yourself under people in organisation.yaml, with login: YOUR-LOGIN',
  });
}
