/** The governance that `writ init` writes: a commented, working start for one person and one repository. */
import type { StockGovernance } from './stock.ts';

export interface StartFacts {
  /** Id of the person who starts: their login in lower case, as a name. */
  readonly person: string;
  readonly name: string;
  readonly login: string;
  /** Public key lines; may be none. */
  readonly sshKeys: readonly string[];
  readonly trustDomain: string;
  /** Canonical remote of the repository. */
  readonly remote: string;
  /** Addresses and further hosts by registry: `{ npm: ['https://registry.internal/npm/'] }`. */
  readonly registries: Readonly<Record<string, readonly string[]>>;
  /** Addresses by host, of those that lead to some which are not public. */
  readonly private: Readonly<Record<string, readonly string[]>>;
}

/** Files by path relative to the governance folder. Stock policies are copied, so that they can be edited. */
export function startingGovernance(facts: StartFacts, stock: StockGovernance): Record<string, string> {
  const policies = Object.entries(stock).filter(([name]) => /^policies\/[^/]+\.cedar$/.test(name));
  return { 'organisation.yaml': organisationText(facts), ...Object.fromEntries(policies) };
}

function organisationText({
  name,
  login,
  sshKeys,
  trustDomain,
  remote,
  registries,
  ...facts
}: StartFacts): string {
  const person = nameFrom(facts.person);
  const keys =
    sshKeys.length === 0
      ? ` []   # none was found; put lines of a .pub file here: ['ssh-ed25519 AAAA… you@laptop']`
      : `\n${sshKeys.map((key) => `      - ${text(key)}`).join('\n')}`;
  const places = (by: Readonly<Record<string, readonly string[]>>) =>
    Object.keys(by).length === 0
      ? ' {}'
      : Object.entries(by)
          .map(([name, all]) => `\n    ${name}: [${all.map(text).join(', ')}]`)
          .join('');
  return `# Who and what there is, for Writ. What they may do is said by the Cedar policies in policies/.
# After a change: writ policy check. A broken bundle is never loaded; the last good one stays in force.
version: 1

# Name of this organisation in the identities of tasks: spiffe://${trustDomain}/…
trustDomain: ${text(trustDomain)}

# People who ask, approve, enable and revoke. The login is their operating system user on this machine; the
# SSH keys are those whose signatures count as theirs on approvals.
people:
  ${person}:
    name: ${text(name)}
    login: ${text(login)}
    sshKeys:${keys}

# Policies speak of these groups. Nobody approves what they asked for themselves: for approvals to be given at all,
# add a second person to maintainers and security.
groups:
  enablers: [${person}]      # may let an assistant execute, and suspend it
  maintainers: [${person}]   # approve what changes more than the working tree
  security: [${person}]      # approve the use of credentials and of system files

# Assistants are identities of their own. Registered is not enabled: somebody of enablers must say so, with a
# reason, and it is on the log. With \`execution: never\` nobody can.
assistants:
  local:
    owner: ${person}
    purpose: Commands run through writ exec
    profiles: [observe, develop, maintain]
#  claude:               # then: writ assistant enable claude --reason '…', and writ run -- claude acts as it
#    owner: ${person}
#    purpose: Claude Code, through writ run
#    profiles: [observe, develop]

# Where they may work, by canonical remote: https, ssh and git@ addresses of one repository are one name.
#   refs         branches on which a writ is issued; * is anything but /, ** is anything
#   proof        least proof that a clone is this repository: claimed, fetched-ref or signed-commit
#   signers      public keys of those who sign commits, for signed-commit
#   sensitivity  public, internal, confidential or secret: for your policies to speak of
repositories:
  ${text(remote)}:
    sensitivity: internal
    refs: ['**']
    proof: claimed

# Hosts that profiles name. registry:npm is where network below says, remote:origin the repository's own remote.
hostSets:
  package-registries:
    - registry:npm
    - registry:pypi
    - registry:crates
    - registry:go
    - registry:maven
    - registry:rubygems
    - registry:packagist
    - registry:nuget
    - registry:hex
    - registry:pub

# Where commands may connect to beyond what host sets name. Without registries, none of them is reached.
#   registries  by the name after registry:, the addresses of services, which package managers are pointed to, or hosts
#   private     hosts that may lead to addresses which are not public, and to which: npm.internal: [10.20.0.0/16]
network:
  registries:${places(registries)}
  private:${places(facts.private)}

# More tools, by bundle. The stock bundles are core, shell, search, text, archives, git, editors, build, node,
# python, go, rust, jvm, c, ruby, php, dotnet and network.
bundles: {}
#  house-tools: [deployctl]

# Changes to the stock profiles observe, develop and maintain, or new ones that extend them:
profiles: {}
#  frontend:
#    extends: develop
#    description: As develop, for the web client
#    tools: [core, shell, search, text, git, node, house-tools]

# What Writ lends to a task for its time and takes back, for profiles to name: credentials: [shop-db]
#credentials:
#  shop-db:
#    broker: postgres    # or git-https, github-app, ssh, vault, kubernetes, inject, static; see the policy guide
#    description: The shop, reading
#    host: db.internal
#    database: shop
#    admin: { user: writ_admin, password: { file: /etc/writ/shop-db.password } }
#    grants: [{ schema: public, privileges: [usage] }, { schema: public, tables: '*', privileges: [select] }]

limits:
  writTtl: 15m       # a writ's life before it must be renewed
  renewals: 8
  approvalTtl: 30m   # how long an approval waits, from request to use

# What writ exec uses when nothing is named.
execution:
  assistant: local
  profile: develop
`;
}

/** Any text as a YAML scalar: JSON strings are valid YAML. */
function text(value: string): string {
  return JSON.stringify(value);
}

function nameFrom(person: string): string {
  const name = person
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63);
  // YAML would read a bare 0, 1e3, true or null as something else than text.
  if (name === '') return 'owner';
  return /^(true|false|null|[0-9].*)$/.test(name) ? `"${name}"` : name;
}
