/** Names of files in a repository that change what runs later, or hold secrets. All in lower case. */
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

function table(entries: Partial<Readonly<Record<Sensitivity, string>>>): ReadonlyMap<string, Sensitivity> {
  return new Map(
    Object.entries(entries).flatMap(([sensitivity, names]) =>
      names.split(/\s+/).map((name) => [name, sensitivity as Sensitivity] as const),
    ),
  );
}

/** Everything in folders of these names. */
const byDirectory = table({
  'git-internals': '.git git~1 .husky .githooks .git-hooks .lefthook .overcommit',
  ci: '.circleci .buildkite .woodpecker .drone .semaphore .tekton .harness .teamcity .azuredevops .azure-pipelines .cirrus .builds .bitrise',
  'assistant-settings':
    '.claude .codex .cursor .gemini .opencode .continue .windsurf .codeium .roo .kilocode .cline .clinerules .amazonq .kiro .trae .augment .junie .qwen .crush .goose .amp .factory .agents .agent .openhands .warp .tabnine .serena .void .zencoder .plandex .aider .copilot .mcp .devin .jules',
  'editor-settings': '.vscode .idea .fleet .devcontainer .zed .vs .nova .theia .idx .run',
  secrets: '.ssh .gnupg .aws .kube .azure .gcloud .secrets .password-store',
});

const byName = table({
  'git-internals':
    '.gitmodules .gitattributes .gitconfig .lfsconfig .pre-commit-config.yaml .pre-commit-config.yml .pre-commit-hooks.yaml lefthook.yml lefthook.yaml .lefthook.yml lefthook-local.yml lefthook.toml .overcommit.yml .simple-git-hooks.json simple-git-hooks.json',
  ci: '.gitlab-ci.yml .gitlab-ci.yaml jenkinsfile azure-pipelines.yml azure-pipelines.yaml bitbucket-pipelines.yml .travis.yml appveyor.yml .appveyor.yml .drone.yml .drone.star .drone.jsonnet .woodpecker.yml .woodpecker.yaml cloudbuild.yaml cloudbuild.yml .cirrus.yml .cirrus.star buildspec.yml buildspec.yaml bitrise.yml codemagic.yaml circle.yml wercker.yml shippable.yml .scrutinizer.yml .build.yml .semaphore.yml codefresh.yml screwdriver.yaml codeowners .mergify.yml',
  'assistant-settings':
    'claude.md claude.local.md agents.md agents.override.md agent.md gemini.md qwen.md crush.md warp.md codex.md copilot.md opencode.json opencode.jsonc crush.json .crush.json .mcp.json mcp.json mcp_config.json .cursorrules .cursorignore .cursorindexingignore .windsurfrules .codeiumignore .clinerules .clineignore .roorules .roomodes .rooignore .kilocodemodes .kilocodeignore .goosehints .aider.conf.yml .aiderignore .geminiignore .aiignore .aiexclude .rules copilot-instructions.md replit.md .replit',
  'editor-settings':
    '.envrc .exrc .vimrc .nvimrc .nvim.lua .lvimrc .dir-locals.el .projectile .gdbinit .lldbinit .gitpod.yml .gitpod.dockerfile .devcontainer.json .mise.toml mise.toml .ycm_extra_conf.py .tmux.conf .autoenv',
  'lock-file':
    'package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock poetry.lock pdm.lock pipfile.lock uv.lock pylock.toml pixi.lock conda-lock.yml cargo.lock go.sum go.work.sum gemfile.lock composer.lock gradle.lockfile packages.lock.json flake.lock mix.lock pubspec.lock package.resolved podfile.lock cartfile.resolved stack.yaml.lock cabal.project.freeze rebar.lock shard.lock manifest.toml .terraform.lock.hcl chart.lock buf.lock module.bazel.lock conan.lock',
  manifest:
    'package.json pnpm-workspace.yaml deno.json deno.jsonc bunfig.toml pyproject.toml setup.py setup.cfg pipfile requirements.txt environment.yml conda.yaml pixi.toml cargo.toml go.mod go.work pom.xml build.gradle build.gradle.kts settings.gradle settings.gradle.kts gemfile composer.json mix.exs pubspec.yaml package.swift podfile rebar.config stack.yaml build.sbt deps.edn project.clj flake.nix conanfile.txt conanfile.py vcpkg.json chart.yaml shard.yml dune-project',
  secrets:
    '.npmrc .yarnrc .yarnrc.yml .pypirc .netrc _netrc .git-credentials .pgpass .my.cnf .htpasswd .vault-token .vault_pass .vault-pass vault_pass.txt .dockercfg .dockerconfigjson .s3cfg .boto .sentryclirc .databrickscfg .dev.vars .flaskenv .pgpassfile kubeconfig credentials credentials.json service-account.json serviceaccount.json local.settings.json wp-config.php terraform.tfstate terraform.tfstate.backup terraform.tfvars master.key auth.json token token.json .token .secret .secrets .password .passwd',
});

/** Sensitivity of a path relative to the repository, already folded. */
export function sensitivityOf(path: string): Sensitivity | null {
  if (path === 'governance' || path.startsWith('governance/')) return 'governance';
  let from = 0;
  let worst: Sensitivity | null = null;
  while (from <= path.length) {
    const slash = path.indexOf('/', from);
    const end = slash < 0 ? path.length : slash;
    const segment = path.slice(from, end);
    worst = graver(worst, byDirectory.get(segment) ?? (shortName.test(segment) ? 'git-internals' : null));
    if (slash < 0) worst = graver(worst, nameSensitivity(segment));
    from = end + 1;
  }
  if (forge.test(path)) worst = graver(worst, 'ci');
  if (instructions.test(path)) worst = graver(worst, 'assistant-settings');
  return worst;
}

/** `.git ` and `.git::$INDEX_ALLOCATION`, which other file systems take for `.git`. */
const shortName = /^(\.git|git~\d)[ .]*(:.*)?$/;
const forge =
  /(^|\/)\.(github|gitea|forgejo)\/(workflows|actions)(\/|$)|(^|\/)\.github$|(^|\/)\.gitlab\/(ci|agents)(\/|$)/;
const instructions =
  /(^|\/)\.github\/(instructions|prompts|chatmodes|agents|skills)(\/|$)|\.(instructions|prompt|chatmode|agent)\.md$/;

function graver(left: Sensitivity | null, right: Sensitivity | null): Sensitivity | null {
  if (left === null || right === null) return left ?? right;
  return sensitivityOrder.indexOf(left) <= sensitivityOrder.indexOf(right) ? left : right;
}

const environmentFile = /^\.env($|[._-])/;
const sample = /[._-](example|sample|template|tpl|dist|defaults?|schema)$/;
const keyFile =
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$|\.(pem|key|p12|pfx|pkcs12|jks|keystore|kdbx|ppk|age|ovpn|tfstate|auto\.tfvars)$|^(client_secret|service[-_]account|firebase-adminsdk).*\.json$/;
/** `secrets.yaml`, `passwords.txt`, `api-key`: named for what they hold, and not code. */
const namedSecret =
  /^(secrets?|passwords?|credentials?|api[-_]?keys?|private[-_]?keys?|access[-_]?tokens?)(\.(txt|json|ya?ml|toml|ini|conf|cfg|env|properties|csv|enc|local|prod|production))*$/;

function nameSensitivity(name: string): Sensitivity | null {
  const exact = byName.get(name);
  if (exact !== undefined) return exact;
  if (name.startsWith('.env')) return environmentFile.test(name) && !sample.test(name) ? 'secrets' : null;
  if (keyFile.test(name) || namedSecret.test(name)) return 'secrets';
  if (/^requirements[\w.-]*\.(txt|in)$/.test(name)) return 'manifest';
  if (/\.(code-workspace|sublime-project)$/.test(name)) return 'editor-settings';
  if (/^(jenkinsfile\.|azure-pipelines[-.]|.*\.gitlab-ci\.ya?ml$)/.test(name)) return 'ci';
  return null;
}

/** Names of folders that matter with all they hold; `*` matches none of them. */
export const sensitiveFolders: readonly string[] = [...byDirectory.keys()].filter((name) =>
  name.startsWith('.'),
);

/** What a glob in the repository is tried against. */
export const sensitiveExamples: readonly string[] = [
  ...[...byName.keys()].filter((name) => byName.get(name) !== 'secrets' || name.startsWith('.')),
  '.env',
  '.env.local',
  '.env.production',
  'id_rsa',
  'id_ed25519',
  'server.pem',
  'server.key',
  'secret',
  'api-key',
  'governance/organisation.yaml',
  'governance/policies/a.cedar',
  '.git/config',
  '.git/hooks/pre-commit',
  '.github/workflows/ci.yml',
  '.husky/pre-commit',
  ...[...byDirectory.keys()].flatMap((name) => [name, `${name}/config`]),
  '.github',
];
