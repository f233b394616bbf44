/** Installation tokens of a GitHub App, for the writ's one repository and the permissions that are named. */
import { createPrivateKey, sign } from 'node:crypto';
import { z } from 'zod';
import { WritError } from '../../core/model/errors.ts';
import { scopesOf, type CredentialOf } from '../../core/policy/credentials.ts';
import type { Broker, Upstream } from './broker.ts';
import { answered, assertMade, callUpstream } from './http.ts';

type Settings = CredentialOf<'github-app'>;

/** GitHub's own for every such token. */
const tokenLifeMs = 3_600_000;
const tokenAnswer = z.object({ token: z.string().min(1), expires_at: z.iso.datetime() });

export const githubApp: Broker<Settings> = {
  endsByItself: false, // only after an hour

  describe: (settings, { repository }) => ({
    description: `${settings.description}: ${scopesOf(settings).join(', ')} of ${repository.remote}`,
    scopes: scopesOf(settings),
  }),

  prepare({ host }, { claims }) {
    const { remote } = claims.repository;
    const [owner, name, ...deeper] = remote.startsWith(`${host}/`)
      ? remote.slice(host.length + 1).split('/')
      : [];
    if (owner !== undefined && name !== undefined && deeper.length === 0) return { repository: name };
    throw new WritError('credential_unavailable', `the credential is for ${host}, and this is ${remote}`);
  },

  async issue(settings, { expiresAt }, handle, upstream) {
    const url = new URL(`${trimmed(settings.api)}/app/installations/${settings.installation}/access_tokens`);
    const answer = await callUpstream(url, {
      method: 'POST',
      headers: { ...versions, authorization: `Bearer ${await appToken(settings, upstream)}` },
      body: { repositories: [handle['repository']], permissions: settings.permissions },
      ca: undefined,
      signal: upstream.signal,
    });
    assertMade(answer, 'GitHub');
    const { token, expires_at: end } = answered(answer, tokenAnswer);
    return {
      secret: {
        url: settings.url ?? `https://${settings.host}`,
        username: 'x-access-token',
        password: token,
        access: settings.permissions['contents'] === 'write' ? 'write' : 'read',
        ca: null,
      },
      handle,
      expiresAt: Math.min(expiresAt, Date.parse(end)),
      toSeal: token,
    };
  },

  renew: null,

  async revoke({ api }, { requestedAt }, token, { clock, signal }) {
    if (token === null) {
      // Made by a process that died before it could keep it; nobody was given it.
      if (clock() > requestedAt + tokenLifeMs) return;
      throw new WritError('upstream_failed', 'a token that nobody holds may live until its hour is over');
    }
    const { status } = await callUpstream(new URL(`${trimmed(api)}/installation/token`), {
      method: 'DELETE',
      headers: { ...versions, authorization: `Bearer ${token}` },
      ca: undefined,
      signal,
    });
    // 401: the token is not valid any more.
    if (status !== 204 && status !== 401) throw new WritError('upstream_failed', `GitHub fails (${status})`);
  },
};

const versions = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

/** The app's own JWT (RS256), for minutes, as GitHub asks for it. */
async function appToken({ app, key }: Settings, { clock, secret }: Upstream): Promise<string> {
  const pem = await secret(key);
  const seconds = Math.floor(clock() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iat: seconds - 60, exp: seconds + 540, iss: String(app) };
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  try {
    return `${text}.${sign('sha256', Buffer.from(text), createPrivateKey(pem)).toString('base64url')}`;
  } catch {
    throw new WritError('upstream_refused', "the app's private key cannot be used");
  }
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}
