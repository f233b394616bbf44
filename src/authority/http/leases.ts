/** Routes of leases. The answer to the guard that asks for one is the only place where a secret is said. */
import { Hono } from 'hono';
import { leaseRequest, leasesQuery, reasonRequest, releaseRequest } from '../../core/api/authority.ts';
import type { LeaseShown } from '../../core/api/lease.ts';
import type { Lease } from '../../core/model/lease.ts';
import type { AuthorityContext } from '../context.ts';
import { issueLease } from '../services/issue-lease.ts';
import { existingLease } from '../services/lease.ts';
import { releaseLeases, revokeLease } from '../services/revoke-leases.ts';
import { renewLease, useLease } from '../services/use-lease.ts';
import { given, json, query } from './request.ts';

interface Environment {
  Bindings: { readonly caller: string | null };
}

export function leaseRoutes(
  authority: AuthorityContext,
  caller: (person: string | null) => string,
): Hono<Environment> {
  const app = new Hono<Environment>();
  app.post('/', async (context) => {
    const lent = await issueLease(authority, leaseRequest.parse(await json(context.req.raw)));
    return context.json('refusal' in lent ? lent : { lease: shown(lent.lease), secret: lent.secret });
  });
  app.get('/', async (context) => {
    const { state: states, ...rest } = leasesQuery.parse(query(context.req.raw));
    return context.json((await authority.store.leases(given({ states, ...rest }))).map(shown));
  });
  app.post('/release', async (context) => {
    const { session, reason } = releaseRequest.parse(await json(context.req.raw));
    return context.json({ released: await releaseLeases(authority, session, reason) });
  });
  app.get('/:id', async (context) =>
    context.json(shown(await existingLease(authority.store, context.req.param('id')))),
  );
  app.post('/:id/use', async (context) => {
    await useLease(authority, context.req.param('id'));
    return context.body(null, 204);
  });
  app.post('/:id/renew', async (context) =>
    context.json(shown(await renewLease(authority, context.req.param('id')))),
  );
  app.post('/:id/revoke', async (context) => {
    const { reason } = reasonRequest.parse(await json(context.req.raw));
    const person = caller(context.env.caller);
    return context.json(shown(await revokeLease(authority, person, context.req.param('id'), reason)));
  });
  return app;
}

/** What the authority keeps for itself stays there. */
function shown({ sealed: _sealed, settings: _settings, ...lease }: Lease): LeaseShown {
  return lease;
}
