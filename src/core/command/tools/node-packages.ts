/** Package managers of Node. */
import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { classifyPath } from '../paths.ts';
import { hasOption, optionTable, optionValue, parseOptions } from '../options.ts';
import { applyOptions, named, tool } from '../tool.ts';
import { isProjectPackage, programOf } from './node-project-packages.ts';

export function registry(call: Call, ...traits: readonly Trait[]): void {
  call.trait(...traits, 'network');
  call.connectTo('registry:npm');
}

const globalNpm = optionTable({
  '-C --prefix --dir --cwd': 'keep',
  '-w --workspace -F --filter --loglevel --tag --access --otp --omit --include --only --depth --before --fetch-retries':
    'value',
  '--registry': { takes: 'value', effect: 'connect' },
  '-g --global': 'mark',
  '-c --call': 'shell',
  '-p --package': 'keep',
  '--userconfig --globalconfig --cache --script-shell --node-options --shell --git --init-module --npmrc-auth-file':
    'hides-exec',
  '-s -q -d -D -E -P -O -B -y -f -n -r -S -l -a': 'flag',
  '--silent --quiet --yes --no --if-present --ignore-scripts --save-dev --save-exact --save --save-prod --save-optional --no-save --production --frozen-lockfile --prefer-offline --offline --no-audit --no-fund --json --long --parseable --dry-run --force --legacy-peer-deps --strict-peer-deps --workspaces --include-workspace-root --recursive --parallel --stream --immutable --immutable-cache --check-cache --no-progress --verbose --dev --all --package-lock-only --no-package-lock --audit --fund --progress --color --no-color --exact --tilde --inline-builds --mode --version --help --latest --interactive --ignore-engines --non-interactive --network-timeout --no-lockfile --no-optional --prod --peer --shamefully-hoist --lockfile-only --bail --no-bail --watch --bun --hot --frozen --aggregate-output --reporter --resume-from':
    'flag',
});

const installs = /^(ci|clean-install|ic|install-clean|install-ci-test|cit|rebuild|rb|import|fetch)$/;
const changes =
  /^(add|i|in|ins|inst|insta|instal|install|isnt|remove|rm|r|un|uninstall|unlink|update|up|upgrade|udpate|upgrade-interactive|dedupe|ddp|set|version|install-test|it|patch|patch-commit|pkg|init|create|innit|shrinkwrap|prune|overrides|approve-builds|dlx-add|link|ln)$/;
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
  const everywhere = hasOption(parsed, '-g') && !looks.test(name) && !/^(config|c|cache)$/.test(name);
  if (everywhere) call.trait('system');
  const from = optionValue(parsed, '-C');
  if (from !== null) {
    call.trait('runs-code');
    call.read(from, true);
  }
  if (/^(dedupe|ddp|prune|update|up|upgrade|install|i|ci|publish|pack)$/.test(name) && dryRun(call)) {
    registry(call, 'reads', 'fetches');
    return;
  }
  if (runs.test(name) && !(call.name === 'bun' && name === 'run')) {
    runPackage(call, rest, name === 'dlx');
  } else if (installs.test(name)) registry(call, 'installs', 'builds', 'writes');
  else if (changes.test(name)) {
    if (
      /^(i|in|ins|inst|insta|instal|install|isnt|install-test|it|up|update|upgrade|prune|dedupe|link|ln)$/.test(
        name,
      ) &&
      operands.length === 0 &&
      /^(i|in|ins|inst|insta|instal|install|isnt|install-test|it|prune|link|ln)$/.test(name)
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
    else
      registry(
        call,
        name !== 'set' && isTrial(call, operands, everywhere || from !== null) ? 'installs' : 'dependencies',
        'builds',
        'writes',
      );
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
    } else {
      call.trait('reads');
      if (operands.some((word) => !word.known || /_auth|token|password/i.test(word.text)))
        call.trait('credentials');
    }
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

/** Packages that are here, put into a project among temporary files: no project that lasts depends on them. */
function isTrial(call: Call, operands: readonly Field[], elsewhere: boolean): boolean {
  const { directories, place } = call;
  const amongTemporary =
    directories !== null && directories.every((one) => classifyPath(one, place).area === 'temporary');
  const allHere = operands.every(({ known, text }) => known && localPackage.test(text));
  return amongTemporary && allHere && operands.length > 0 && !elsewhere;
}

function dryRun(call: Call): boolean {
  return call.words.some((word) => word.known && word.text === '--dry-run');
}

const localPackage = /^(file:|\.{0,2}\/)/;

/** A package from elsewhere than the registry: a URL, a git remote, a folder. */
function sourceOf(call: Call, operand: Field): void {
  const text = operand.known ? operand.text : operand.prefix;
  if (/^(git\+|https?:|ssh:|git:|git@)/.test(text))
    call.connectToField({ ...operand, text: text.replace(/^git\+/, '') });
  else if (/^(github|gitlab|bitbucket|gist):/.test(text))
    call.connect({ host: `${text.split(':')[0] ?? ''}.com`, port: 443 });
  else if (localPackage.test(text)) call.read({ ...operand, text: text.replace(/^file:/, '') }, true);
  else if (/^[\w.-]+\/[\w.-]+(#.*)?$/.test(text)) call.connect({ host: 'github.com', port: 443 });
}

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
  const declared = name?.known === true && !always && isProjectPackage(name.text);
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
  call.runner.runProgram([literal(programOf(name.text), name.span), ...rest], call);
}

const npx = tool({
  hides: 'exec',
  raw: (call) => {
    const parsed = parseOptions(call.words, globalNpm, { stopAtOperand: true });
    applyOptions(call, parsed, { hides: 'exec', lenient: true });
    runPackage(call, parsed.operands, call.name === 'pnpx');
  },
});

export const nodePackages = named({
  'npm pnpm yarn yarnpkg bun cnpm': tool({ hides: 'exec', raw: packageManager }),
  'npx pnpx bunx': npx,
  corepack: tool({ traits: ['dependencies', 'network', 'configures'], hides: 'exec' }),
});
