/**
 * Access tokens of a Google service account, by workload identity federation: Google's STS is shown who the task is,
 * and with what it gives the service account is impersonated. Google has no call that ends such a token, so that it is
 * lent to the guard alone, whose proxy puts it into requests: the task holds a placeholder.
 */
import { z } from 'zod';
import { WritError } from '../../core/model/errors.ts';
import { gcpAudience, scopesOf, type CredentialOf } from '../../core/policy/credentials.ts';
import type { Broker } from './broker.ts';
import { answered, assertMade, callUpstream } from './http.ts';

const federatedAnswer = z.object({ access_token: z.string().min(1) });
const tokenAnswer = z.object({
  accessToken: z.string().min(1),
  expireTime: z.iso.datetime({ offset: true }),
});

/** STS wants one for the call that impersonates, and it is not handed out. */
const federatedScope = 'https://www.googleapis.com/auth/iam';

export const gcp: Broker<CredentialOf<'gcp'>> = {
  endsByItself: true,

  describe: (settings) => ({
    description: `${settings.description}: ${settings.serviceAccount} at ${settings.hosts.join(', ')}`,
    scopes: scopesOf(settings),
  }),

  prepare: () => ({}),

  async issue(settings, { expiresAt }, handle, upstream) {
    const { sts, iam, serviceAccount, scopes, ca } = settings;
    const audience = gcpAudience(settings);
    const common = { method: 'POST', ca, signal: upstream.signal } as const;
    const exchanged = await callUpstream(new URL('/v1/token', sts), {
      ...common,
      headers: {},
      form: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        subject_token: await upstream.identity(audience),
        audience,
        scope: federatedScope,
      }),
    });
    assertMade(exchanged, 'Google’s STS');
    const { access_token: federated } = answered(exchanged, federatedAnswer);
    const path = `/v1/projects/-/serviceAccounts/${serviceAccount}:generateAccessToken`;
    const seconds = Math.max(1, Math.floor((expiresAt - upstream.clock()) / 1000));
    const given = await callUpstream(new URL(path, iam), {
      ...common,
      headers: { authorization: `Bearer ${federated}` },
      body: { scope: scopes, lifetime: `${seconds}s` },
    });
    if (given.status !== 200) {
      throw new WritError(
        'upstream_failed',
        `Google does not impersonate ${serviceAccount} (${given.status})`,
      );
    }
    const { accessToken, expireTime } = answered(given, tokenAnswer);
    return { secret: { value: accessToken }, handle, expiresAt: Date.parse(expireTime), toSeal: null };
  },

  renew: null,
  revoke: async () => {}, // the guard, who alone had it, forgets it
};
