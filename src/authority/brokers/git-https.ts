/**
 * A token that Writ keeps for a Git server. It is lent to the guard alone, which adds it to a task's requests to its
 * one repository: what the task holds is a way through the guard, and that ends with the task.
 */
import { readFile } from 'node:fs/promises';
import { WritError } from '../../core/model/errors.ts';
import { scopesOf, type CredentialOf } from '../../core/policy/credentials.ts';
import type { Broker } from './broker.ts';

export const gitHttps: Broker<CredentialOf<'git-https'>> = {
  endsByItself: true, // where the guard forgets it, nothing of it is left

  describe: (settings, { repository }) => ({
    description: `${settings.description}: to ${settings.access} ${repository.remote}`,
    scopes: scopesOf(settings),
  }),

  prepare({ host }, { claims }) {
    const { remote } = claims.repository;
    if (remote.startsWith(`${host}/`)) return { repository: remote };
    throw new WritError('credential_unavailable', `the credential is for ${host}, and this is ${remote}`);
  },

  async issue(settings, { expiresAt }, handle, { secret }) {
    const { host, username, access } = settings;
    return {
      secret: {
        url: settings.url ?? `https://${host}`,
        username,
        password: await secret(settings.password),
        access,
        ca: settings.ca === undefined ? null : await readFile(settings.ca, 'utf8'),
      },
      handle,
      expiresAt,
      toSeal: null,
    };
  },

  renew: async () => {},
  revoke: async () => {},
};
