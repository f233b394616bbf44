/** The credentials that a session's profile names, each where its clients look by themselves. None is lent before use. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credential, CredentialOf } from '../../core/policy/credentials.ts';
import { pathOnServer } from '../../core/model/canonical-remote.ts';
import { registered } from '../../core/policy/organisation.ts';
import type { Contribution } from '../contribution.ts';
import type { Guard } from '../guard.ts';
import type { Session } from '../session.ts';
import { insidePath, startGitRelay } from './git-relay.ts';
import { startKubernetesRelay } from './kubernetes-relay.ts';
import { LeaseHolder } from './lease-holder.ts';
import { startPostgresRelay } from './postgres-relay.ts';
import { startSshAgent } from './ssh-agent.ts';
import { startStsRelay } from './sts-relay.ts';

/** Kinds of which the authority prolongs what was lent, instead of lending anew. */
const renewed: readonly Credential['broker'][] = ['postgres', 'git-https'];

/** One credential in one session. */
interface Place {
  readonly guard: Guard;
  readonly session: Session;
  readonly name: string;
  readonly credential: Credential;
  /** Of the session, outside of the sandbox. */
  readonly inFolder: (file: string) => string;
  readonly hold: (parameters?: Readonly<Record<string, string>>) => LeaseHolder;
}

export async function contributeCredentials(
  guard: Guard,
  session: Session,
  folder: string,
): Promise<Contribution> {
  const { organisation } = await guard.bundle();
  const names = registered(organisation.profiles, session.writ.claims.profile)?.credentials ?? [];
  if (names.length === 0) return { environment: {}, binds: [] };
  session.cleanUp.push(() => release(guard, session));
  const contributions: Contribution[] = [];
  const { remote, addresses } = session.place.repository;
  const named = addresses().length > 0;
  const forGit = names
    .map((name) => registered(organisation.credentials, name))
    .find((one) => one !== null && isForGit(one) && remote.startsWith(`${one.host}/`) && named);
  const first = (broker: 'kubernetes' | 'aws') =>
    names.map((name) => registered(organisation.credentials, name)).find((one) => one?.broker === broker);
  const served = [first('kubernetes'), first('aws')];
  for (const [index, name] of names.entries()) {
    const credential = registered(organisation.credentials, name);
    if (credential === null || (isForGit(credential) && credential !== forGit)) continue;
    if (isServedOnce(credential) && !served.includes(credential)) continue;
    const hold = (parameters: Readonly<Record<string, string>> = {}) => {
      const holder = new LeaseHolder({
        authority: guard.authority,
        clock: guard.clock,
        writ: session.writ.claims.id,
        session: session.id,
        credential: name,
        renews: renewed.includes(credential.broker),
        parameters,
        onLent: (secret) => session.lent.note(secret),
      });
      session.cleanUp.push(async () => holder.close());
      return holder;
    };
    const inFolder = (file: string) => join(folder, `${index}-${file}`);
    contributions.push(await contribute({ guard, session, name, credential, inFolder, hold }));
  }
  return {
    // Of two that mean the same variable the profile's first one has it.
    environment: Object.assign({}, ...contributions.map((one) => one.environment).reverse()) as Record<
      string,
      string
    >,
    binds: contributions.flatMap(({ binds }) => binds),
    relays: contributions.flatMap(({ relays }) => relays ?? []),
  };
}

/** A session's git has one server to go to: the profile's first such credential that is for it. */
function isForGit(credential: Credential): credential is CredentialOf<'git-https' | 'github-app'> {
  return credential.broker === 'git-https' || credential.broker === 'github-app';
}

/** Of which a session's clients know one: the profile's first. */
function isServedOnce({ broker }: Credential): boolean {
  return broker === 'kubernetes' || broker === 'aws';
}

/** What was lent ends with the session, even where its writ goes on. */
async function release(guard: Guard, session: Session): Promise<void> {
  try {
    await guard.authority.releaseLeases(session.id, 'the session ended');
  } catch (error) {
    guard.report(error); // the end of the writ, or their own, revokes them
  }
}

async function contribute(place: Place): Promise<Contribution> {
  switch (place.credential.broker) {
    case 'postgres':
      return contributePostgres(place, place.credential.database);
    case 'vault':
      return contributePostgres(place, place.credential.postgres.database);
    case 'git-https':
    case 'github-app':
      return contributeGit(place);
    case 'ssh':
      return contributeSsh(place);
    case 'kubernetes':
      return contributeKubernetes(place, place.credential.namespace);
    case 'aws':
      return contributeAws(place, place.credential);
    case 'gcp':
    case 'azure':
    case 'inject':
    case 'static':
      return { environment: {}, binds: [] }; // by the proxy, see src/guard/injection
  }
}

async function contributePostgres({ session, name, inFolder, hold }: Place, database: string) {
  const source = inFolder('pg.sock');
  const relay = await startPostgresRelay(source, hold());
  session.cleanUp.push(async () => relay.close());
  const folder = `/run/writ/postgres/${name}`;
  return {
    environment: { PGHOST: folder, PGPORT: '5432', PGUSER: 'writ', PGDATABASE: database },
    binds: [{ source, target: `${folder}/.s.PGSQL.5432`, mode: 'ro' as const }],
  };
}

/** On the sandbox's own loopback. */
const gitPort = 3129;

/** Git goes to the guard wherever it would go to the writ's own repository; elsewhere it goes as ever. */
async function contributeGit({ guard, session, inFolder, hold }: Place): Promise<Contribution> {
  const addresses = session.place.repository.addresses();
  const [address = ''] = addresses;
  const source = inFolder('git.sock');
  const relay = await startGitRelay({
    socket: source,
    path: pathOnServer(address),
    holder: hold(),
    report: guard.report,
  });
  session.cleanUp.push(async () => relay.close());
  const target = '/run/writ/git.sock';
  const origin = `http://127.0.0.1:${gitPort}`;
  return {
    environment: gitSettings([
      ...addresses.map((one) => [`url.${origin}${insidePath}.insteadOf`, one] as const),
      [`http.${origin}/.proxy`, ''],
    ]),
    binds: [{ source, target, mode: 'ro' }],
    relays: [`127.0.0.1:${gitPort}=${target}`],
  };
}

/** Settings of highest precedence but the command line's (git-config(1), GIT_CONFIG_COUNT). */
function gitSettings(settings: readonly (readonly [key: string, value: string])[]): Record<string, string> {
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(settings.length)],
    ...settings.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${index}`, key],
      [`GIT_CONFIG_VALUE_${index}`, value],
    ]),
  ]) as Record<string, string>;
}

async function contributeSsh({ session, name, inFolder, hold }: Place): Promise<Contribution> {
  const source = inFolder('ssh.sock');
  const agent = await startSshAgent(source, hold);
  session.cleanUp.push(async () => agent.close());
  const target = `/run/writ/ssh/${name}.sock`;
  return { environment: { SSH_AUTH_SOCK: target }, binds: [{ source, target, mode: 'ro' }] };
}

/** On the sandbox's own loopback. */
const kubernetesPort = 3130;

async function contributeKubernetes(
  { guard, session, inFolder, hold }: Place,
  namespace: string,
): Promise<Contribution> {
  const source = inFolder('kube.sock');
  const relay = await startKubernetesRelay(source, hold(), guard.report);
  session.cleanUp.push(async () => relay.close());
  const configuration = inFolder('kube.json');
  await writeFile(configuration, kubeConfiguration(`http://127.0.0.1:${kubernetesPort}`, namespace), {
    mode: 0o600,
  });
  const [target, file] = ['/run/writ/kube.sock', '/run/writ/kube.json'];
  return {
    environment: { KUBECONFIG: file },
    binds: [
      { source, target, mode: 'ro' },
      { source: configuration, target: file, mode: 'ro' },
    ],
    relays: [`127.0.0.1:${kubernetesPort}=${target}`],
  };
}

/** On the sandbox's own loopback. */
const stsPort = 3131;

/** Where every SDK of AWS looks for a web identity (SDKs and Tools Reference Guide). */
async function contributeAws(
  { guard, session, inFolder, hold }: Place,
  { role, region }: CredentialOf<'aws'>,
): Promise<Contribution> {
  const [source, token] = [inFolder('sts.sock'), inFolder('aws-token')];
  const placeholder = `writ-placeholder-${randomBytes(24).toString('base64url')}`;
  const { report } = guard;
  const relay = await startStsRelay({ socket: source, placeholder, role, holder: hold(), report });
  session.cleanUp.push(async () => relay.close());
  await writeFile(token, placeholder, { mode: 0o600 });
  const [target, file] = ['/run/writ/sts.sock', '/run/writ/aws-token'];
  return {
    environment: {
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_ARN: role,
      AWS_ROLE_SESSION_NAME: 'writ',
      AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${stsPort}`,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    binds: [
      { source, target, mode: 'ro' },
      { source: token, target: file, mode: 'ro' },
    ],
    relays: [`127.0.0.1:${stsPort}=${target}`],
  };
}

/** Without any login: the guard has it. */
function kubeConfiguration(server: string, namespace: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'writ', cluster: { server } }],
    users: [{ name: 'writ', user: {} }],
    contexts: [{ name: 'writ', context: { cluster: 'writ', user: 'writ', namespace } }],
    'current-context': 'writ',
  });
}
