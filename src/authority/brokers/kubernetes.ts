/**
 * Tokens of a service account (TokenRequest), each bound to a Secret that Writ makes for it: whoever deletes the Secret
 * ends the token, at once.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { WritError } from '../../core/model/errors.ts';
import { scopesOf, type CredentialOf } from '../../core/policy/credentials.ts';
import type { Broker, Upstream } from './broker.ts';
import { answered, assertMade, callUpstream, type UpstreamAnswer, type UpstreamCall } from './http.ts';

type Settings = CredentialOf<'kubernetes'>;

/** Kubernetes makes none for less. */
const shortestSeconds = 600;
const secretAnswer = z.object({ metadata: z.object({ uid: z.string().min(1) }) });
const tokenAnswer = z.object({ status: z.object({ token: z.string().min(1) }) });

export const kubernetes: Broker<Settings> = {
  endsByItself: false, // not before ten minutes

  describe: (settings) => {
    const { description, serviceAccount, namespace, address } = settings;
    const where = `${serviceAccount} in ${namespace} of ${new URL(address).host}`;
    return { description: `${description}: ${where}`, scopes: scopesOf(settings) };
  },

  prepare: (_settings, { lease }) => ({ secret: `writ-${lease.replace(/^lse_/, '')}` }),

  async issue(settings, { expiresAt }, handle, upstream) {
    const name = handle['secret'];
    const labels = { 'app.kubernetes.io/managed-by': 'writ' };
    const made = await ask(settings, upstream, 'POST', 'secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, labels },
    });
    assertMade(made, 'Kubernetes');
    const { uid } = answered(made, secretAnswer).metadata;
    const left = Math.ceil((expiresAt - upstream.clock()) / 1000);
    const given = await ask(settings, upstream, 'POST', `serviceaccounts/${settings.serviceAccount}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        expirationSeconds: Math.max(left, shortestSeconds),
        boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name, uid },
      },
    });
    if (given.status !== 201) throw failed('gives no token', given);
    const { token } = answered(given, tokenAnswer).status;
    const ca = settings.ca === undefined ? null : await readFile(settings.ca, 'utf8');
    return { secret: { address: settings.address, ca, token }, handle, expiresAt, toSeal: null };
  },

  renew: null,

  async revoke(settings, { handle }, _unsealed, upstream) {
    const answer = await ask(settings, upstream, 'DELETE', `secrets/${handle['secret'] ?? ''}`);
    if (![200, 202, 404].includes(answer.status)) throw failed('does not delete the Secret', answer);
  },
};

async function ask(
  { address, namespace, token, ca }: Settings,
  { secret, signal }: Upstream,
  method: UpstreamCall['method'],
  path: string,
  body?: unknown,
): Promise<UpstreamAnswer> {
  const url = new URL(`${address.replace(/\/+$/, '')}/api/v1/namespaces/${namespace}/${path}`);
  const headers = { authorization: `Bearer ${await secret(token)}` };
  return callUpstream(url, { method, headers, body, ca, signal });
}

function failed(what: string, { status }: UpstreamAnswer): WritError {
  return new WritError('upstream_failed', `Kubernetes ${what} (${status})`);
}
