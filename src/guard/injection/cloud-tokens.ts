/**
 * Where the SDKs of Google and Azure ask for their tokens by themselves: an endpoint on the sandbox's own loopback, and
 * the variables that lead there. What they are given is the placeholder; asking is no use of the credential yet.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSameSecret } from '../../core/identity/same-secret.ts';
import { boundedText } from '../../core/model/bounded-text.ts';
import { WritError } from '../../core/model/errors.ts';
import { gcpAudience, type CredentialOf } from '../../core/policy/credentials.ts';
import { registered } from '../../core/policy/organisation.ts';
import type { Contribution } from '../contribution.ts';
import type { Guard } from '../guard.ts';
import { servePrivately } from '../private-http.ts';
import type { Session } from '../session.ts';

type Cloud = CredentialOf<'gcp' | 'azure'>;

/** On the sandbox's own loopback. */
const port = 3132;
const insideSocket = '/run/writ/tokens.sock';
const [insideConfiguration, insideIdentity] = ['/run/writ/gcp.json', '/run/writ/gcp-identity'];
const longestRequest = 64 * 1024;
/** After which an SDK asks again; the placeholder serves as long as its session. */
const placeholderSeconds = 3600;

interface Given {
  readonly credential: Cloud;
  readonly placeholder: string;
}

/** @param placeholders by credential */
export async function contributeCloudTokens(
  guard: Guard,
  session: Session,
  folder: string,
  placeholders: ReadonlyMap<string, string>,
): Promise<Contribution> {
  const { organisation } = await guard.bundle();
  const all = [...placeholders].flatMap(([name, placeholder]): Given[] => {
    const credential = registered(organisation.credentials, name);
    const forCloud = credential?.broker === 'gcp' || credential?.broker === 'azure';
    return forCloud ? [{ credential, placeholder }] : [];
  });
  const google = all.find(({ credential }) => credential.broker === 'gcp');
  const microsoft = all.find(({ credential }) => credential.broker === 'azure');
  if (google === undefined && microsoft === undefined) return { environment: {}, binds: [] };
  const source = join(folder, 'tokens.sock');
  const server = await servePrivately({
    socket: source,
    serve: (request, response) => answer({ google, microsoft, now: guard.clock() }, request, response),
    refuse,
    report: guard.report,
  });
  session.cleanUp.push(async () => server.close());
  const files = google === undefined ? [] : await writeConfiguration(google, folder);
  return {
    environment: {
      ...(google === undefined ? {} : forGoogleSdks(google)),
      ...(microsoft === undefined
        ? {}
        : { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/azure`, IDENTITY_HEADER: microsoft.placeholder }),
    },
    binds: [{ source, target: insideSocket, mode: 'ro' }, ...files],
    relays: [`127.0.0.1:${port}=${insideSocket}`],
  };
}

/** An SDK that is not told the project asks an API of its own for it. */
function forGoogleSdks({ credential }: Given): Readonly<Record<string, string>> {
  if (credential.broker !== 'gcp') return {};
  const project =
    credential.project ?? /@([^.]+)\.iam\.gserviceaccount\.com$/.exec(credential.serviceAccount)?.[1];
  return {
    GOOGLE_APPLICATION_CREDENTIALS: insideConfiguration,
    ...(project === undefined ? {} : { GOOGLE_CLOUD_PROJECT: project }),
  };
}

/** A credential configuration for external accounts (AIP-4117). */
async function writeConfiguration({ credential, placeholder }: Given, folder: string) {
  if (credential.broker !== 'gcp') return [];
  const configuration = {
    type: 'external_account',
    audience: gcpAudience(credential),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `http://127.0.0.1:${port}/gcp`,
    credential_source: { file: insideIdentity },
  };
  const [file, identity] = [join(folder, 'gcp.json'), join(folder, 'gcp-identity')];
  await writeFile(file, JSON.stringify(configuration), { flag: 'wx', mode: 0o600 });
  await writeFile(identity, placeholder, { flag: 'wx', mode: 0o600 });
  return [
    { source: file, target: insideConfiguration, mode: 'ro' as const },
    { source: identity, target: insideIdentity, mode: 'ro' as const },
  ];
}

interface Known {
  readonly google: Given | undefined;
  readonly microsoft: Given | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

async function answer(known: Known, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams((await boundedText(request, longestRequest)) ?? '');
  const asked = new URL(request.url ?? '/', 'http://127.0.0.1');
  const given = asked.pathname === '/gcp' ? forGoogle(known, form) : forAzure(known, asked, request);
  if (given === null) throw new WritError('request_refused', 'this session is lent no such token');
  say(response, 200, given);
}

/** RFC 6749 section 5.2. */
function refuse(response: ServerResponse, { message }: WritError): void {
  say(response, 400, { error: 'invalid_request', error_description: `writ: ${message}` });
}

function say(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

/** RFC 8693 section 2.2.1. */
function forGoogle({ google }: Known, form: URLSearchParams): object | null {
  if (google === undefined || !isSameSecret(form.get('subject_token') ?? '', google.placeholder)) return null;
  return {
    access_token: google.placeholder,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: placeholderSeconds,
  };
}

/** As App Service has it for managed identities (REST endpoint reference, 2019-08-01). */
function forAzure({ microsoft, now }: Known, { pathname, searchParams }: URL, { headers }: IncomingMessage) {
  if (microsoft?.credential.broker !== 'azure' || pathname !== '/azure') return null;
  const { placeholder, credential } = microsoft;
  const bare = (url: string | null) => url?.replace(/\/+$/, '');
  if (bare(searchParams.get('resource')) !== bare(credential.resource)) return null;
  const header = headers['x-identity-header'];
  if (typeof header !== 'string' || !isSameSecret(header, placeholder)) return null;
  return {
    access_token: placeholder,
    expires_on: String(Math.floor(now / 1000) + placeholderSeconds),
    resource: credential.resource,
    token_type: 'Bearer',
    client_id: credential.client,
  };
}
