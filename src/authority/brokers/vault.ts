/**
 * Dynamic database logins of Vault or OpenBao. Writ logs in by JWT, and the login's own token is what ends everything
 * that was read with it; so the token is on record, sealed, before the secret is read.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { WritError } from '../../core/model/errors.ts';
import { scopesOf, type CredentialOf } from '../../core/policy/credentials.ts';
import type { Broker, Upstream } from './broker.ts';
import { answered, assertMade, callUpstream, type UpstreamAnswer } from './http.ts';

type Settings = CredentialOf<'vault'>;

const loginAnswer = z.object({ auth: z.object({ client_token: z.string().min(1), accessor: z.string() }) });
const secretAnswer = z.object({
  lease_id: z.string().min(1),
  /** Seconds. */
  lease_duration: z.number().positive(),
  data: z.object({ username: z.string(), password: z.string() }),
});

export const vault: Broker<Settings> = {
  endsByItself: true, // at the lease's own end, which is what Vault says

  describe: (settings) => ({
    description: `${settings.description}: ${settings.path} of ${new URL(settings.address).host}`,
    scopes: scopesOf(settings),
  }),

  prepare: () => ({}),

  async issue(settings, _order, _handle, upstream, note) {
    const { mount, role } = settings.login;
    const login = await ask(settings, upstream, 'POST', `auth/${mount}/login`, null, {
      role,
      jwt: await jwtOf(settings, upstream),
    });
    assertMade(login, 'Vault');
    const { client_token: token, accessor } = answered(login, loginAnswer).auth;
    await note({ handle: { accessor }, toSeal: token });
    const read = await ask(settings, upstream, 'GET', settings.path, token);
    if (read.status !== 200)
      throw new WritError('upstream_failed', `Vault does not give ${settings.path} (${read.status})`);
    const { lease_id: lease, lease_duration: seconds, data } = answered(read, secretAnswer);
    const { host, port, database, tls, ca } = settings.postgres;
    return {
      secret: {
        host,
        port,
        database,
        tls,
        ca: ca === undefined ? null : await readFile(ca, 'utf8'),
        user: data.username,
        password: data.password,
      },
      handle: { accessor, lease },
      expiresAt: upstream.clock() + seconds * 1000,
      toSeal: token,
    };
  },

  renew: null,

  async revoke(settings, _lease, token, upstream) {
    if (token === null) return; // no login was answered, or nothing was read with it
    const { status } = await ask(settings, upstream, 'POST', 'auth/token/revoke-self', token);
    if (status === 204 || status === 200) return;
    // What a token says that is dead, but also one that may not revoke itself: then its own end is awaited.
    throw new WritError('upstream_failed', `Vault does not revoke (${status})`);
  },
};

function ask(
  { address, namespace, ca }: Settings,
  { signal }: Upstream,
  method: 'GET' | 'POST',
  path: string,
  token: string | null,
  body?: unknown,
): Promise<UpstreamAnswer> {
  const headers = {
    'x-vault-request': 'true',
    ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
    ...(token === null ? {} : { 'x-vault-token': token }),
  };
  return callUpstream(new URL(`${address.replace(/\/+$/, '')}/v1/${path}`), {
    method,
    headers,
    body,
    ca,
    signal,
  });
}

function jwtOf({ login: { jwt } }: Settings, { secret, identity }: Upstream): Promise<string> {
  return 'audience' in jwt ? identity(jwt.audience) : secret(jwt);
}
