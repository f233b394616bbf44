/** What variables in the environment of a program make it do. */

export type VariableEffect =
  | 'none'
  | 'shell' // its value is a command that a shell runs
  | 'exec' // makes programs load or run something, or look elsewhere for their settings
  | 'path' // where programs are looked up
  | 'connect' // its value names a host
  | 'write' // its value names a file that is written
  | 'history'; // commands are no longer kept in the shell's history

const shells = new Set(
  (
    'EDITOR VISUAL PAGER MANPAGER BROWSER FCEDIT SYSTEMD_PAGER SYSTEMD_EDITOR SUDO_EDITOR SUDO_ASKPASS SSH_ASKPASS ' +
    'GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_SSH GIT_SSH_COMMAND GIT_ASKPASS GIT_EXTERNAL_DIFF GIT_PROXY_COMMAND ' +
    'GIT_MAN_VIEWER HGEDITOR SVN_EDITOR SVN_SSH CVS_RSH CVSEDITOR RSYNC_RSH TAR_RSH PSQL_EDITOR PSQL_PAGER AWS_PAGER ' +
    'GH_PAGER GH_EDITOR GH_BROWSER GLAB_PAGER BAT_PAGER DELTA_PAGER KUBE_EDITOR LESSEDIT CC CXX LD AR AS CPP FC ' +
    'PKG_CONFIG MAKE RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CMAKE_C_COMPILER_LAUNCHER FZF_DEFAULT_COMMAND ' +
    'DOCKER_CREDENTIAL_HELPER PASSWORD_STORE_EDITOR MAILER PROMPT_COMMAND'
  ).split(' '),
);

const execs = new Set(
  (
    'ENV BASH_ENV SHELLOPTS BASHOPTS PS0 PS4 SHELL ZDOTDIR HOME XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_DIRS GLOBIGNORE ' +
    'GCONV_PATH LOCPATH NLSPATH HOSTALIASES RES_OPTIONS MALLOC_CHECK_ LESSOPEN LESSCLOSE LESS MANOPT LESSKEYIN MORE ' +
    'NODE_OPTIONS NODE_PATH NODE_REPL_EXTERNAL_MODULE NODE_EXTRA_CA_CERTS BUN_OPTIONS DENO_DIR ' +
    'PERL5OPT PERL5LIB PERLLIB PERL5DB PERL5SHELL RUBYOPT RUBYLIB RUBYSHELL GEM_HOME GEM_PATH BUNDLE_GEMFILE ' +
    'LUA_INIT LUA_PATH LUA_CPATH PHPRC PHP_INI_SCAN_DIR R_PROFILE R_PROFILE_USER R_ENVIRON JULIA_LOAD_PATH ERL_LIBS ERL_FLAGS ' +
    'JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS JAVA_OPTS JAVA_HOME CLASSPATH MAVEN_OPTS MAVEN_ARGS MAVEN_HOME GRADLE_OPTS ' +
    'GRADLE_USER_HOME GRADLE_HOME ANT_OPTS ANT_ARGS SBT_OPTS KOTLIN_HOME CATALINA_OPTS ' +
    'DOTNET_STARTUP_HOOKS DOTNET_ROOT CORECLR_PROFILER CORECLR_ENABLE_PROFILING COR_PROFILER ' +
    'GOFLAGS GOROOT GOPATH GOBIN GOTOOLDIR GOENV GOPROXY GONOSUMDB GONOSUMCHECK GOSUMDB GOINSECURE GOPRIVATE GOTOOLCHAIN GOVCS GCCGO ' +
    'CGO_CFLAGS CGO_LDFLAGS CGO_CFLAGS_ALLOW CGO_LDFLAGS_ALLOW ' +
    'RUSTC RUSTDOC RUSTFLAGS RUSTDOCFLAGS RUSTUP_TOOLCHAIN RUSTUP_HOME RUSTUP_DIST_SERVER ' +
    'CFLAGS CXXFLAGS CPPFLAGS LDFLAGS MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKEFILES GCC_EXEC_PREFIX COMPILER_PATH CPATH LIBRARY_PATH ' +
    'CMAKE_TOOLCHAIN_FILE CMAKE_PREFIX_PATH PKG_CONFIG_PATH NINJA_STATUS CONFIG_SITE CONFIG_SHELL M4PATH ACLOCAL_PATH ' +
    'TAR_OPTIONS GREP_OPTIONS RIPGREP_CONFIG_PATH FIND_OPTIONS ACKRC CURL_HOME WGETRC SYSTEM_WGETRC INPUTRC TERMINFO TERMINFO_DIRS ' +
    'VIMINIT GVIMINIT EXINIT MYVIMRC VIM VIMRUNTIME NVIM_LOG_FILE EMACSLOADPATH EMACSDATA NANORC ' +
    'OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE GNUPGHOME SSH_AUTH_SOCK ' +
    'DOCKER_HOST DOCKER_CONFIG DOCKER_CONTEXT CONTAINER_HOST KUBECONFIG HELM_PLUGINS AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE ' +
    'AWS_ENDPOINT_URL CLOUDSDK_CONFIG CLOUDSDK_PYTHON GH_HOST GH_CONFIG_DIR GITHUB_API_URL ' +
    'PSQLRC PGSERVICEFILE PGHOST MYSQL_HOME SQLITE_TMPDIR EDITORRC GDBHISTFILE AWKPATH AWKLIBPATH BC_ENV_ARGS DC_ENV_ARGS ' +
    'CODEX_HOME CLAUDE_CONFIG_DIR ANTHROPIC_BASE_URL OPENAI_BASE_URL GEMINI_CLI_SYSTEM_SETTINGS_PATH ' +
    'DEBUGINFOD_URLS QT_PLUGIN_PATH GTK_MODULES GTK_PATH GIO_MODULE_DIR GST_PLUGIN_PATH ' +
    'NETRC HGRCPATH FPATH KRB5_CONFIG KRB5CCNAME GNUTLS_SYSTEM_PRIORITY_FILE FONTCONFIG_FILE GS_LIB GS_OPTIONS PGOPTIONS PGSERVICE PGHOSTADDR ' +
    'VAULT_ADDR CONSUL_HTTP_ADDR NOMAD_ADDR GOOGLE_APPLICATION_CREDENTIALS AZURE_CONFIG_DIR BUILDKIT_HOST COMPOSE_FILE COMPOSE_ENV_FILES ' +
    'PUPPETEER_EXECUTABLE_PATH CHROME_PATH CHROME_BIN ESBUILD_BINARY_PATH SASS_BINARY_PATH SWC_BINARY_PATH CYPRESS_INSTALL_BINARY ' +
    'PLAYWRIGHT_DOWNLOAD_HOST ELECTRON_RUN_AS_NODE npm_execpath npm_node_execpath XDEBUG_CONFIG ' +
    'R_LIBS R_LIBS_USER R_HOME JULIA_DEPOT_PATH JULIA_PROJECT ERL_AFLAGS ERL_ZFLAGS ELIXIR_ERL_OPTIONS MIX_HOME HEX_MIRROR ' +
    'OCAMLPATH FZF_DEFAULT_OPTS SKIM_DEFAULT_OPTIONS BAT_CONFIG_PATH BAT_OPTS M2_HOME TAP_RCFILE ' +
    'DOTNET_ADDITIONAL_DEPS DOTNET_SHARED_STORE DENO_CERT DENO_AUTH_TOKENS ' +
    'WRIT_HOME MANPATH MANROFFOPT GROFF_COMMAND_PREFIX TEXINPUTS TEXMFHOME CDPATH BASH_LOADABLES_PATH EXECIGNORE FIGNORE'
  ).split(' '),
);

const harmlessGit =
  /^GIT_(AUTHOR_(NAME|EMAIL|DATE)|COMMITTER_(NAME|EMAIL|DATE)|TERMINAL_PROMPT|OPTIONAL_LOCKS|LFS_SKIP_SMUDGE|MERGE_AUTOEDIT|REFLOG_ACTION|PAGER_IN_USE|CEILING_DIRECTORIES|LITERAL_PATHSPECS|NOGLOB_PATHSPECS|GLOB_PATHSPECS|ICASE_PATHSPECS|NO_REPLACE_OBJECTS|ADVICE|FLUSH|DISCOVERY_ACROSS_FILESYSTEM|CONFIG_NOSYSTEM|ATTR_NOSYSTEM|PS1_\w+)$/;
const harmlessPython =
  /^PYTHON(UNBUFFERED|DONTWRITEBYTECODE|HASHSEED|IOENCODING|UTF8|FAULTHANDLER|NOUSERSITE|OPTIMIZE|SAFEPATH|TRACEMALLOC|ASYNCIODEBUG|DEVMODE|NODEBUGRANGES|COERCECLOCALE|MALLOC)$/;
const harmlessCargo =
  /^CARGO_(TERM_\w+|INCREMENTAL|NET_OFFLINE|NET_RETRY|BUILD_JOBS|TARGET_DIR|PROFILE_\w+_(DEBUG|OPT_LEVEL|LTO))$/;
const harmlessNodeOptions =
  /^(\s*--(max[-_]old[-_]space[-_]size=\d+|max[-_]semi[-_]space[-_]size=\d+|stack[-_]trace[-_]limit=\d+|no-warnings|no-deprecation|throw-deprecation|trace-(warnings|deprecation|uncaught)|enable-source-maps|experimental-vm-modules|experimental-strip-types|experimental-transform-types|unhandled-rejections=\w+|dns-result-order=\w+|expose-gc|test-only))+\s*$/;

/** Whether a text speaks of a variable that is named like a credential. */
export function namesSecret(text: string): boolean {
  return /(TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)/i.test(text);
}

const jvmOptions =
  /^(_JAVA_OPTIONS|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|JAVA_OPTS|MAVEN_OPTS|GRADLE_OPTS|ANT_OPTS|SBT_OPTS)$/;
const harmlessJvmOptions =
  /^(\s*-(X(mx|ms|ss|mn)\d+[kmgKMG]?|XX:(MaxMetaspaceSize|MaxRAMPercentage|ReservedCodeCacheSize)=[\w.]+|XX:\+Use\w+GC|D(file\.encoding|user\.(timezone|language)|java\.awt\.headless|org\.gradle\.(daemon|parallel|caching|workers\.max))=[\w./-]+|ea))*\s*$/;
/** Of the package managers' own variables, those that only change what they print, try again or leave out. */
const harmlessTools =
  /^(npm_config_(loglevel|fund|audit|progress|yes|color|update_notifier|prefer_offline|offline|legacy_peer_deps|production|ignore_scripts|engine_strict)|PIP_(DISABLE_PIP_VERSION_CHECK|NO_CACHE_DIR|NO_INPUT|QUIET|VERBOSE|PROGRESS_BAR|DEFAULT_TIMEOUT|RETRIES|REQUIRE_VIRTUALENV|BREAK_SYSTEM_PACKAGES|ROOT_USER_ACTION)|UV_(NO_PROGRESS|OFFLINE|NO_CACHE|LINK_MODE|CONCURRENT_\w+|FROZEN|LOCKED|NO_SYNC|HTTP_TIMEOUT)|POETRY_(NO_INTERACTION|VIRTUALENVS_\w+)|YARN_(ENABLE_(TELEMETRY|IMMUTABLE_INSTALLS|PROGRESS_BARS)|HTTP_TIMEOUT)|COREPACK_ENABLE_DOWNLOAD_PROMPT|BUNDLE_(PATH|WITHOUT|WITH|JOBS|DEPLOYMENT|FROZEN|RETRY)|COMPOSER_(ALLOW_SUPERUSER|NO_INTERACTION|MEMORY_LIMIT|PROCESS_TIMEOUT)|HELM_NAMESPACE)$/i;

function hidesHistory(name: string, value: string | null): boolean {
  switch (name) {
    case 'HISTFILE':
      return value === '' || value === '/dev/null';
    case 'HISTSIZE':
    case 'HISTFILESIZE':
      return value === null || Number(value) === 0;
    case 'HISTCONTROL':
      return value === null || /ignore(space|both)/.test(value);
    default:
      return name === 'HISTIGNORE' && value !== '';
  }
}

export function effectOfVariable(name: string, value: string | null): VariableEffect {
  if (name === 'PATH') return 'path';
  if (shells.has(name)) return value === '' ? 'none' : 'shell';
  if (execs.has(name)) {
    if (name === 'NODE_OPTIONS' && value !== null && (value === '' || harmlessNodeOptions.test(value)))
      return 'none';
    if (name === 'LESS' && value !== null && /^-?[FRSXMNiKQe]*$/.test(value)) return 'none';
    if (jvmOptions.test(name) && value !== null && harmlessJvmOptions.test(value)) return 'none';
    if (name === 'RUBYOPT' && value !== null && /^-W[:\w-]*$/.test(value)) return 'none';
    if (
      name === 'GOFLAGS' &&
      value !== null &&
      /^(\s*-(mod=(mod|vendor|readonly)|count=\d+|race|v|trimpath|buildvcs=\w+))*\s*$/.test(value)
    )
      return 'none';
    return 'exec';
  }
  if (/^(https?|ftp|all|socks)_proxy$/i.test(name)) return value === '' ? 'none' : 'connect';
  if (name.startsWith('GIT_')) {
    if (harmlessGit.test(name)) return 'none';
    if (/^GIT_(INDEX_FILE|TRACE\w*)$/.test(name))
      return value !== null && /^([01]|true|false|)$/.test(value) ? 'none' : 'write';
    return 'exec';
  }
  if (hidesHistory(name, value)) return 'history';
  if (
    /^(HISTFILE|LESSHISTFILE|SSLKEYLOGFILE|SQLITE_HISTORY|NODE_REPL_HISTORY|MYSQL_HISTFILE|PSQL_HISTORY)$/.test(
      name,
    )
  )
    return value === '' || value === '/dev/null' ? 'none' : 'write';
  if (harmlessTools.test(name)) return 'none';
  if (name.startsWith('PYTHON')) return harmlessPython.test(name) ? 'none' : 'exec';
  if (name.startsWith('CARGO_')) return harmlessCargo.test(name) ? 'none' : 'exec';
  if (
    /^(LD_|DYLD_|BASH_FUNC_|GLIBC_|npm_config_|NPM_CONFIG_|YARN_|PNPM_|COREPACK_|PIP_|UV_|POETRY_|BUNDLE_|COMPOSER_|HELM_|CLOUDSDK_|MAGICK_|TEXMF|AWS_(ENDPOINT_URL|CA_BUNDLE|ROLE_ARN|WEB_IDENTITY|CONTAINER_|EC2_METADATA)|CONDA_|TF_CLI_|TF_PLUGIN|ANSIBLE_|PKG_CONFIG_|COR(ECLR)?_|MSBUILD|NUGET_|TMUX|SUDO_|HTTPD?_|PERL|RUBY)/.test(
      name,
    )
  ) {
    return 'exec';
  }
  return 'none';
}
