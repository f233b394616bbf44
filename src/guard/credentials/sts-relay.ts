/**
 * The Security Token Service of AWS for one session, over a socket: SDKs that find a web identity in their variables
 * ask here by themselves, and are given what the guard was lent. The identity they show is a placeholder.
 */
import * as http from 'node:http';
import { z } from 'zod';
import { isSameSecret } from '../../core/identity/same-secret.ts';
import { boundedText } from '../../core/model/bounded-text.ts';
import { WritError } from '../../core/model/errors.ts';
import { servePrivately } from '../private-http.ts';
import type { LeaseHolder } from './lease-holder.ts';

/** What a lease of the broker `aws` brings. */
const lentSession = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string(),
  expiration: z.string(),
  userId: z.string(),
  arn: z.string(),
});
type LentSession = z.output<typeof lentSession>;

export interface StsRelayOptions {
  /** Path of the socket to make, in the session's own folder. */
  readonly socket: string;
  /** What stands where the SDKs look for a token. */
  readonly placeholder: string;
  readonly role: string;
  readonly holder: LeaseHolder;
  readonly report: (error: unknown) => void;
}

const longestRequest = 64 * 1024;

export function startStsRelay(options: StsRelayOptions): Promise<{ close(): void }> {
  return servePrivately({
    ...options,
    serve: (request, response) => serve(options, request, response),
    refuse,
  });
}

async function serve(
  { placeholder, role, holder }: StsRelayOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const body = await boundedText(request, longestRequest);
  if (body === null) throw new WritError('request_refused', 'the request is larger than any call of STS');
  const form = new URLSearchParams(body);
  const action = form.get('Action');
  if (action === 'GetCallerIdentity') {
    return answer(response, action, identity(lentSession.parse((await holder.held()).secret)));
  }
  if (action !== 'AssumeRoleWithWebIdentity') {
    throw new WritError('request_refused', 'this session has one role, which is assumed by web identity');
  }
  if (form.get('RoleArn') !== role || !isSameSecret(form.get('WebIdentityToken') ?? '', placeholder)) {
    throw new WritError('request_refused', `the task may assume ${role} alone, by the token it was given`);
  }
  answer(response, action, assumed(lentSession.parse((await holder.use()).secret)));
}

function assumed(lent: LentSession): string {
  return `<Credentials>
      <AccessKeyId>${xml(lent.accessKeyId)}</AccessKeyId>
      <SecretAccessKey>${xml(lent.secretAccessKey)}</SecretAccessKey>
      <SessionToken>${xml(lent.sessionToken)}</SessionToken>
      <Expiration>${xml(lent.expiration)}</Expiration>
    </Credentials>
    <AssumedRoleUser><Arn>${xml(lent.arn)}</Arn><AssumedRoleId>${xml(lent.userId)}</AssumedRoleId></AssumedRoleUser>`;
}

function identity({ arn, userId }: LentSession): string {
  const account = arn.split(':')[4] ?? '';
  return `<Arn>${xml(arn)}</Arn><UserId>${xml(userId)}</UserId><Account>${xml(account)}</Account>`;
}

/** The service's own form (API reference of STS, 2011-06-15). */
function answer(response: http.ServerResponse, action: string, result: string): void {
  response.writeHead(200, { 'content-type': 'text/xml', 'cache-control': 'no-store' });
  response.end(`<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <${action}Result>
    ${result}
  </${action}Result>
  <ResponseMetadata><RequestId>writ</RequestId></ResponseMetadata>
</${action}Response>
`);
}

function refuse(response: http.ServerResponse, { message, hint }: WritError): void {
  const said = `writ: ${message}${hint === null ? '' : `. ${hint}`}`;
  response.writeHead(403, { 'content-type': 'text/xml', connection: 'close' });
  response.end(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${xml(said)}</Message></Error>
  <RequestId>writ</RequestId>
</ErrorResponse>
`);
}

function xml(plain: string): string {
  return plain.replaceAll(/[<>&"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
