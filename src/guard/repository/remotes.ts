/** Which repository the clone says it is of, and whether its own configuration says so with one voice. */
import { canonicalGitUrl } from '../../core/model/canonical-remote.ts';
import { WritError } from '../../core/model/errors.ts';
import { all, last, type Setting } from './configuration.ts';
import { fault, type RepositoryErrorCode } from './faults.ts';
import { rewritten, ruleFor, type Rule } from './rewriting.ts';

export interface Remote {
  /** Its name in the clone: `origin`; null for a clone of no server. */
  readonly name: string | null;
  readonly canonical: string;
  /** As the clone's configuration writes them, to fetch from and to push to. */
  readonly addresses: readonly string[];
  /** Other remotes of the clone with what they name. */
  readonly others: readonly string[];
}

interface PlacedRule extends Rule {
  readonly setting: Setting;
}

/**
 * `origin`, the only one, or the one that is named. Every address that git would fetch from or push to must be
 * the same repository, with and without the rewriting rules of the clone's own configuration.
 * @throws WritError `remote_missing`, `remote_rewritten`, or a RemoteErrorCode with its place
 */
export function chooseRemote(settings: readonly Setting[], wanted: string | null): Remote {
  const names = [...new Set(settings.flatMap(({ key }) => /^remote\.(.+)\.url$/s.exec(key)?.[1] ?? []))];
  const name = wanted ?? (names.includes('origin') || names.length !== 1 ? 'origin' : (names[0] ?? 'origin'));
  if (!names.includes(name)) {
    const known = names.length === 0 ? 'It has none' : `It has ${names.slice(0, 5).join(', ')}`;
    throw fault('remote_missing', `the clone has no remote called ${name}`, {
      hint: `${known}. Add one with: git remote add ${name} URL`,
    });
  }
  const others = names
    .filter((other) => other !== name)
    .map((other) => `${other} is ${nameOfOther(settings, other)}`);
  const addresses = ['url', 'pushurl'].flatMap((key) =>
    valued(all(settings, `remote.${name}.${key}`)).map(({ value }) => value),
  );
  return { name, canonical: identityOf(settings, name), addresses: [...new Set(addresses)], others };
}

/** A setting by which git would reach another server, or no genuine one, under the remote's address. */
export function redirection(settings: readonly Setting[], remote: string): Setting | null {
  const redirecting =
    /^(core\.(sshcommand|gitproxy)|ssh\.variant|https?\.(.*\.)?(proxy|sslverify|sslcainfo|sslcapath|curloptresolve|followredirects)|remote\..*\.(proxy|uploadpack|receivepack|vcs))$/s;
  const own = `remote.${remote}.`;
  return (
    settings.find(
      ({ key }) => redirecting.test(key) && (!key.startsWith('remote.') || key.startsWith(own)),
    ) ?? null
  );
}

/** Whether branch X of the remote, and nothing else, is fetched into `refs/remotes/NAME/X`. */
export function fetchesPlainly(settings: readonly Setting[], remote: string): boolean {
  const specs = all(settings, `remote.${remote}.fetch`).map(({ value }) => value ?? '');
  const plain = (spec: string) => {
    const [, from, to] = /^\+?refs\/heads\/([^:]+):refs\/remotes\/([^:]+)$/.exec(spec) ?? [];
    return from !== undefined && to === `${remote}/${from}`;
  };
  return specs.length > 0 && specs.every((spec) => plain(spec) || spec.startsWith('^'));
}

function identityOf(settings: readonly Setting[], name: string): string {
  const urls = valued(all(settings, `remote.${name}.url`));
  const pushUrls = valued(all(settings, `remote.${name}.pushurl`));
  const helper = last(settings, `remote.${name}.vcs`);
  if (helper !== null) {
    throw fault('remote_hostile', `${at(helper)}: the remote ${name} goes through a helper program`, {
      place: helper.place,
    });
  }
  const [first] = urls;
  if (first === undefined) throw fault('remote_missing', `the remote ${name} has no address`);
  const canonical = canonicalAt(first, first.value);

  for (const setting of [...urls, ...pushUrls]) {
    if (canonicalOrNull(setting.value) !== canonical) throw disagreement(setting, name, canonical);
  }
  const instead = rules(settings, 'insteadof');
  const pushInstead = rules(settings, 'pushinsteadof');
  for (const setting of [...urls, ...pushUrls]) {
    const pushed = pushUrls.includes(setting) ? null : ruleFor(setting.value, pushInstead);
    for (const rule of [ruleFor(setting.value, instead), pushed]) {
      if (rule !== null && canonicalOrNull(rewritten(setting.value, rule)) !== canonical) {
        throw disagreement(rule.setting, name, canonical);
      }
    }
  }
  return canonical;
}

function rules(settings: readonly Setting[], kind: 'insteadof' | 'pushinsteadof'): PlacedRule[] {
  return settings.flatMap((setting) => {
    const base = new RegExp(`^url\\.(.*)\\.${kind}$`, 's').exec(setting.key)?.[1];
    return base === undefined || setting.value === null ? [] : [{ base, prefix: setting.value, setting }];
  });
}

function nameOfOther(settings: readonly Setting[], name: string): string {
  try {
    return identityOf(settings, name);
  } catch (error) {
    if (error instanceof WritError) return 'none that Writ knows';
    throw error;
  }
}

function canonicalAt(setting: Setting, url: string): string {
  try {
    const canonical = canonicalGitUrl(url);
    // Folders without a server are named so; a clone must not be able to claim such a name.
    if (canonical.startsWith('localhost/'))
      throw fault('remote_local', 'localhost is this machine and not a server');
    return canonical;
  } catch (error) {
    if (!(error instanceof WritError)) throw error;
    throw fault(error.code as RepositoryErrorCode, `${at(setting)}: ${error.message}`, {
      place: setting.place,
      ...(error.hint === null ? {} : { hint: error.hint }),
    });
  }
}

function canonicalOrNull(url: string): string | null {
  try {
    return canonicalGitUrl(url);
  } catch {
    return null;
  }
}

function valued(settings: readonly Setting[]): (Setting & { readonly value: string })[] {
  return settings.flatMap((setting) => (setting.value ? [{ ...setting, value: setting.value }] : []));
}

function disagreement(setting: Setting, name: string, canonical: string) {
  return fault(
    'remote_rewritten',
    `${at(setting)} sends the remote ${name}, ${canonical}, to another place`,
    {
      place: setting.place,
      hint: `Remove that line, or name the other remote; rewriting belongs in your own ~/.gitconfig`,
    },
  );
}

function at({ place }: Setting): string {
  return `${place.file}:${place.line}`;
}
