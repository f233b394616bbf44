/**
 * What the whole world may ask: how tokens of tasks are verified, and, for those who hold or take them, exchange,
 * introspection and revocation. No caller is trusted for where the request comes from.
 */
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { jwkSet, trustBundle } from '../../core/identity/trust-bundle.ts';
import { WritError } from '../../core/model/errors.ts';
import { issuerOf, type AuthorityContext } from '../context.ts';
import {
  assertionAlgorithms,
  assertionType,
  authenticateResource,
} from '../services/authenticate-resource.ts';
import { accessTokenTypeName, exchangeToken, jwtTokenType } from '../services/exchange-token.ts';
import { inspectToken, revokeToken } from '../services/inspect-token.ts';
import { oauthError, type OAuthErrorCode } from '../services/oauth-error.ts';
import { keysInForce, rotateByTime } from '../services/signing-keys.ts';
import { optional, readForm, required, type Form } from './form.ts';

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const largestBody = 64 * 1024;

const statusOf: Readonly<Record<OAuthErrorCode, 400 | 401>> = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_target: 400,
  invalid_scope: 400,
  unsupported_grant_type: 400,
};

export function createPublicApp(authority: AuthorityContext, report: (error: unknown) => void): Hono {
  const app = new Hono();
  const issuer = (): string => {
    const name = issuerOf(authority);
    if (name === null) throw new Error('nobody listens, and no issuer is configured');
    return name;
  };
  const keys = async () => {
    await rotateByTime(authority);
    return [keysInForce(authority), authority.identity.schedule, authority.clock()] as const;
  };

  app.use(bodyLimit({ maxSize: largestBody, onError: tooLarge }));
  app.use(async (context, next) => {
    await next();
    context.header('x-content-type-options', 'nosniff');
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store');
  });
  app.onError((error, context) => refusal(error, context, report));
  app.notFound((context) => context.json({ error: 'not_found' }, 404));

  const metadata = (context: Context) => published(context, discovery(issuer()), authority);
  app.get('/.well-known/openid-configuration', metadata);
  app.get('/.well-known/oauth-authorization-server', metadata);
  app.get('/keys', async (context) => published(context, jwkSet(...(await keys())), authority));
  app.get('/.well-known/spiffe-bundle', async (context) =>
    published(context, trustBundle(...(await keys())), authority),
  );

  app.post('/token', async (context) => {
    const form = await readForm(context.req.raw);
    const { token, type, expiresIn } = await exchangeToken(authority, issuer(), exchangeRequest(form));
    return context.json({
      access_token: token,
      issued_token_type: type,
      token_type: type === jwtTokenType ? 'N_A' : 'Bearer',
      expires_in: expiresIn,
    });
  });
  app.post('/introspect', async (context) => {
    const form = await readForm(context.req.raw);
    const { audience } = await client(authority, issuer(), form);
    const found = await inspectToken(authority, required(form, 'token'), audience);
    if (found === null) return context.json({ active: false });
    const { kind, ...claims } = found;
    return context.json({ active: true, ...(kind === 'svid' ? {} : { token_type: 'Bearer' }), ...claims });
  });
  app.post('/revoke', async (context) => {
    const form = await readForm(context.req.raw);
    const token = required(form, 'token');
    // Without one it is a holder, who needs no other proof than the token.
    const named = form.has('client_assertion') || form.has('client_assertion_type');
    const audience = named ? (await client(authority, issuer(), form)).audience : null;
    await revokeToken(authority, token, audience);
    return context.body(null, 200);
  });
  return app;
}

/** OpenID Connect Discovery section 3 and RFC 8414, as far as there is something behind it. */
function discovery(issuer: string) {
  return {
    issuer,
    jwks_uri: `${issuer}/keys`,
    token_endpoint: `${issuer}/token`,
    introspection_endpoint: `${issuer}/introspect`,
    revocation_endpoint: `${issuer}/revoke`,
    grant_types_supported: [exchangeGrant],
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    claims_supported:
      'iss sub aud iat nbf exp jti act assistant writ on_behalf_of profile repository commit job'.split(' '),
    token_endpoint_auth_methods_supported: ['none'],
    introspection_endpoint_auth_methods_supported: ['private_key_jwt'],
    introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    revocation_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
  };
}

function exchangeRequest(form: Form) {
  if (required(form, 'grant_type') !== exchangeGrant) {
    throw oauthError('unsupported_grant_type', 'only token exchange is supported');
  }
  const requested = optional(form, 'requested_token_type') ?? jwtTokenType;
  if (requested !== jwtTokenType && requested !== accessTokenTypeName) {
    throw oauthError('invalid_request', 'requested_token_type must be that of a JWT or an access token');
  }
  if (required(form, 'subject_token_type') !== jwtTokenType) {
    throw oauthError('invalid_request', 'subject_token_type must be that of a JWT');
  }
  // The task is the actor already, and what it may do is in its writ.
  if (form.has('actor_token') || form.has('actor_token_type')) {
    throw oauthError('invalid_request', 'an actor_token is not taken: the subject_token names the actor');
  }
  if (optional(form, 'scope') !== null) throw oauthError('invalid_scope', 'there are no scopes');
  const [audience, resource] = [optional(form, 'audience'), optional(form, 'resource')];
  if ((audience === null) === (resource === null)) {
    throw oauthError('invalid_request', 'either audience or resource must be there');
  }
  if ((audience ?? resource ?? '').length > 500)
    throw oauthError('invalid_target', 'the audience is too long');
  return {
    subjectToken: required(form, 'subject_token'),
    audience: audience ?? resource ?? '',
    requested,
    clientId: optional(form, 'client_id'),
  } as const;
}

/** The registered service that asks. */
function client(authority: AuthorityContext, issuer: string, form: Form) {
  const [type, assertion] = [optional(form, 'client_assertion_type'), optional(form, 'client_assertion')];
  if (type !== assertionType || assertion === null) {
    throw oauthError('invalid_client', 'a client_assertion is needed');
  }
  return authenticateResource(authority, issuer, assertion, optional(form, 'client_id'));
}

/** May be kept for as long as keys are published ahead of their use. */
function published(context: Context, value: object, { identity }: AuthorityContext) {
  context.header('cache-control', `public, max-age=${Math.floor(identity.schedule.refresh / 1000)}`);
  context.header('access-control-allow-origin', '*');
  return context.json(value);
}

function tooLarge(context: Context) {
  return context.json(
    { error: 'invalid_request', error_description: 'the request is larger than 64 KiB' },
    413,
  );
}

function refusal(error: Error, context: Context, report: (error: unknown) => void) {
  if (error instanceof WritError && Object.hasOwn(statusOf, error.code)) {
    const body = { error: error.code, error_description: asciiOf(error.message) };
    return context.json(body, statusOf[error.code as OAuthErrorCode]);
  }
  report(error);
  const code =
    error instanceof WritError && error.code.startsWith('store_')
      ? 'temporarily_unavailable'
      : 'server_error';
  return context.json({ error: code }, code === 'server_error' ? 500 : 503);
}

/** RFC 6749 section 5.2 allows no more than this in a description. */
function asciiOf(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?').slice(0, 300);
}
