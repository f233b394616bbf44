/** Names of files that change what runs later, hold secrets, or are credential stores. All in lower case. */
import type { Sensitivity } from '../model/operation.ts';

/** From the gravest. */
export const sensitivityOrder: readonly Sensitivity[] = [
  'governance',
  'secrets',
  'git-internals',
  'assistant-settings',
  'ci',
  'editor-settings',
  'lock-file',
  'manifest',
];

const byDirectory: Readonly<Record<string, Sensitivity>> = {
  '.git': 'git-internals',
  'git~1': 'git-internals',
  '.husky': 'git-internals',
  '.githooks': 'git-internals',
  '.circleci': 'ci',
  '.buildkite': 'ci',
  '.woodpecker': 'ci',
  '.claude': 'assistant-settings',
  '.codex': 'assistant-settings',
  '.cursor': 'assistant-settings',
  '.gemini': 'assistant-settings',
  '.opencode': 'assistant-settings',
  '.continue': 'assistant-settings',
  '.windsurf': 'assistant-settings',
  '.roo': 'assistant-settings',
  '.amazonq': 'assistant-settings',
  '.vscode': 'editor-settings',
  '.idea': 'editor-settings',
  '.devcontainer': 'editor-settings',
  '.zed': 'editor-settings',
  '.ssh': 'secrets',
  '.gnupg': 'secrets',
  '.aws': 'secrets',
  '.kube': 'secrets',
};

const byName: Readonly<Record<string, Sensitivity>> = {
  '.gitmodules': 'git-internals',
  '.gitattributes': 'git-internals',
  '.gitconfig': 'git-internals',
  '.lfsconfig': 'git-internals',
  '.pre-commit-config.yaml': 'git-internals',
  'lefthook.yml': 'git-internals',
  '.gitlab-ci.yml': 'ci',
  '.gitlab-ci.yaml': 'ci',
  jenkinsfile: 'ci',
  'azure-pipelines.yml': 'ci',
  'bitbucket-pipelines.yml': 'ci',
  '.travis.yml': 'ci',
  'appveyor.yml': 'ci',
  '.drone.yml': 'ci',
  '.woodpecker.yml': 'ci',
  'cloudbuild.yaml': 'ci',
  codeowners: 'ci',
  'claude.md': 'assistant-settings',
  'claude.local.md': 'assistant-settings',
  'agents.md': 'assistant-settings',
  'gemini.md': 'assistant-settings',
  'opencode.json': 'assistant-settings',
  'opencode.jsonc': 'assistant-settings',
  '.mcp.json': 'assistant-settings',
  '.cursorrules': 'assistant-settings',
  '.windsurfrules': 'assistant-settings',
  '.clinerules': 'assistant-settings',
  'copilot-instructions.md': 'assistant-settings',
  '.envrc': 'editor-settings',
  '.editorconfig': 'editor-settings',
  'package-lock.json': 'lock-file',
  'npm-shrinkwrap.json': 'lock-file',
  'yarn.lock': 'lock-file',
  'pnpm-lock.yaml': 'lock-file',
  'bun.lock': 'lock-file',
  'bun.lockb': 'lock-file',
  'deno.lock': 'lock-file',
  'poetry.lock': 'lock-file',
  'pdm.lock': 'lock-file',
  'pipfile.lock': 'lock-file',
  'uv.lock': 'lock-file',
  'cargo.lock': 'lock-file',
  'go.sum': 'lock-file',
  'gemfile.lock': 'lock-file',
  'composer.lock': 'lock-file',
  'gradle.lockfile': 'lock-file',
  'packages.lock.json': 'lock-file',
  'flake.lock': 'lock-file',
  'package.json': 'manifest',
  'pnpm-workspace.yaml': 'manifest',
  'deno.json': 'manifest',
  'pyproject.toml': 'manifest',
  'setup.py': 'manifest',
  'setup.cfg': 'manifest',
  pipfile: 'manifest',
  'requirements.txt': 'manifest',
  'cargo.toml': 'manifest',
  'go.mod': 'manifest',
  'go.work': 'manifest',
  'pom.xml': 'manifest',
  'build.gradle': 'manifest',
  'build.gradle.kts': 'manifest',
  'settings.gradle': 'manifest',
  gemfile: 'manifest',
  'composer.json': 'manifest',
  'mix.exs': 'manifest',
  '.npmrc': 'secrets',
  '.yarnrc': 'secrets',
  '.yarnrc.yml': 'secrets',
  '.pypirc': 'secrets',
  '.netrc': 'secrets',
  '.git-credentials': 'secrets',
  '.pgpass': 'secrets',
  '.htpasswd': 'secrets',
  '.vault-token': 'secrets',
  'credentials.json': 'secrets',
  'service-account.json': 'secrets',
  'secrets.yml': 'secrets',
  'secrets.yaml': 'secrets',
  'secrets.json': 'secrets',
  'terraform.tfstate': 'secrets',
  'terraform.tfvars': 'secrets',
  'master.key': 'secrets',
};

/** Sensitivity of a path relative to the repository, already folded. */
export function sensitivityOf(path: string): Sensitivity | null {
  if (path === 'governance' || path.startsWith('governance/')) return 'governance';
  let from = 0;
  let worst: Sensitivity | null = null;
  while (from <= path.length) {
    const slash = path.indexOf('/', from);
    const end = slash < 0 ? path.length : slash;
    const segment = path.slice(from, end);
    worst = graver(worst, Object.hasOwn(byDirectory, segment) ? (byDirectory[segment] ?? null) : null);
    if (slash < 0) worst = graver(worst, nameSensitivity(segment));
    from = end + 1;
  }
  if (/(^|\/)\.(github|gitea|forgejo)\/(workflows|actions)(\/|$)|(^|\/)\.github$/.test(path))
    worst = graver(worst, 'ci');
  return worst;
}

function graver(left: Sensitivity | null, right: Sensitivity | null): Sensitivity | null {
  if (left === null || right === null) return left ?? right;
  return sensitivityOrder.indexOf(left) <= sensitivityOrder.indexOf(right) ? left : right;
}

function nameSensitivity(name: string): Sensitivity | null {
  if (Object.hasOwn(byName, name)) return byName[name] ?? null;
  if (name.startsWith('.env'))
    return /^\.env\.(example|sample|template|dist|defaults)$/.test(name)
      ? null
      : /^\.env($|[._-])/.test(name)
        ? 'secrets'
        : null;
  if (name.startsWith('id_') && /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/.test(name)) return 'secrets';
  if (/\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|age)$/.test(name)) return 'secrets';
  if (name.startsWith('requirements') && /^requirements[\w.-]*\.(txt|in)$/.test(name)) return 'manifest';
  return null;
}

/** What a glob in the repository is tried against. */
export const sensitiveExamples: readonly string[] = [
  ...Object.keys(byName).filter((name) => byName[name] !== 'secrets' || name.startsWith('.')),
  '.env',
  '.env.local',
  '.env.production',
  'id_rsa',
  'id_ed25519',
  'server.pem',
  'server.key',
  'governance/organisation.yaml',
  'governance/policies/a.cedar',
  '.git/config',
  '.git/hooks/pre-commit',
  '.github/workflows/ci.yml',
  '.husky/pre-commit',
  ...Object.keys(byDirectory).flatMap((name) => [name, `${name}/config`]),
  '.github',
];

/** Stores by what follows the home's path; a trailing slash means the whole directory. */
const stores: readonly (readonly [path: string, store: string])[] = [
  ['.ssh', 'ssh'],
  ['.aws', 'aws'],
  ['.azure', 'azure'],
  ['.config/gcloud', 'gcloud'],
  ['.boto', 'gcloud'],
  ['.gnupg', 'gnupg'],
  ['.netrc', 'netrc'],
  ['_netrc', 'netrc'],
  ['.git-credentials', 'git'],
  ['.config/git/credentials', 'git'],
  ['.config/gh', 'github'],
  ['.config/hub', 'github'],
  ['.config/glab-cli', 'gitlab'],
  ['.docker', 'docker'],
  ['.config/containers/auth.json', 'docker'],
  ['.kube', 'kube'],
  ['.npmrc', 'npm'],
  ['.yarnrc', 'npm'],
  ['.yarnrc.yml', 'npm'],
  ['.config/configstore', 'npm'],
  ['.pypirc', 'pypi'],
  ['.config/pip', 'pypi'],
  ['.cargo/credentials', 'crates'],
  ['.cargo/credentials.toml', 'crates'],
  ['.gem/credentials', 'rubygems'],
  ['.m2/settings.xml', 'maven'],
  ['.m2/settings-security.xml', 'maven'],
  ['.gradle/gradle.properties', 'maven'],
  ['.composer/auth.json', 'composer'],
  ['.config/composer/auth.json', 'composer'],
  ['.pgpass', 'postgresql'],
  ['.my.cnf', 'mysql'],
  ['.mylogin.cnf', 'mysql'],
  ['.vault-token', 'vault'],
  ['.terraform.d', 'terraform'],
  ['.terraformrc', 'terraform'],
  ['.config/op', 'keyring'],
  ['.password-store', 'keyring'],
  ['.local/share/keyrings', 'keyring'],
  ['.local/share/kwalletd', 'keyring'],
  ['library/keychains', 'keyring'],
  ['.config/rclone', 'rclone'],
  ['.s3cfg', 'aws'],
  ['.config/sops', 'sops'],
  ['.config/age', 'sops'],
  ['.config/google-chrome', 'browser'],
  ['.config/chromium', 'browser'],
  ['.config/bravesoftware', 'browser'],
  ['.config/microsoft-edge', 'browser'],
  ['.mozilla', 'browser'],
  ['.thunderbird', 'browser'],
  ['library/application support/google/chrome', 'browser'],
  ['library/application support/firefox', 'browser'],
  ['.bash_history', 'history'],
  ['.zsh_history', 'history'],
  ['.zhistory', 'history'],
  ['.histfile', 'history'],
  ['.local/share/fish/fish_history', 'history'],
  ['.python_history', 'history'],
  ['.node_repl_history', 'history'],
  ['.psql_history', 'history'],
  ['.mysql_history', 'history'],
  ['.sqlite_history', 'history'],
  ['.lesshst', 'history'],
  ['.claude/.credentials.json', 'assistant'],
  ['.claude.json', 'assistant'],
  ['.codex/auth.json', 'assistant'],
  ['.gemini/oauth_creds.json', 'assistant'],
  ['.config/github-copilot', 'assistant'],
  ['.local/share/opencode/auth.json', 'assistant'],
];

/** The store that a folded absolute path is, or is within; null for none. */
export function credentialStoreOf(path: string, home: string): string | null {
  const inHome = relativeToHome(path, home);
  if (inHome !== null) {
    for (const [prefix, store] of stores) {
      if (inHome.startsWith(prefix) && (inHome.length === prefix.length || inHome[prefix.length] === '/'))
        return store;
    }
  }
  if (path.startsWith('/etc/')) {
    if (/^\/etc\/(g?shadow|opasswd)(-|$|\/)|^\/etc\/security\/opasswd/.test(path)) return 'system';
    if (
      /^\/etc\/(ssh\/ssh_host_|ssl\/private|letsencrypt\/(live|archive|keys)|wireguard|ipsec\.secrets|krb5\.keytab|docker\/key)/.test(
        path,
      )
    )
      return 'system';
    if (path.startsWith('/etc/kubernetes/')) return 'kube';
  }
  if (/^\/(var\/)?run\/secrets(\/|$)/.test(path)) return 'kube';
  if (/^\/(var\/)?run\/user\/\d+\/(keyring|gnupg)/.test(path) || /^\/tmp\/ssh-[^/]+\/agent\./.test(path))
    return 'keyring';
  if (/^\/tmp\/krb5cc_/.test(path)) return 'kerberos';
  return null;
}

function relativeToHome(path: string, home: string): string | null {
  if (home !== '/' && path.startsWith(`${home}/`)) return path.slice(home.length + 1);
  const other = /^\/(?:home|users)\/[^/]+\/(.*)$|^\/root\/(.*)$/.exec(path);
  return other === null ? null : (other[1] ?? other[2] ?? null);
}

/** What a glob outside of the repository is tried against. */
export function credentialFiles(home: string): readonly string[] {
  const cached = examples.get(home);
  if (cached !== undefined) return cached;
  const files = [
    '/etc/shadow',
    '/etc/gshadow',
    '/etc/sudoers',
    '/etc/ssl/private/key.pem',
    ...[home, '/root', '/home/user'].flatMap((base) =>
      stores.flatMap(([path]) => [`${base}/${path}`, `${base}/${path}/id_rsa`]),
    ),
  ];
  if (examples.size > 16) examples.clear();
  examples.set(home, files);
  return files;
}

const examples = new Map<string, readonly string[]>();
