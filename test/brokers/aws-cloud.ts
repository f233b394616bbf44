/** STS and IAM in their published shape: whoever shows a token of Writ's issuer gets a session, until IAM denies it. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createRemoteJWKSet, jwtVerify } from 'jose';

export const role = 'arn:aws:iam::123456789012:role/shop/reader';
export const audience = 'sts.acme.example';

interface Session {
  readonly name: string;
  readonly token: string;
  readonly secret: string;
  readonly expires: number;
  readonly policy: string | null;
  readonly subject: string;
}

export class AwsCloud {
  readonly adminSecret = randomUUID();
  readonly sessions: Session[] = [];
  /** Tokens that were shown. */
  readonly shown: string[] = [];
  /** The role's inline policy, URL-encoded as IAM gives it. */
  #policy: string | null = null;
  readonly #issuer: () => Promise<string>;
  readonly #server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const [status, answer] = await this.#answer(request, new URLSearchParams(body));
      return response.writeHead(status, { 'content-type': 'text/xml' }).end(answer);
    });
  });

  /** @param issuer where Writ publishes its keys */
  constructor(issuer: () => Promise<string>) {
    this.#issuer = issuer;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** As every service of AWS decides on a request that is signed with its keys. */
  letsIn({ name, expires }: Session): boolean {
    return expires > Date.now() && !this.deniedUsers().some((user) => user === `*:${name}`);
  }

  deniedUsers(): readonly string[] {
    if (this.#policy === null) return [];
    const { Statement } = JSON.parse(this.#policy) as {
      Statement: { Effect: string; Condition: { StringLike: { 'aws:userid': string[] } } }[];
    };
    return Statement.filter(({ Effect }) => Effect === 'Deny').flatMap(
      ({ Condition }) => Condition.StringLike['aws:userid'],
    );
  }

  async #answer({ headers }: IncomingMessage, form: URLSearchParams): Promise<readonly [number, string]> {
    const action = form.get('Action');
    if (action === 'AssumeRoleWithWebIdentity') return this.#assume(form);
    const signed = headers.authorization?.includes('Credential=AKIAACMEWRITADMIN/') === true;
    if (!signed || form.get('RoleName') !== 'reader') return [403, '<Code>AccessDenied</Code>'];
    if (action === 'PutRolePolicy') {
      this.#policy = form.get('PolicyDocument');
      return [200, '<PutRolePolicyResponse/>'];
    }
    if (this.#policy === null) return [404, '<Code>NoSuchEntity</Code>'];
    return [200, `<PolicyDocument>${encodeURIComponent(this.#policy)}</PolicyDocument>`];
  }

  async #assume(form: URLSearchParams): Promise<readonly [number, string]> {
    const token = form.get('WebIdentityToken') ?? '';
    this.shown.push(token);
    const seconds = Number(form.get('DurationSeconds'));
    if (form.get('RoleArn') !== role || seconds < 900) return [400, '<Code>ValidationError</Code>'];
    let subject: string;
    try {
      const issuer = await this.#issuer();
      const keys = createRemoteJWKSet(new URL(`${issuer}/keys`));
      const { payload } = await jwtVerify(token, keys, { issuer, audience });
      subject = payload.sub ?? '';
    } catch {
      return [400, '<Code>InvalidIdentityToken</Code>'];
    }
    if (!/^spiffe:\/\/[^/]+\/.*local/.test(subject)) return [403, '<Code>AccessDenied</Code>'];
    const made: Session = {
      name: form.get('RoleSessionName') ?? '',
      token: randomUUID(),
      secret: `secret/${randomUUID()}`,
      expires: Date.now() + seconds * 1000,
      policy: form.get('Policy'),
      subject,
    };
    this.sessions.push(made);
    return [200, answerOf(made)];
  }
}

function answerOf({ name, token, secret, expires }: Session): string {
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/reader/${name}</Arn>
      <AssumedRoleId>AROAACMEREADER:${name}</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>${token}</SessionToken>
      <SecretAccessKey>${secret}</SecretAccessKey>
      <Expiration>${new Date(expires).toISOString()}</Expiration>
      <AccessKeyId>ASIAACMEREADER</AccessKeyId>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>`;
}
