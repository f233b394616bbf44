import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { literal, mayBeOption, type Field } from '../field.ts';
import {
  adds,
  code,
  flag,
  hasOption,
  loads,
  maybe,
  optionTable,
  optionValue,
  parseOptions,
  reads,
  shell,
  value,
  writes,
} from '../options.ts';
import { applyOptions, named, tool, type ToolModel } from '../tool.ts';

/** Runs a script with words of its own after it, code from options, or code from standard input. */
export function interpreter(
  options: Parameters<typeof optionTable>[0],
  codeOptions: readonly string[],
): ToolModel {
  return tool({
    traits: ['runs-code'],
    hides: 'exec',
    style: { stopAtOperand: true },
    options,
    apply: (call, parsed) => {
      if (parsed.seen.some(({ option }) => codeOptions.includes(option.first))) return;
      const [script] = parsed.operands;
      if (
        parsed.seen.some(({ option }) => /^--?(version|help|V|v|h)$/.test(option.name)) &&
        script === undefined
      ) {
        call.exec.traits.splice(0, call.exec.traits.length);
        return;
      }
      if (script === undefined || script.text === '-') runInput(call);
      else if (!script.known) call.opaque('exec', script.text, 'the script cannot be told');
      else call.script(script);
    },
  });
}

function runInput(call: Call): void {
  if (call.input.kind === 'file') call.script(call.input.file);
  else
    call.opaque(
      'exec',
      call.input.kind === 'text' ? call.input.text.text : call.name,
      `it is ${call.name} code, which is not read`,
    );
}

const nodeOptions = {
  '-e --eval -p --print': code,
  '-r --require --import --loader --experimental-loader': loads,
  '--env-file --env-file-if-exists': reads,
  '-C --conditions --input-type --max-old-space-size --stack-trace-limit --title --test-name-pattern --test-reporter --test-reporter-destination --test-concurrency --inspect-port --unhandled-rejections --icu-data-dir --openssl-config --experimental-config-file --watch-path --test-timeout --test-shard':
    maybe,
  '--test-reporter': { takes: 'value', hides: 'exec' },
  '--test': { takes: 'nothing', traits: ['builds'] },
  '--run': { takes: 'value', traits: ['builds'] },
  '--inspect --inspect-brk --inspect-wait': { takes: 'maybe', traits: ['network'] },
  '--cpu-prof-dir --heap-prof-dir --diagnostic-dir --report-dir --report-directory --redirect-warnings --trace-event-file-pattern':
    { takes: 'value', effect: 'write', traits: ['writes'] },
  '-v --version': { takes: 'nothing', traits: [] },
  '-h --help': { takes: 'nothing', traits: [] },
  '-c --check -i --interactive --watch --no-warnings --enable-source-maps --experimental-strip-types --experimental-transform-types --experimental-vm-modules --expose-gc --trace-warnings --trace-deprecation --trace-uncaught --no-deprecation --preserve-symlinks --permission --test-only --cpu-prof --heap-prof --prof --abort-on-uncaught-exception --use-system-ca --experimental-test-coverage --test-update-snapshots --experimental-sqlite --no-experimental-strip-types':
    flag,
} as const;

const node = interpreter(nodeOptions, ['-e', '--run']);

const nodeModel: ToolModel = {
  ...node,
  apply: (call, parsed) => {
    if (hasOption(parsed, '--test')) {
      for (const file of parsed.operands) call.read(file, true);
      return;
    }
    node.apply?.(call, parsed);
  },
};

// ---- package managers ------------------------------------------------------------------------------------------------

function registry(call: Call, ...traits: readonly Trait[]): void {
  call.trait(...traits, 'network');
  call.connectTo('registry:npm');
}

const globalNpm = optionTable({
  '-C --prefix --dir --cwd': { takes: 'value', traits: [] },
  '-w --workspace -F --filter --loglevel --tag --access --otp --omit --include --only --depth --before --fetch-retries':
    value,
  '--registry': { takes: 'value', effect: 'connect' },
  '-g --global': { takes: 'nothing', traits: ['system'] },
  '-c --call': shell,
  '-p --package': { takes: 'value', traits: [] },
  '--userconfig --globalconfig --cache --script-shell --node-options --shell --git --init-module --npmrc-auth-file':
    { takes: 'value', hides: 'exec' },
  '-s -q -d -D -E -P -O -B -y -f -n -r -S -l -a': flag,
  '--silent --quiet --yes --no --if-present --ignore-scripts --save-dev --save-exact --save --save-prod --save-optional --no-save --production --frozen-lockfile --prefer-offline --offline --no-audit --no-fund --json --long --parseable --dry-run --force --legacy-peer-deps --strict-peer-deps --workspaces --include-workspace-root --recursive --parallel --stream --immutable --immutable-cache --check-cache --no-progress --verbose --dev --all --package-lock-only --no-package-lock --audit --fund --progress --color --no-color --exact --tilde --inline-builds --mode --version --help --latest --interactive --ignore-engines --non-interactive --network-timeout --no-lockfile --no-optional --prod --peer --shamefully-hoist --lockfile-only --bail --no-bail --watch --bun --hot --frozen --aggregate-output --reporter --resume-from':
    flag,
});

const installs = /^(ci|clean-install|ic|install-clean|install-ci-test|cit|rebuild|rb|import|fetch|link|ln)$/;
const changes =
  /^(add|i|in|ins|inst|insta|instal|install|isnt|remove|rm|r|un|uninstall|unlink|update|up|upgrade|udpate|upgrade-interactive|dedupe|ddp|set|version|install-test|it|patch|patch-commit|pkg|init|create|innit|shrinkwrap|prune|overrides|approve-builds|dlx-add)$/;
const looks =
  /^(ls|list|la|ll|view|v|info|show|outdated|audit|why|explain|query|search|s|se|find|help|root|prefix|bin|fund|ping|docs|repo|bugs|home|doctor|sbom|licenses|diff|help-search|completion|npm-version|get|--version|-v|workspaces|node|constraints)$/;
const publishes =
  /^(publish|deprecate|undeprecate|unpublish|owner|author|dist-tag|dist-tags|access|team|hook|org|star|unstar|npm-publish)$/;
const credentials = /^(login|adduser|add-user|logout|token|profile|whoami)$/;
const tasks =
  /^(run|run-script|rum|urn|test|t|tst|start|stop|restart|build|lint|dev|pack|serve|preview|check|typecheck|format|e2e|coverage)$/;
const runs = /^(exec|x|dlx|npx|execute)$/;

function packageManager(call: Call): void {
  const parsed = parseOptions(call.words, globalNpm, { stopAtOperand: false });
  applyOptions(call, parsed, { hides: 'exec', lenient: false });
  const leading = parseOptions(call.words, globalNpm, { stopAtOperand: true });
  const [verb, ...rest] = leading.operands;
  if (verb === undefined) {
    if (call.words.length === 0 && /^(yarn|yarnpkg)$/.test(call.name))
      registry(call, 'installs', 'builds', 'writes');
    return;
  }
  if (!verb.known) {
    call.opaque('exec', verb.text, `the subcommand of ${call.name} cannot be told`);
    return;
  }
  const name = verb.text;
  call.subcommand(name);
  const operands = parsed.operands.slice(1);
  const from = optionValue(parsed, '-C');
  if (from !== null) {
    call.trait('runs-code');
    call.read(from, true);
  }
  if (runs.test(name) && !(call.name === 'bun' && name === 'run')) {
    runPackage(call, rest, name === 'dlx' || call.name === 'bunx' || name === 'x');
  } else if (installs.test(name)) registry(call, 'installs', 'builds', 'writes');
  else if (changes.test(name)) {
    if (
      /^(i|in|ins|inst|insta|instal|install|isnt|install-test|it|up|update|upgrade|prune|dedupe)$/.test(
        name,
      ) &&
      operands.length === 0 &&
      /^(i|in|ins|inst|insta|instal|install|isnt|install-test|it|prune)$/.test(name)
    ) {
      registry(call, 'installs', 'builds', 'writes');
    } else if (name === 'pkg')
      call.trait(
        ...(/^get$/.test(operands[0]?.text ?? '')
          ? (['reads'] as const)
          : (['dependencies', 'writes'] as const)),
      );
    else if (name === 'set') {
      call.trait('configures', 'writes');
    } else if (/^(create|init|innit)$/.test(name) && operands.length > 0) {
      registry(call, 'dependencies', 'runs-code', 'writes');
    } else if (/^(init|innit|version|shrinkwrap)$/.test(name))
      call.trait('writes', ...(name === 'version' ? (['commits', 'builds'] as const) : []));
    else registry(call, 'dependencies', 'builds', 'writes');
    for (const operand of operands) sourceOf(call, operand);
  } else if (publishes.test(name)) registry(call, 'publishes', 'builds', 'credentials');
  else if (credentials.test(name)) {
    registry(call, 'credentials');
    call.credential('npm');
  } else if (/^(config|c)$/.test(name)) {
    if (/^(set|delete|edit|fix|rm|add|unset)$/.test(operands[0]?.text ?? '')) {
      call.trait('configures', 'writes');
      const project = call.words.some((word) => /^(--location=project|project)$/.test(word.text));
      call.write(literal(project ? '.npmrc' : `${call.place.home}/.npmrc`, call.span));
    } else call.trait('reads', 'credentials');
  } else if (looks.test(name)) {
    call.trait('reads');
    if (/^(view|v|info|show|outdated|audit|search|s|se|find|ping|doctor|diff)$/.test(name))
      registry(call, 'fetches');
    if (name === 'audit' && operands[0]?.text === 'fix') registry(call, 'dependencies', 'builds', 'writes');
    if (name === 'audit' && operands[0]?.text === 'signatures') call.trait('reads');
  } else if (tasks.test(name)) {
    call.trait('builds');
    if (call.name === 'bun' && name === 'run' && /[./]/.test(rest[0]?.text ?? '') && rest[0] !== undefined)
      call.script(rest[0]);
  } else if (name === 'cache' || name === 'store') call.trait('writes');
  else if (call.name === 'bun') {
    call.trait('builds', 'runs-code');
    if (/[./]/.test(name)) call.script(verb);
  } else if (/^(yarn|yarnpkg|pnpm)$/.test(call.name)) call.trait('builds', 'runs-code');
  else call.trait('unknown');
}

/** A package from elsewhere than the registry: a URL, a git remote, a folder. */
function sourceOf(call: Call, operand: Field): void {
  const text = operand.known ? operand.text : operand.prefix;
  if (/^(git\+|https?:|ssh:|git:|git@)/.test(text))
    call.connectToField({ ...operand, text: text.replace(/^git\+/, '') });
  else if (/^(github|gitlab|bitbucket|gist):/.test(text))
    call.connect({ host: `${text.split(':')[0] ?? ''}.com`, port: 443 });
  else if (/^(file:|\.{0,2}\/)/.test(text)) call.read({ ...operand, text: text.replace(/^file:/, '') }, true);
  else if (/^[\w.-]+\/[\w.-]+(#.*)?$/.test(text)) call.connect({ host: 'github.com', port: 443 });
}

/** What repositories declare among their own packages, so that `npx` runs their copy. A version makes it another. */
const buildTools = new Set(
  `tsc vitest jest mocha ava tap c8 nyc playwright cypress eslint oxlint biome prettier stylelint knip vite webpack rollup
  esbuild parcel turbo nx lerna next nuxt astro remix svelte-check vue-tsc tsx ts-node tsup rimraf husky lint-staged
  changeset storybook tailwindcss postcss sass drizzle-kit prisma typedoc api-extractor size-limit wrangler`.split(
    /\s+/,
  ),
);

/** `npx PACKAGE ARGS`: from the repository's own packages where it is there, else from the registry. */
function runPackage(call: Call, words: readonly Field[], always: boolean): void {
  const parsed = parseOptions(words, globalNpm, { stopAtOperand: true });
  const [name, ...rest] = parsed.operands;
  for (const word of parsed.unclear) call.opaque('exec', word.text, 'the package cannot be told');
  const before = call.words.findIndex((word) => word === words[0]);
  const flags = (before < 0 ? call.words : call.words.slice(0, before)).concat(
    words.slice(0, words.length - rest.length - (name === undefined ? 0 : 1)),
  );
  const local = flags.some((word) => word.known && /^--(no|no-install|offline)$/.test(word.text)) && !always;
  const declared = name?.known === true && !always && buildTools.has(name.text);
  call.trait(declared ? 'builds' : 'runs-code');
  if (!local) registry(call, declared ? 'installs' : 'dependencies');
  if (name === undefined) return;
  if (!name.known) {
    call.opaque('exec', name.text, 'the package cannot be told');
    return;
  }
  const bare = /^(@[\w.-]+\/)?([\w.-]+)(@[\w.^~*>=<-]+)?$/.exec(name.text);
  if (bare === null) {
    sourceOf(call, name);
    call.opaque('exec', name.text, 'it runs a package from elsewhere');
    return;
  }
  // What a known tool would do with these words.
  call.runner.runProgram([literal(bare[2] ?? name.text, name.span), ...rest], call);
}

const npx = tool({
  hides: 'exec',
  raw: (call) => {
    const parsed = parseOptions(call.words, globalNpm, { stopAtOperand: true });
    applyOptions(call, parsed, { hides: 'exec', lenient: true });
    runPackage(call, parsed.operands, /^(pnpx|bunx)$/.test(call.name));
  },
});

// ---- tools of the repository's own ---------------------------------------------------------------------------------------

const isVerb =
  /^(run|watch|test|build|dev|check|lint|format|serve|start|list|bench|related|init|ci|preview|generate|migrate)$/;

/** A checker, test runner or bundler that loads the repository's configuration. */
export function builder(
  traits: readonly Trait[] = [],
  operands: 'ignored' | 'read' | 'read-tree' = 'read-tree',
  extra: Parameters<typeof optionTable>[0] = {},
): ToolModel {
  return tool({
    traits: ['builds', ...traits],
    hides: 'exec',
    lenient: true,
    apply: (call, parsed) => {
      for (const operand of parsed.operands) {
        if (operands === 'ignored' || isVerb.test(operand.text)) continue;
        call.read(operand, operands === 'read-tree');
        if (operand.known && call.isOutside(operand)) call.trait('runs-code');
      }
    },
    options: {
      '-c --config --project -p --tsconfig': { takes: 'value', effect: 'module' },
      '-o --output --out --outfile --outFile --output-file --outputFile --out-file': {
        takes: 'value',
        effect: 'write',
        traits: ['writes'],
      },
      '--outDir --outdir --out-dir --output-dir --outputDir --output-path --reporter-output --coverage-directory --coverageDirectory --declarationDir --cache-location':
        { takes: 'value', effect: 'write-tree', traits: ['writes'] },
      '-r --require --import --loader --plugin --setupFiles --setupFilesAfterEnv --globalSetup --rulesdir --resolve-plugins-relative-to --parser --format --formatter --reporter --preset --transform':
        { takes: 'value', effect: 'module' },
      '-t --testNamePattern --grep -g --ext --max-warnings --target --module --level --maxWorkers -w --pool --shard --parser-options --rule --global --env --log-level --jsx --lib --types':
        maybe,
      ...extra,
    },
  });
}

const writesSources = {
  '--write -w --fix --apply --apply-unsafe -u --update --init --fix-dry-run --update-snapshot --updateSnapshot':
    adds('writes'),
} as const;

/** Rewrites its operands where asked to. */
const formatter = tool({
  traits: ['builds'],
  hides: 'exec',
  lenient: true,
  options: {
    '-w --write --fix --apply --apply-unsafe': { takes: 'nothing', traits: ['writes'] },
    '-c --check -l --list-different': flag,
    '--config --ignore-path --stdin-filepath --config-path': { takes: 'value', effect: 'read' },
    '--plugin --parser': { takes: 'value', effect: 'load', traits: ['runs-code'] },
    '--print-width --tab-width --log-level --cache-location --end-of-line': value,
  },
  apply: (call, parsed) => {
    for (const operand of parsed.operands) {
      call.read(operand, true);
      if (hasOption(parsed, '-w')) call.write(operand, true);
    }
  },
});

export const nodeTools = named({
  'node nodejs': nodeModel,
  'tsx ts-node ts-node-esm babel-node esno jiti vite-node swc-node': interpreter(
    {
      ...nodeOptions,
      '-P --project --tsconfig': reads,
      '-T --transpile-only -F --files': flag,
      '--watch': flag,
    },
    ['-e'],
  ),
  deno: tool({
    hides: 'exec',
    raw: (call) => {
      const [verb, ...rest] = call.words;
      if (verb?.known !== true) {
        if (verb !== undefined) call.opaque('exec', verb.text, 'the subcommand cannot be told');
        return;
      }
      call.subcommand(verb.text);
      switch (verb.text) {
        case 'run':
        case 'serve': {
          call.trait('runs-code');
          const script = rest.find((word) => !word.text.startsWith('-'));
          if (script === undefined || mayBeOption(script))
            call.opaque('exec', call.exec.argv.join(' '), 'the script cannot be told');
          else if (/^(https?|npm|jsr):/.test(script.text))
            call.opaque('exec', script.text, 'the code comes from elsewhere');
          else call.script(script);
          return;
        }
        case 'eval':
        case 'repl':
          call.code(rest[0]?.text ?? '', 'deno');
          return;
        case 'test':
        case 'bench':
        case 'task':
        case 'check':
        case 'lint':
        case 'compile':
        case 'bundle':
          call.trait('builds');
          return;
        case 'fmt':
          call.trait('writes');
          call.write(literal('.', call.span), true);
          return;
        case 'add':
        case 'remove':
        case 'install':
        case 'update':
          registry(call, rest.length > 0 ? 'dependencies' : 'installs', 'writes');
          return;
        case 'publish':
        case 'deploy':
          registry(call, 'publishes');
          return;
        case '--version':
        case 'info':
        case 'doc':
        case 'types':
          call.trait('reads');
          return;
        default:
          call.trait('unknown', 'runs-code');
      }
    },
  }),
  'npm pnpm yarn yarnpkg bun cnpm': tool({ hides: 'exec', raw: packageManager }),
  'npx pnpx bunx': npx,
  corepack: tool({ traits: ['dependencies', 'network', 'configures'], hides: 'exec' }),
  'tsc vue-tsc svelte-check tsup tsdown api-extractor typedoc attw publint': tool({
    traits: ['builds'],
    hides: 'exec',
    lenient: true,
    apply: (call, parsed) => {
      if (!hasOption(parsed, '--noEmit')) call.trait('writes');
      for (const operand of parsed.operands) call.read(operand);
    },
    options: {
      '--noEmit --listFiles --showConfig -v --version -h --help': { takes: 'nothing', traits: [] },
      '-p --project': { takes: 'value', effect: 'read' },
      '--outFile --tsBuildInfoFile --declarationFile': writes,
      '--outDir --declarationDir --out -d --generateTrace --generateCpuProfile': {
        takes: 'value',
        effect: 'write-tree',
        traits: ['writes'],
      },
      '-t --target -m --module --jsx --lib --types --moduleResolution --rootDir --strict --pretty': value,
    },
  }),
  'prettier biome dprint': formatter,
  'eslint oxlint stylelint tslint xo standard htmlhint markdownlint markdownlint-cli2 knip depcheck madge jscpd cspell commitlint ls-lint syncpack manypkg dependency-cruiser depcruise type-coverage':
    builder([], 'read-tree', writesSources),
  'vitest jest mocha ava tap jasmine karma cypress playwright c8 nyc uvu web-test-runner wtr node-tap testcafe storybook lighthouse size-limit':
    builder([], 'read-tree', { ...writesSources, '--reporter': value }),
  'esbuild vite webpack rollup rolldown parcel swc babel turbo nx lerna next nuxt astro gulp grunt ember ng vue-cli-service react-scripts remix expo metro tailwindcss postcss sass less lessc node-gyp changeset rspack rsbuild wireit lage moon':
    builder(['writes'], 'read-tree', { ...writesSources, '--watch -w --minify -m': flag }),
  'prisma drizzle-kit typeorm sequelize knex graphql-codegen openapi-generator-cli': builder([
    'writes',
    'network',
  ]),
  'husky lint-staged simple-git-hooks lefthook': builder(['configures', 'writes']),
  'rimraf del-cli': tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    apply: (call, parsed) => {
      for (const operand of parsed.operands) {
        call.write({ ...operand, pattern: operand.pattern || /[*?[]/.test(operand.text) }, true);
        if (/^(\.|\.\.|\/|~|\.git|\*)/.test(operand.text) || !operand.known) call.trait('destroys');
      }
    },
  }),
  'wrangler vercel netlify firebase surge gh-pages semantic-release np release-it': tool({
    traits: ['builds', 'network', 'publishes', 'credentials'],
    hides: 'exec',
  }),
});
