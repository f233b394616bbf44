/**
 * Access tokens of Microsoft Entra for an application that trusts Writ's issuer (federated identity credential). Entra
 * compares subjects as a whole, so that the assistant is the subject here and the task a claim. Nothing ends such a
 * token before its time, so that it is lent to the guard alone, whose proxy puts it into requests.
 */
import { z } from 'zod';
import { scopesOf, type CredentialOf } from '../../core/policy/credentials.ts';
import type { Broker } from './broker.ts';
import { answered, assertMade, callUpstream } from './http.ts';

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  /** Seconds. */
  expires_in: z.coerce.number().positive(),
});

export const azure: Broker<CredentialOf<'azure'>> = {
  endsByItself: true,

  describe: (settings) => ({
    description: `${settings.description}: ${settings.client} at ${settings.hosts.join(', ')}`,
    scopes: scopesOf(settings),
  }),

  prepare: () => ({}),

  async issue(settings, _order, handle, upstream) {
    const { authority, tenant, client, resource, audience, ca } = settings;
    const answer = await callUpstream(new URL(`/${tenant}/oauth2/v2.0/token`, authority), {
      method: 'POST',
      headers: {},
      form: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await upstream.identity(audience, 'assistant'),
        scope: `${resource.replace(/\/+$/, '')}/.default`,
      }),
      ca,
      signal: upstream.signal,
    });
    assertMade(answer, 'Microsoft Entra');
    const { access_token: value, expires_in: seconds } = answered(answer, tokenAnswer);
    return { secret: { value }, handle, expiresAt: upstream.clock() + seconds * 1000, toSeal: null };
  },

  renew: null,
  revoke: async () => {}, // the guard, who alone had it, forgets it
};
