/** The credentials of a session that are only ever put into requests: placeholders inside, and their hosts' TLS ended. */
import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WritError } from '../../core/model/errors.ts';
import type { Bundle } from '../../core/policy/bundle.ts';
import { injectionOf } from '../../core/policy/credentials.ts';
import { isInjectionHost } from '../../core/policy/injection.ts';
import { registered } from '../../core/policy/organisation.ts';
import type { Contribution } from '../contribution.ts';
import { LeaseHolder } from '../credentials/lease-holder.ts';
import type { Endpoint } from '../egress/endpoint.ts';
import { addedAuthorities } from '../egress/machine-trust.ts';
import type { EgressOptions } from '../egress/proxy.ts';
import { trustVariables } from '../egress/trust-variables.ts';
import type { Guard } from '../guard.ts';
import type { Session } from '../session.ts';
import { contributeCloudTokens } from './cloud-tokens.ts';
import type { Placed } from './placing.ts';
import { SeenSecrets } from './seen-secrets.ts';
import { createSessionAuthority } from './session-authority.ts';
import { terminating } from './terminate.ts';
import { clientContext, machineRoots } from './trust.ts';

export interface Injecting {
  readonly contribution: Contribution;
  readonly terminate: NonNullable<EgressOptions['terminate']>;
}

type Injected = NonNullable<ReturnType<typeof injectionOf>>;

interface Held {
  readonly placeholder: string;
  readonly holder: LeaseHolder;
}

const bundlePath = '/run/writ/roots.pem';
const ownPath = '/run/writ/session-root.pem';
/** Where programs look that take no variable, on those systems that have it. */
const debianBundle = '/etc/ssl/certs/ca-certificates.crt';

const none: Injecting = { contribution: { environment: {}, binds: [] }, terminate: () => null };

export async function contributeInjection(
  guard: Guard,
  session: Session,
  folder: string,
): Promise<Injecting> {
  const { profile } = session.writ.claims;
  const atStart = injectedOf(await guard.bundle(), profile);
  if (atStart.length === 0) return none;
  const held = new Map(atStart.map(([name]) => [name, hold(guard, session, name)]));
  const settings = atStart.map(([, credential]) => credential);
  const names = settings.flatMap(({ hosts }) => hosts.map((host) => host.replace(/:\d+$/, '')));
  const authority = await createSessionAuthority(names, guard.clock());
  const [bundle, own] = [join(folder, 'roots.pem'), join(folder, 'session-root.pem')];
  await writeFile(bundle, `${machineRoots().join('\n')}\n${authority.certificate}`, {
    flag: 'wx',
    mode: 0o644,
  });
  await writeFile(own, `${addedAuthorities()}\n${authority.certificate}`, { flag: 'wx', mode: 0o644 });
  const carry = terminating({
    inward: authority.contextFor,
    outward: async (endpoint) => clientContext(await authoritiesOf(settings, endpoint)),
    placed: async () => placedNow(await guard.bundle(), profile, held),
    seen: new SeenSecrets(),
  });
  const tokens = await contributeCloudTokens(
    guard,
    session,
    folder,
    new Map([...held].map(([name, { placeholder }]) => [name, placeholder])),
  );
  return {
    terminate: (endpoint) => (settings.some((one) => isInjectionHost(one, endpoint)) ? carry : null),
    contribution: {
      environment: {
        ...trustVariables(bundlePath, ownPath),
        ...placeholders(atStart, held),
        ...tokens.environment,
      },
      relays: tokens.relays ?? [],
      binds: [
        ...tokens.binds,
        { source: bundle, target: bundlePath, mode: 'ro' },
        { source: own, target: ownPath, mode: 'ro' },
        ...(isPlainFile(debianBundle) ? [{ source: bundle, target: debianBundle, mode: 'ro' as const }] : []),
      ],
    },
  };
}

function injectedOf({ organisation }: Bundle, profile: string): readonly (readonly [string, Injected])[] {
  return (registered(organisation.profiles, profile)?.credentials ?? []).flatMap((name) => {
    const credential = registered(organisation.credentials, name);
    const injected = credential === null ? null : injectionOf(credential);
    return injected === null ? [] : [[name, injected] as const];
  });
}

/** What the session began with, as far as the policy in force still has it, and as it has it. */
function placedNow(bundle: Bundle, profile: string, held: ReadonlyMap<string, Held>): readonly Placed[] {
  return injectedOf(bundle, profile).flatMap(([name, injection]) => {
    const one = held.get(name);
    return one === undefined ? [] : [{ name, injection, ...one }];
  });
}

function hold(guard: Guard, session: Session, credential: string): Held {
  const { authority, clock } = guard;
  const holder = new LeaseHolder({
    authority,
    clock,
    writ: session.writ.claims.id,
    session: session.id,
    credential,
    renews: true,
    onLent: (secret) => session.lent.note(secret),
  });
  session.cleanUp.push(async () => holder.close());
  return { placeholder: `writ-placeholder-${randomBytes(24).toString('base64url')}`, holder };
}

/** Of two that name the same variable the profile's first one has it. */
function placeholders(
  all: readonly (readonly [string, Injected])[],
  held: ReadonlyMap<string, Held>,
): Record<string, string> {
  return Object.fromEntries(
    all
      .flatMap(([name, { variables }]) =>
        variables.map((variable) => [variable, held.get(name)?.placeholder ?? ''] as const),
      )
      .reverse(),
  );
}

function isPlainFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

async function authoritiesOf(settings: readonly Injected[], endpoint: Endpoint): Promise<string | null> {
  const ca = settings.find((one) => isInjectionHost(one, endpoint))?.ca;
  if (ca === undefined) return null;
  try {
    return await readFile(ca, 'utf8');
  } catch (cause) {
    throw new WritError('upstream_unverified', `the certificates in ${ca} cannot be read`, { cause });
  }
}
