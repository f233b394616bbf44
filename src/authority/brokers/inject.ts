/**
 * A secret for an HTTPS API. It is lent to the guard alone, whose proxy puts it into the requests that the settings
 * name: what the task holds is a placeholder, which is worth nothing elsewhere and after its end.
 */
import { WritError } from '../../core/model/errors.ts';
import { scopesOf, type CredentialOf } from '../../core/policy/credentials.ts';
import type { Broker } from './broker.ts';

/** Shorter ones would be found in answers by chance, where they are masked. */
const shortest = 8;

export const inject: Broker<CredentialOf<'inject' | 'static'>> = {
  endsByItself: true, // where the guard forgets it, nothing of it is left

  describe: (settings) => ({
    description: `${settings.description}: in requests to ${settings.hosts.join(', ')}`,
    scopes: scopesOf(settings),
  }),

  prepare: () => ({}),

  async issue(settings, { expiresAt }, handle, { secret }) {
    const value = await secret(settings.secret);
    if (value.length < shortest || !/^[!-~]+$/.test(value)) {
      throw new WritError(
        'upstream_secret_unusable',
        `the secret is no ${shortest} or more printable characters without spaces`,
      );
    }
    return { secret: { value }, handle, expiresAt, toSeal: null };
  },

  renew: async () => {},
  revoke: async () => {},
};
