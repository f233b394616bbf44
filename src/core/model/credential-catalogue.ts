/**
 * Where people's logins lie: the one catalogue that policy, the sandbox's tests and the documentation go by.
 * To add one, give its store, or a new store, its places below; `docs/credential-stores.md` is made from it.
 */

const list = (text: string): readonly string[] => text.trim().split(/,\s*/);

export interface CredentialStore {
  /** As policy has it: `resource.name` of a `CredentialStore`. */
  readonly name: string;
  readonly holds: string;
  /** Below a home; a folder stands for all that it holds. */
  readonly home?: readonly string[];
  /** Absolute; `*` is any part of one name, and all below belongs to it. */
  readonly machine?: readonly string[];
  /** Sockets of agents: who can connect can use what they hold. Written as `machine`. */
  readonly agents?: readonly string[];
  /** Variables that hold a login, or lead to an agent; never passed from a caller. A trailing `*` stands for any ending. */
  readonly variables?: readonly string[];
}

export const credentialCatalogue: readonly CredentialStore[] = [
  {
    name: 'system',
    holds: 'passwords and keys of the machine itself',
    machine: list(`
      /etc/shadow, /etc/shadow-, /etc/gshadow, /etc/gshadow-, /etc/opasswd, /etc/security/opasswd,
      /etc/ssh/ssh_host_*, /etc/credstore, /etc/credstore.encrypted, /var/lib/systemd/credential.secret,
      /run/credentials, /var/lib/cloud/instance, /run/cloud-init, /var/backups/shadow.bak, /etc/rsyncd.secrets,
      /etc/exim4/passwd.client, /etc/postfix/sasl_passwd, /var/lib/AccountsService, /etc/cups/ssl, /etc/grafana,
      /etc/gitlab, /etc/gitlab-runner
    `),
    agents: list('/run/pcscd, /run/systemd/private, /run/dbus, /var/run/dbus'),
    variables: list('CREDENTIALS_DIRECTORY, SUDO_ASKPASS, DBUS_SYSTEM_BUS_ADDRESS'),
  },
  {
    name: 'ssh',
    holds: 'keys and known hosts of SSH',
    home: list('.ssh, .rhosts, .shosts, .putty'),
    agents: list(`
      /tmp/ssh-*/agent.*, /run/user/*/ssh-agent*, /run/user/*/openssh_agent, /run/user/*/keyring
    `),
    variables: list('SSH_AUTH_SOCK, SSH_AGENT_PID, SSH_ASKPASS, SSHPASS'),
  },
  {
    name: 'gnupg',
    holds: 'keys of GnuPG',
    home: list('.gnupg, .config/gnupg'),
    agents: list('/run/user/*/gnupg'),
    variables: list('GPG_AGENT_INFO, GPG_PASSPHRASE, GNUPGHOME'),
  },
  {
    name: 'keyring',
    holds: 'keyrings and password managers',
    home: list(`
      .local/share/keyrings, .local/share/kwalletd, .kde/share/apps/kwallet, .gnome2/keyrings, Library/Keychains,
      .password-store, .local/share/gopass, .config/gopass, .config/op, .op, .config/1Password, .config/keepassxc,
      .config/bitwarden, .config/Bitwarden, .config/Bitwarden CLI, .config/rbw, .local/share/rbw, .config/lpass,
      .lpass, .local/share/lpass, .config/dashlane-cli, .config/keybase, .config/Enpass, .config/proton-pass,
      .authy, .config/Authy Desktop, .local/share/authenticator
    `),
    agents: list('/run/user/*/bus, /run/user/*/kwallet*, /run/user/*/keybase, /run/user/*/op-daemon.sock'),
    variables: list(`
      DBUS_SESSION_BUS_ADDRESS, GNOME_KEYRING_CONTROL, OP_SERVICE_ACCOUNT_TOKEN, OP_SESSION_*, BW_SESSION,
      BW_PASSWORD, BW_CLIENTSECRET, KEYRING_*
    `),
  },
  {
    name: 'git',
    holds: 'logins that git remembers',
    home: list(`
      .git-credentials, .config/git/credentials, .git-credential-cache, .cache/git/credential, .gcm
    `),
    variables: list('GIT_ASKPASS, GIT_PASSWORD, GIT_TOKEN, GCM_CREDENTIAL_STORE'),
  },
  {
    name: 'github',
    holds: 'tokens of GitHub',
    home: list('.config/gh, .config/hub, .config/gh-copilot'),
    variables: list(`
      GITHUB_TOKEN, GH_TOKEN, GITHUB_PAT, GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN, ACTIONS_RUNTIME_TOKEN,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN
    `),
  },
  {
    name: 'gitlab',
    holds: 'tokens of GitLab and other forges',
    home: list(`
      .config/glab-cli, .config/glab, .python-gitlab.cfg, .config/tea, .config/berg, .config/jira, .config/.jira,
      .jira.d, .config/linear, .config/acli
    `),
    variables: list(`
      GITLAB_TOKEN, CI_JOB_TOKEN, CI_JOB_JWT*, GITEA_TOKEN, BITBUCKET_TOKEN, BITBUCKET_APP_PASSWORD,
      JIRA_API_TOKEN, LINEAR_API_KEY
    `),
  },
  {
    name: 'netrc',
    holds: 'logins by host',
    home: list('.netrc, _netrc, .netrc.gpg, .authinfo, .authinfo.gpg'),
    variables: list('NETRC'),
  },
  {
    name: 'aws',
    holds: 'keys and sessions of AWS and of what speaks S3',
    home: list(`
      .aws, .s3cfg, .saml2aws, .config/granted, .granted, .awsvault, .mc, .config/s5cmd, .passwd-s3fs
    `),
    machine: list('/etc/passwd-s3fs'),
    variables: list(`
      AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_SECURITY_TOKEN,
      AWS_SHARED_CREDENTIALS_FILE, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_*, AWS_BEARER_TOKEN_BEDROCK,
      AWS_VAULT, MINIO_*
    `),
  },
  {
    name: 'gcloud',
    holds: 'logins of Google Cloud',
    home: list(`
      .config/gcloud, .boto, .gsutil, .config/gspread, .config/firebase, .config/configstore/firebase-tools.json,
      .clasprc.json
    `),
    variables: list(`
      GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_CREDENTIALS, GOOGLE_OAUTH_ACCESS_TOKEN, CLOUDSDK_AUTH_*,
      FIREBASE_TOKEN, GCLOUD_KEYFILE_JSON
    `),
  },
  {
    name: 'azure',
    holds: 'logins of Azure',
    home: list(`
      .azure, .config/azure, .azuredevops, .IdentityService, .local/share/.IdentityService, .config/msal
    `),
    variables: list(`
      AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_*, AZURE_PASSWORD, AZURE_FEDERATED_TOKEN*, AZURE_STORAGE_KEY,
      AZURE_STORAGE_CONNECTION_STRING, AZURE_DEVOPS_EXT_PAT, ARM_CLIENT_SECRET, ARM_ACCESS_KEY, IDENTITY_HEADER,
      MSI_SECRET, SYSTEM_ACCESSTOKEN
    `),
  },
  {
    name: 'oci',
    holds: 'keys of Oracle Cloud',
    home: list('.oci'),
    variables: list('OCI_CLI_KEY_CONTENT'),
  },
  {
    name: 'digitalocean',
    holds: 'tokens of DigitalOcean',
    home: list('.config/doctl, .doctlcfg'),
    variables: list('DIGITALOCEAN_*TOKEN'),
  },
  {
    name: 'hetzner',
    holds: 'tokens of Hetzner Cloud',
    home: list('.config/hcloud'),
    variables: list('HCLOUD_TOKEN'),
  },
  {
    name: 'linode',
    holds: 'tokens of Linode',
    home: list('.config/linode-cli'),
    variables: list('LINODE_TOKEN, LINODE_CLI_TOKEN'),
  },
  {
    name: 'scaleway',
    holds: 'keys of Scaleway, OVH, Vultr and IBM Cloud',
    home: list(`
      .config/scw, .ovh.conf, .vultr-cli.yaml, .config/vultr-cli.yaml, .bluemix, .aliyun, .tccli,
      .config/exoscale, .config/openstack, .config/yandex-cloud
    `),
    machine: list('/etc/openstack/clouds.yaml, /etc/ovh.conf'),
    variables: list(`
      SCW_SECRET_KEY, VULTR_API_KEY, IBMCLOUD_API_KEY, OS_PASSWORD, OS_APPLICATION_CREDENTIAL_SECRET,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET
    `),
  },
  {
    name: 'cloudflare',
    holds: 'tokens of Cloudflare',
    home: list('.cloudflared, .wrangler, .config/.wrangler, .config/cloudflare'),
    variables: list('CLOUDFLARE_API_*, CF_API_*'),
  },
  {
    name: 'fly',
    holds: 'tokens of Fly.io',
    home: list('.fly'),
    variables: list('FLY_API_TOKEN, FLY_ACCESS_TOKEN'),
  },
  {
    name: 'railway',
    holds: 'tokens of Railway and Render',
    home: list('.railway, .render, .config/render'),
    variables: list('RAILWAY_TOKEN, RAILWAY_API_TOKEN, RENDER_API_KEY'),
  },
  {
    name: 'heroku',
    holds: 'logins of Heroku',
    home: list('.config/heroku, .local/share/heroku'),
    variables: list('HEROKU_API_KEY'),
  },
  {
    name: 'netlify',
    holds: 'tokens of Netlify',
    home: list('.config/netlify, .netlify'),
    variables: list('NETLIFY_AUTH_TOKEN'),
  },
  {
    name: 'vercel',
    holds: 'tokens of Vercel',
    home: list('.local/share/com.vercel.cli, .config/vercel, .vercel, .now'),
    variables: list('VERCEL_TOKEN, TURBO_TOKEN'),
  },
  {
    name: 'supabase',
    holds: 'tokens of hosted databases',
    home: list(`
      .supabase, .config/planetscale, .config/neonctl, .config/turso, .turso, .config/mongodb, .config/atlascli,
      .upstash.json, .fauna-shell
    `),
    variables: list(`
      SUPABASE_ACCESS_TOKEN, SUPABASE_SERVICE_ROLE_KEY, PLANETSCALE_*TOKEN, NEON_API_KEY, TURSO_*TOKEN,
      MONGODB_ATLAS_PRIVATE_KEY
    `),
  },
  {
    name: 'stripe',
    holds: 'keys of services for payment and mail',
    home: list(`
      .config/stripe, .config/twilio-cli, .twilio-cli, .config/sendgrid, .shopify, .config/shopify
    `),
    variables: list(`
      STRIPE_API_KEY, STRIPE_SECRET_KEY, TWILIO_AUTH_TOKEN, SENDGRID_API_KEY, MAILGUN_API_KEY, SHOPIFY_CLI_*TOKEN
    `),
  },
  {
    name: 'snowflake',
    holds: 'logins of Snowflake',
    home: list('.snowsql, .snowflake, .config/snowflake'),
    variables: list('SNOWFLAKE_PASSWORD, SNOWSQL_PWD, SNOWFLAKE_PRIVATE_KEY*'),
  },
  {
    name: 'databricks',
    holds: 'logins of data platforms',
    home: list('.databrickscfg, .databricks, .dbt/profiles.yml, .bigqueryrc'),
    variables: list('DATABRICKS_TOKEN, DBT_ENV_SECRET_*'),
  },
  {
    name: 'kaggle',
    holds: 'keys of Kaggle',
    home: list('.kaggle, .config/kaggle'),
    variables: list('KAGGLE_KEY'),
  },
  {
    name: 'huggingface',
    holds: 'tokens of machine learning services',
    home: list(`
      .huggingface, .cache/huggingface/token, .cache/huggingface/stored_tokens, .config/wandb, .config/replicate,
      .lambda_labs, .modal.toml, .comet.config, .neptune
    `),
    variables: list(`
      HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HUGGINGFACE_TOKEN, WANDB_API_KEY, REPLICATE_API_TOKEN, MODAL_TOKEN_*,
      COMET_API_KEY
    `),
  },
  {
    name: 'docker',
    holds: 'logins of registries, and sockets of container engines, which give root',
    home: list(`
      .docker, .dockercfg, .config/containers, .config/docker, .local/share/containers, .local/share/docker,
      .lima, .colima, .rd, .orbstack, .config/containerd
    `),
    machine: list('/etc/docker/key.json, /etc/containers/auth.json, /root/.dockercfg'),
    agents: list(`
      /run/docker.sock, /var/run/docker.sock, /run/containerd, /run/podman, /run/user/*/podman,
      /run/user/*/docker.sock, /run/user/*/containerd*, /run/crio, /run/buildkit, /var/lib/docker, /var/lib/lxd,
      /var/snap/lxd
    `),
    variables: list('DOCKER_AUTH_CONFIG, DOCKER_PASSWORD, DOCKER_HOST, REGISTRY_AUTH_FILE, CONTAINER_HOST'),
  },
  {
    name: 'kube',
    holds: 'logins of clusters',
    home: list(`
      .kube, .config/helm, .cache/helm, .config/argocd, .argocd, .minikube, .talos, .config/k9s, .k3d,
      .config/k3d, .kind, .rancher, .config/okteto, .okteto, .config/flux, .istioctl, .crc, .config/teleport, .tsh
    `),
    machine: list(`
      /etc/kubernetes, /etc/rancher, /var/lib/kubelet, /var/lib/rancher, /run/secrets, /var/run/secrets
    `),
    variables: list('KUBECONFIG, KUBE_TOKEN, HELM_*PASSWORD, ARGOCD_AUTH_TOKEN, TELEPORT_*'),
  },
  {
    name: 'npm',
    holds: 'tokens of npm, Yarn, pnpm and Bun',
    home: list(`
      .npmrc, .yarnrc, .yarnrc.yml, .config/configstore, .config/pnpm, .bunfig.toml, .config/yarn, .jsr
    `),
    variables: list(`
      NPM_TOKEN, NODE_AUTH_TOKEN, NPM_CONFIG__AUTH*, npm_config__auth*, YARN_NPM_AUTH_*, BUN_AUTH_TOKEN,
      DENO_AUTH_TOKENS
    `),
  },
  {
    name: 'pypi',
    holds: 'tokens of Python’s package indexes',
    home: list(`
      .pypirc, .config/pip, .pip, .config/hatch, .config/pypoetry/auth.toml, .config/pdm,
      .local/share/uv/credentials, .config/uv, .condarc, .conda, .continuum, .config/anaconda
    `),
    variables: list(`
      TWINE_PASSWORD, POETRY_PYPI_TOKEN_*, POETRY_HTTP_BASIC_*, UV_PUBLISH_*, UV_INDEX_*PASSWORD, FLIT_PASSWORD,
      HATCH_INDEX_AUTH, ANACONDA_API_TOKEN
    `),
  },
  {
    name: 'crates',
    holds: 'tokens of Cargo',
    home: list('.cargo/credentials, .cargo/credentials.toml'),
    variables: list('CARGO_REGISTRY_TOKEN, CARGO_REGISTRIES_*TOKEN'),
  },
  {
    name: 'rubygems',
    holds: 'keys of RubyGems',
    home: list('.gem/credentials, .local/share/gem/credentials, .bundle/config'),
    variables: list('GEM_HOST_API_KEY, RUBYGEMS_API_KEY, BUNDLE_RUBYGEMS__*'),
  },
  {
    name: 'maven',
    holds: 'logins of Maven, Gradle, sbt and Ivy',
    home: list(`
      .m2/settings.xml, .m2/settings-security.xml, .gradle/gradle.properties, .gradle/init.gradle, .gradle/init.d,
      .sbt/.credentials, .ivy2/.credentials, .config/coursier/credentials.properties, .lein/credentials.clj.gpg,
      .lein/credentials.clj, .jreleaser
    `),
    variables: list(`
      MAVEN_PASSWORD, OSSRH_PASSWORD, SONATYPE_PASSWORD, COURSIER_CREDENTIALS, JRELEASER_*, SIGNING_PASSWORD
    `),
  },
  {
    name: 'composer',
    holds: 'tokens of Composer',
    home: list('.composer/auth.json, .config/composer/auth.json'),
    variables: list('COMPOSER_AUTH'),
  },
  {
    name: 'nuget',
    holds: 'keys of NuGet',
    home: list(`
      .nuget/NuGet/NuGet.Config, .config/NuGet, .microsoft/usersecrets, .dotnet/corefx/cryptography
    `),
    variables: list('NUGET_API_KEY, VSS_NUGET_*'),
  },
  {
    name: 'hex',
    holds: 'keys of Hex',
    home: list('.hex, .config/rebar3/hex.config'),
    variables: list('HEX_API_KEY'),
  },
  {
    name: 'pub',
    holds: 'tokens of Dart’s packages',
    home: list('.pub-cache/credentials.json, .config/dart, .dart'),
    variables: list('PUB_TOKEN'),
  },
  {
    name: 'artifactory',
    holds: 'logins of binary repositories',
    home: list(`
      .jfrog, .config/jfrog, .cloudsmith, .config/cloudsmith, .config/fury, .conan/.conan.db,
      .conan2/credentials.json, .swiftpm/configuration, .cocoapods/repos, .config/buf
    `),
    variables: list('ARTIFACTORY_*, JFROG_*, CLOUDSMITH_API_KEY, CONAN_PASSWORD*, BUF_TOKEN'),
  },
  {
    name: 'postgresql',
    holds: 'passwords of PostgreSQL',
    home: list('.pgpass, .pg_service.conf, .postgresql'),
    variables: list('PGPASSWORD, PGPASSFILE, PGSERVICEFILE'),
  },
  {
    name: 'mysql',
    holds: 'passwords of MySQL and MariaDB',
    home: list('.my.cnf, .mylogin.cnf'),
    machine: list('/etc/mysql/debian.cnf'),
    variables: list('MYSQL_PWD, MYSQL_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD'),
  },
  {
    name: 'redis',
    holds: 'logins of other databases',
    home: list(`
      .redisclirc, .mongorc.js, .mongodb, .cassandra, .influxdbv2, .clickhouse-client, .config/usql, .usqlpass,
      .config/pgcli, .config/mycli, .local/share/DBeaverData, .config/beekeeper-studio, .config/TablePlus
    `),
    variables: list('REDISCLI_AUTH, REDIS_PASSWORD, INFLUX_TOKEN, CLICKHOUSE_PASSWORD'),
  },
  {
    name: 'vault',
    holds: 'tokens of Vault, OpenBao, Consul and Nomad',
    home: list('.vault-token, .vault, .bao, .config/vault, .consul-token, .nomad-token'),
    variables: list('VAULT_TOKEN, BAO_TOKEN, CONSUL_HTTP_TOKEN, NOMAD_TOKEN, DOPPLER_TOKEN, INFISICAL_TOKEN'),
  },
  {
    name: 'doppler',
    holds: 'tokens of other managers of secrets',
    home: list(`
      .doppler, .infisical, .config/infisical, .akeyless, .config/phase, .chamber, .config/teller, .conjurrc,
      .config/conjur
    `),
    variables: list('AKEYLESS_*, CONJUR_*'),
  },
  {
    name: 'sops',
    holds: 'keys that decrypt files of secrets',
    home: list('.config/sops, .config/age, .age, .ansible-vault'),
    variables: list('SOPS_AGE_KEY*, ANSIBLE_VAULT_PASSWORD_FILE, RAILS_MASTER_KEY'),
  },
  {
    name: 'terraform',
    holds: 'tokens of Terraform and OpenTofu',
    home: list('.terraform.d, .terraformrc, .tofurc, .config/opentofu, .tfc'),
    variables: list('TF_TOKEN_*, TF_API_TOKEN, TFE_TOKEN, INFRACOST_API_KEY'),
  },
  {
    name: 'pulumi',
    holds: 'tokens of Pulumi',
    home: list('.pulumi'),
    variables: list('PULUMI_ACCESS_TOKEN, PULUMI_CONFIG_PASSPHRASE*'),
  },
  {
    name: 'ansible',
    holds: 'passwords of Ansible',
    home: list('.ansible, .vault_pass, .vault_pass.txt'),
    variables: list('ANSIBLE_*PASSWORD*'),
  },
  {
    name: 'chef',
    holds: 'keys of Chef, Puppet and Salt',
    home: list('.chef, .puppetlabs, .saltrc, .vagrant.d'),
  },
  {
    name: 'rclone',
    holds: 'logins of copies and backups',
    home: list(`
      .config/rclone, .rclone.conf, .config/borg, .config/restic, .config/rustic, .config/duplicity,
      .config/duplicati, .config/kopia, .restic-password, .config/syncthing, .local/state/syncthing,
      .config/Nextcloud, .dropbox, .config/gdrive
    `),
    variables: list(`
      RCLONE_CONFIG*, RESTIC_PASSWORD*, BORG_PASSPHRASE, BORG_PASSCOMMAND, KOPIA_PASSWORD, B2_APPLICATION_KEY
    `),
  },
  {
    name: 'network',
    holds: 'keys of tunnels and networks',
    home: list(`
      .config/ngrok, .ngrok2, .config/tailscale, .local/share/tailscale, .config/wireguard, .openvpn,
      .config/openvpn3, .config/netbird, .zerotier
    `),
    machine: list(`
      /etc/wireguard, /etc/openvpn, /etc/ipsec.secrets, /etc/ipsec.d/private, /etc/swanctl,
      /etc/NetworkManager/system-connections, /etc/ppp/chap-secrets, /etc/ppp/pap-secrets, /etc/wpa_supplicant,
      /var/lib/tailscale, /var/lib/zerotier-one, /etc/netplan
    `),
    agents: list('/run/tailscale, /var/run/tailscale'),
    variables: list('NGROK_AUTHTOKEN, TS_AUTHKEY, TAILSCALE_AUTHKEY'),
  },
  {
    name: 'certificates',
    holds: 'private keys of certificates',
    home: list(`
      .step, .pki, .acme.sh, .lego, .caddy, .local/share/caddy, .local/share/mkcert, .config/letsencrypt,
      .minisign, .sigstore, .android/debug.keystore, .android/adbkey, .keystore
    `),
    machine: list(`
      /etc/ssl/private, /etc/letsencrypt/live, /etc/letsencrypt/archive, /etc/letsencrypt/keys,
      /etc/letsencrypt/accounts, /etc/pki/tls/private, /var/lib/caddy
    `),
    variables: list(`
      COSIGN_PASSWORD, COSIGN_PRIVATE_KEY, CSC_KEY_PASSWORD, CSC_LINK, KEYSTORE_PASSWORD, FASTLANE_*PASSWORD,
      MATCH_PASSWORD
    `),
  },
  {
    name: 'kerberos',
    holds: 'tickets and keytabs of Kerberos',
    home: list('.k5login, .k5identity, .kerberos'),
    machine: list('/tmp/krb5cc*, /etc/krb5.keytab, /var/lib/sss/db'),
    agents: list('/run/user/*/krb5cc*'),
    variables: list('KRB5CCNAME, KRB5_KTNAME, KRB5_CLIENT_KTNAME'),
  },
  {
    name: 'browser',
    holds: 'profiles of browsers and mail programs, with cookies and passwords',
    home: list(`
      .config/google-chrome, .config/google-chrome-beta, .config/chromium, .config/BraveSoftware,
      .config/microsoft-edge, .config/opera, .config/vivaldi, .config/thorium, .mozilla, .librewolf, .waterfox,
      .zen, .floorp, .tor-browser, .local/share/torbrowser, .config/qutebrowser, .local/share/qutebrowser,
      .config/epiphany, .local/share/epiphany, .config/falkon, .thunderbird, .cache/google-chrome,
      .cache/chromium, .cache/mozilla, .config/evolution, .local/share/evolution, .config/geary, .mutt, .muttrc,
      .config/neomutt, .msmtprc, .config/msmtp, .mbsyncrc, .config/isyncrc, .offlineimaprc, .fetchmailrc,
      .getmail, .config/aerc, .config/himalaya, .notmuch-config, .var/app, snap,
      Library/Application Support/Google/Chrome, Library/Application Support/Chromium,
      Library/Application Support/BraveSoftware, Library/Application Support/Microsoft Edge,
      Library/Application Support/Firefox, Library/Application Support/Arc, Library/Application Support/Vivaldi,
      Library/Safari, Library/Cookies, Library/Mail, Library/Messages
    `),
  },
  {
    name: 'history',
    holds: 'what people typed, passwords among it',
    home: list(`
      .bash_history, .zsh_history, .zhistory, .histfile, .history, .sh_history, .ash_history, .ksh_history,
      .tcsh_history, .local/share/fish/fish_history, .config/fish/fish_history,
      .local/share/powershell/PSReadLine, .local/share/nushell, .config/nushell/history.txt, .zsh_sessions,
      .bash_sessions, .local/share/atuin, .local/share/mcfly, .python_history, .ipython, .node_repl_history,
      .ts_node_repl_history, .irb_history, .pry_history, .php_history, .psysh_history, .config/psysh,
      .scala_history, .ghci_history, .julia/logs, .Rhistory, .octave_hist, .psql_history, .mysql_history,
      .mariadb_history, .sqlite_history, .rediscli_history, .mongo_history, .mongosh, .dbshell, .influx_history,
      .usql_history, .duckdb_history, .lesshst, .viminfo, .vim/undo, .local/share/nvim/shada, .local/state/nvim,
      .local/state/less, .local/state/bash, .local/state/zsh, .local/state/python_history, .wget-hsts,
      .gdb_history, .lldb, .recently-used, .local/share/recently-used.xbel, .script_history, .config/helix/history
    `),
  },
  {
    name: 'assistant',
    holds: 'logins and conversations of coding assistants',
    home: list(`
      .claude/.credentials.json, .claude/history.jsonl, .claude/projects, .claude.json, .config/claude,
      .config/Claude, .anthropic, .config/anthropic, .codex/auth.json, .codex/history.jsonl, .codex/sessions,
      .config/openai, .openai, .gemini/oauth_creds.json, .gemini/google_accounts.json, .gemini/.env,
      .config/gemini, .config/github-copilot, .copilot/config.json, .local/share/opencode, .aider,
      .aider.conf.yml, .aider.input.history, .continue/config.json, .continue/config.yaml, .continue/.env,
      .codeium, .windsurf, .config/goose, .local/share/goose, .config/amp, .local/share/amp, .config/crush,
      .local/share/crush, .qwen, .local/share/amazon-q, .config/kiro, .factory, .augment, .tabnine,
      .config/TabNine, .cody, .sourcegraph, .config/cody, .local/share/zed, .grok, .kimi,
      .config/io.datasette.llm, .config/mods, .config/fabric, .ollama/id_ed25519, .ollama/history, .lmstudio,
      .config/raycast, .mcp-auth
    `),
    variables: list(`
      ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, CLAUDE_CODE_OAUTH_TOKEN, OPENAI_API_KEY, CODEX_API_KEY,
      GEMINI_API_KEY, GOOGLE_API_KEY, MISTRAL_API_KEY, GROQ_API_KEY, XAI_API_KEY, DEEPSEEK_API_KEY,
      OPENROUTER_API_KEY, COHERE_API_KEY, TOGETHER_API_KEY, FIREWORKS_API_KEY, PERPLEXITY_API_KEY,
      AZURE_OPENAI_API_KEY, CURSOR_API_KEY, COPILOT_*TOKEN, SRC_ACCESS_TOKEN
    `),
  },
  {
    name: 'editor',
    holds: 'secrets and sessions of editors',
    home: list(`
      .config/Code/User/globalStorage, .config/Code/User/History, .config/Code - Insiders/User/globalStorage,
      .config/VSCodium/User/globalStorage, .config/Cursor, .config/Windsurf, .config/Trae, .vscode-server/data,
      .cursor-server/data, .config/JetBrains, .jupyter, .local/share/jupyter/runtime, .config/sublime-text,
      .config/Postman, .config/Insomnia, .config/Bruno, .config/Hoppscotch, .config/httpie, .httpie,
      Library/Application Support/Code, Library/Application Support/Cursor, Library/Application Support/JetBrains
    `),
    agents: list('/run/user/*/vscode-*, /tmp/vscode-*'),
    variables: list('VSCODE_GIT_*, VSCODE_IPC_HOOK*, JUPYTER_TOKEN'),
  },
  {
    name: 'chat',
    holds: 'sessions of chat programs',
    home: list(`
      .config/Slack, .config/slack-cli, .slack, .config/discord, .config/Signal, .config/Element,
      .local/share/TelegramDesktop, .config/teams, .config/Microsoft, .zoom, .config/Mattermost, .config/zulip,
      .weechat, .config/weechat, .irssi, .purple, Library/Application Support/Slack,
      Library/Application Support/discord
    `),
    variables: list('SLACK_*TOKEN, SLACK_WEBHOOK_URL, DISCORD_TOKEN, TELEGRAM_*TOKEN'),
  },
  {
    name: 'wallet',
    holds: 'keys of currencies',
    home: list(`
      .config/solana, .bitcoin, .litecoin, .dogecoin, .ethereum, .electrum, .electrum-ltc, .monero, .bitmonero,
      .zcash, .config/Exodus, .config/atomic, .config/Ledger Live, .foundry/keystores, .brownie/accounts,
      .near-credentials, .sui, .aptos, .config/cardano, .starknet_accounts
    `),
    variables: list('PRIVATE_KEY, MNEMONIC'),
  },
  {
    name: 'desktop',
    holds: 'the session of a desktop and remote desktops',
    home: list(`
      .Xauthority, .ICEauthority, .vnc/passwd, .vnc, .config/remmina, .local/share/remmina, .config/freerdp,
      .config/rustdesk, .config/AnyDesk, .anydesk, .config/teamviewer, .config/pulse, .x2goclient, .nx
    `),
    agents: list(`
      /tmp/.X11-unix, /run/user/*/wayland-*, /run/user/*/pipewire-*, /run/user/*/pulse, /run/user/*/xauth*,
      /run/user/*/at-spi, /run/user/*/systemd
    `),
    variables: list('DISPLAY, XAUTHORITY, WAYLAND_DISPLAY, WAYLAND_SOCKET'),
  },
  {
    name: 'ftp',
    holds: 'logins of file transfer',
    home: list(`
      .config/filezilla, .filezilla, .ftpconfig, .lftp, .local/share/lftp, .ncftp, .smbcredentials, .smb, .davfs2,
      .cadaver
    `),
    machine: list('/etc/davfs2/secrets, /etc/samba/private, /var/lib/samba/private, /etc/cifs-credentials'),
  },
  {
    name: 'subversion',
    holds: 'logins of other version control',
    home: list(`
      .subversion/auth, .hgrc, .hg-credentials, .config/hg, .p4tickets, .p4enviro, .bazaar/authentication.conf,
      .cvspass, .fossil
    `),
    variables: list('P4PASSWD, SVN_PASSWORD'),
  },
  {
    name: 'ci',
    holds: 'tokens of continuous integration',
    home: list(`
      .circleci, .config/circleci, .travis, .config/buildkite, .buildkite-agent, .config/drone, .jenkins,
      .config/woodpecker, .config/act, .actrc, .config/codecov, .sonar, .config/snyk, .snyk, .sentryclirc,
      .config/datadog, .config/newrelic, .newrelic, .config/grafana, .grafana, .config/pagerduty,
      .config/honeycomb, .sauce, .percy, .config/browserstack
    `),
    variables: list(`
      CIRCLE_TOKEN, CIRCLECI_CLI_TOKEN, TRAVIS_TOKEN, BUILDKITE_*TOKEN, CODECOV_TOKEN, SONAR_TOKEN, SNYK_TOKEN,
      SENTRY_AUTH_TOKEN, DD_API_KEY, DD_APP_KEY, NEW_RELIC_API_KEY, GRAFANA_TOKEN, JENKINS_API_TOKEN,
      SAUCE_ACCESS_KEY
    `),
  },
  {
    name: 'mobile',
    holds: 'keys of app stores',
    home: list(`
      .appstoreconnect, .private_keys, .fastlane, .config/google-play, .config/appcenter-cli, .expo,
      .config/revenuecat
    `),
    variables: list('APP_STORE_CONNECT_*, EXPO_TOKEN, SUPPLY_JSON_KEY*, APPCENTER_ACCESS_TOKEN'),
  },
];
