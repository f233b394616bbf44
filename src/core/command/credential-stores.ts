/** Where credentials lie on a machine. All in lower case. */

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
  ['.oci', 'oci'],
  ['.config/doctl', 'digitalocean'],
  ['.fly', 'fly'],
  ['.railway', 'railway'],
  ['.config/heroku', 'heroku'],
  ['.config/netlify', 'netlify'],
  ['.local/share/com.vercel.cli', 'vercel'],
  ['.config/vercel', 'vercel'],
  ['.supabase', 'supabase'],
  ['.config/stripe', 'stripe'],
  ['.config/linode-cli', 'linode'],
  ['.config/hcloud', 'hetzner'],
  ['.cloudflared', 'cloudflare'],
  ['.wrangler', 'cloudflare'],
  ['.config/.wrangler', 'cloudflare'],
  ['.snowsql', 'snowflake'],
  ['.snowflake', 'snowflake'],
  ['.databrickscfg', 'databricks'],
  ['.kaggle', 'kaggle'],
  ['.huggingface', 'huggingface'],
  ['.cache/huggingface/token', 'huggingface'],
  ['.config/openai', 'assistant'],
  ['.anthropic', 'assistant'],
  ['.config/anthropic', 'assistant'],
  ['.config/goose', 'assistant'],
  ['.config/amp', 'assistant'],
  ['.local/share/amp', 'assistant'],
  ['.config/crush', 'assistant'],
  ['.qwen', 'assistant'],
  ['.aws/amazonq', 'assistant'],
  ['.config/code/user/globalstorage', 'editor'],
  ['.config/cursor', 'editor'],
  ['.vscode-server/data', 'editor'],
  ['.config/slack', 'chat'],
  ['.config/discord', 'chat'],
  ['.config/signal', 'chat'],
  ['.config/opera', 'browser'],
  ['.config/vivaldi', 'browser'],
  ['.config/solana', 'wallet'],
  ['.bitcoin', 'wallet'],
  ['.ethereum', 'wallet'],
  ['.electrum', 'wallet'],
  ['.subversion/auth', 'subversion'],
  ['.sbt/.credentials', 'maven'],
  ['.ivy2/.credentials', 'maven'],
  ['.nuget/nuget/nuget.config', 'nuget'],
  ['.config/nuget', 'nuget'],
  ['.hex', 'hex'],
  ['.pub-cache/credentials.json', 'pub'],
  ['.config/hatch', 'pypi'],
  ['.config/pypoetry/auth.toml', 'pypi'],
  ['.pulumi', 'pulumi'],
  ['.ansible', 'ansible'],
  ['.chef', 'chef'],
  ['.config/helm', 'kube'],
  ['.config/argocd', 'kube'],
  ['.minikube', 'kube'],
  ['.talos', 'kube'],
  ['.local/share/containers', 'docker'],
  ['.step', 'certificates'],
  ['.pki', 'certificates'],
  ['.acme.sh', 'certificates'],
  ['.config/keybase', 'keyring'],
  ['.config/keepassxc', 'keyring'],
  ['.config/bitwarden', 'keyring'],
  ['.config/bitwarden cli', 'keyring'],
  ['.git-credential-cache', 'git'],
  ['.cache/git/credential', 'git'],
  ['.rhosts', 'ssh'],
  ['.vnc/passwd', 'desktop'],
  ['.config/remmina', 'desktop'],
  ['.xauthority', 'desktop'],
  ['.config/filezilla', 'ftp'],
  ['.ftpconfig', 'ftp'],
  ['.redisclirc', 'redis'],
  ['.rediscli_history', 'history'],
  ['.irb_history', 'history'],
  ['.viminfo', 'history'],
  ['.local/share/nvim/shada', 'history'],
  ['.zsh_sessions', 'history'],
  ['.bash_sessions', 'history'],
  ['.local/share/atuin', 'history'],
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
      /^\/etc\/(ssh\/ssh_host_|ssl\/private|letsencrypt\/(live|archive|keys)|pki\/tls\/private|ppp\/(chap|pap)-secrets|mysql\/debian\.cnf|networkmanager\/system-connections|openvpn|wireguard|ipsec\.secrets|krb5\.keytab|docker\/key)/.test(
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
