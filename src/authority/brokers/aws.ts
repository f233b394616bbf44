/**
 * Sessions of an AWS role, by web identity: STS is shown who the task is (JWT-SVID) and gives keys for that role and
 * no more than the session policies. IAM has no call that ends a session, but refuses what an inline policy of the
 * role denies, so that Writ's says which sessions are over, for as long as their keys would live.
 */
import { WritError } from '../../core/model/errors.ts';
import { scopesOf, type CredentialOf } from '../../core/policy/credentials.ts';
import { denyEnded } from './aws-deny.ts';
import type { Broker } from './broker.ts';
import { assertMade, callUpstream } from './http.ts';
import { elementOf } from './xml-element.ts';

type Settings = CredentialOf<'aws'>;

/** STS makes none for less. */
const shortestSeconds = 900;

export const aws: Broker<Settings> = {
  endsByItself: true, // STS says when

  describe: (settings) => ({
    description: `${settings.description}: ${settings.role}`,
    scopes: scopesOf(settings),
  }),

  prepare: (_settings, { lease }) => ({ session: `writ-${lease.replace(/^lse_/, '')}` }),

  async issue(settings, { expiresAt }, handle, upstream) {
    const left = Math.ceil((expiresAt - upstream.clock()) / 1000);
    const form = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: settings.role,
      RoleSessionName: handle['session'] ?? '',
      DurationSeconds: String(Math.max(left, shortestSeconds)),
      WebIdentityToken: await upstream.identity(settings.audience),
      ...sessionPolicy(settings),
    });
    const answer = await callUpstream(new URL(stsOf(settings)), {
      method: 'POST',
      headers: { accept: 'text/xml' },
      form,
      ca: settings.ca,
      signal: upstream.signal,
    });
    assertMade(answer, 'STS');
    const element = (name: string) => elementOf(answer.body, name);
    const expiration = element('Expiration');
    const ends = Date.parse(expiration);
    if (Number.isNaN(ends)) throw new WritError('upstream_failed', 'STS does not say when its session ends');
    return {
      secret: {
        accessKeyId: element('AccessKeyId'),
        secretAccessKey: element('SecretAccessKey'),
        sessionToken: element('SessionToken'),
        expiration,
        userId: element('AssumedRoleId'),
        arn: element('Arn'),
      },
      handle,
      expiresAt: ends,
      toSeal: null,
    };
  },

  renew: null,

  async revoke(settings, lease, _unsealed, upstream) {
    const { revocation } = settings;
    if (revocation === undefined) {
      throw new WritError(
        'upstream_failed',
        'no revocation is set up for the role: its session ends by itself',
      );
    }
    // Of a session that was never answered for, the end is not known.
    const longest = lease.requestedAt + shortestSeconds * 1000 + settings.ttl;
    const until = Math.max(lease.expiresAt, longest);
    const session = lease.handle['session'] ?? '';
    await denyEnded({ ...settings, revocation }, { session, until }, upstream);
  },
};

function stsOf({ sts, region }: Settings): string {
  return sts ?? `https://sts.${region}.amazonaws.com/`;
}

function sessionPolicy({ statements, policies = [] }: Settings): Record<string, string> {
  return {
    ...(statements === undefined
      ? {}
      : { Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) }),
    ...Object.fromEntries(policies.map((arn, at) => [`PolicyArns.member.${at + 1}.arn`, arn])),
  };
}
