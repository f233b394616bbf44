/** Package managers of Python. */
import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { hasOption, optionTable, optionValues, parseOptions } from '../options.ts';
import { applyOptions, named, tool } from '../tool.ts';
function registry(call: Call, ...traits: readonly Trait[]): void {
  call.trait(...traits, 'network');
  call.connectTo('registry:pypi');
}

const pipOptions = optionTable({
  '-r --requirement -c --constraint': 'read',
  '-e --editable': { takes: 'value', traits: ['runs-code'], effect: 'read-tree' },
  '-t --target --prefix --root --src -d --dest --cache-dir -w --wheel-dir --log --report': 'write-tree',
  '-i --index-url --extra-index-url -f --find-links --proxy': {
    takes: 'value',
    effect: 'connect',
    traits: ['network'],
  },
  '--trusted-host --timeout --retries --progress-bar --platform --python-version --implementation --abi --no-binary --only-binary --upgrade-strategy --format --exists-action --root-user-action --use-feature --use-deprecated --config-settings --global-option':
    'value',
  '--python --cert --client-cert --keyring-provider': 'hides-exec',
  '-U --upgrade --user --system --break-system-packages -q --quiet -v --verbose -y --yes --no-deps --pre --no-cache-dir --disable-pip-version-check --no-input --force-reinstall --no-build-isolation --require-hashes -I --ignore-installed --isolated --dry-run --prefer-binary --no-index --outdated -o --compile --no-compile --exact --frozen --locked --all-extras --dev --no-dev --group':
    'flag',
});

/** What pip consists of, and brings up to date by itself. */
const itself = /^(pip|setuptools|wheel|virtualenv|pip-tools)([<>=~!]=?[\w.*]+)?$/;

function pip(call: Call, words: readonly Field[]): void {
  const parsed = parseOptions(words, pipOptions);
  applyOptions(call, parsed, { hides: 'exec', lenient: false });
  const [verb, ...packages] = parsed.operands;
  if (verb === undefined) return;
  if (call.exec.subcommand === null) call.subcommand(verb.text);
  switch (verb.text) {
    case 'install':
    case 'download':
    case 'wheel':
    case 'sync': {
      if (words.some((word) => word.known && word.text === '--dry-run')) {
        registry(call, 'reads', 'fetches');
        return;
      }
      // What a requirements file or the project itself declares is installed; names are added.
      const named = (verb.text === 'sync' ? [] : packages).filter(
        (one) => !/^\.{1,2}(\[[\w,-]+\])?$|^\.{1,2}\//.test(one.text) && !itself.test(one.text),
      );
      const declared =
        optionValues(parsed, '-r').length +
          packages.length -
          named.length +
          optionValues(parsed, '-e').length >
          0 || verb.text === 'sync';
      registry(
        call,
        ...(named.length > 0 || !declared ? (['dependencies'] as const) : (['installs'] as const)),
        'builds',
        'writes',
      );
      for (const one of named)
        if (/^(git\+|https?:|ssh:)|@ *(git\+|https?:)/.test(one.text))
          call.connectToField({
            ...one,
            text: one.text.replace(/^[^:]*@ *(?=git|http)/, '').replace(/^git\+/, ''),
          });
      for (const one of packages) if (/^(\/|\.\.)/.test(one.text)) call.read(one, true);
      return;
    }
    case 'uninstall':
    case 'compile':
      call.trait('dependencies', 'writes');
      return;
    case 'list':
    case 'show':
    case 'freeze':
    case 'check':
    case 'inspect':
    case 'help':
    case 'debug':
    case 'hash':
    case 'tree':
      call.trait('reads');
      return;
    case 'index':
    case 'search':
      registry(call, 'fetches');
      return;
    case 'config':
      call.trait(
        ...(/^(set|unset|edit)$/.test(packages[0]?.text ?? '')
          ? (['configures', 'writes'] as const)
          : (['reads'] as const)),
      );
      return;
    case 'cache':
      call.trait('writes');
      return;
    default:
      call.trait('unknown', 'runs-code');
  }
}

/** `poetry`, `pdm`, `hatch`, `uv`, `pipenv`: one project, its lock file and its environment. */
function projectManager(call: Call): void {
  const leading = parseOptions(call.words, projectOptions, { stopAtOperand: true });
  applyOptions(call, leading, { hides: 'exec', lenient: true });
  const [verb, ...rest] = leading.operands;
  if (verb === undefined) return;
  if (!verb.known) {
    call.opaque('exec', verb.text, 'the subcommand cannot be told');
    return;
  }
  call.subcommand(verb.text);
  const operands = rest.filter((word) => !word.text.startsWith('-'));
  switch (verb.text) {
    case 'pip':
      pip(call, rest);
      return;
    case 'run': {
      const inner = parseOptions(rest, runOptions, { stopAtOperand: true });
      applyOptions(call, inner, { hides: 'exec', lenient: false });
      call.trait('builds', 'installs', 'network');
      call.connectTo('registry:pypi');
      if (hasOption(inner, '--with')) call.trait('dependencies');
      const [name] = inner.operands;
      if (name === undefined) return;
      if (hasOption(inner, '-m')) {
        call.trait('runs-code');
        return;
      }
      if (name.known && /\.py$/.test(name.text))
        call.runner.runProgram([literal('python', name.span), ...inner.operands], call);
      else if (name.known && !name.text.includes('/') && !call.runner.knows(name.text)) {
        // A script of the project, or a program that one of its packages brings.
        call.trait('runs-code');
      } else call.runner.runProgram(inner.operands, call);
      return;
    }
    case 'shell':
      call.opaque('exec', call.exec.argv.join(' '), 'it starts a shell');
      return;
    case 'sync':
    case 'install':
      if (operands.length > 0 && call.name !== 'poetry') registry(call, 'dependencies', 'builds', 'writes');
      else registry(call, 'installs', 'builds', 'writes');
      return;
    case 'lock':
      if (rest.some((word) => /^(--check|--locked|--dry-run)$/.test(word.text))) {
        registry(call, 'reads', 'fetches');
        return;
      }
      registry(call, 'dependencies', 'builds', 'writes');
      return;
    case 'add':
    case 'remove':
    case 'update':
    case 'upgrade':
    case 'uninstall':
      registry(call, 'dependencies', 'builds', 'writes');
      return;
    case 'publish':
      registry(call, 'publishes', 'credentials');
      return;
    case 'build':
    case 'test':
    case 'check':
    case 'fmt':
    case 'version':
      call.trait('builds', 'writes');
      return;
    case 'tool':
    case 'self':
    case 'python':
    case 'x':
      registry(call, 'dependencies', 'runs-code');
      if (verb.text === 'tool' && operands[0]?.text === 'run')
        call.opaque('exec', call.exec.argv.join(' '), 'it runs a package from the registry');
      return;
    case 'config':
      call.trait('configures', 'writes');
      return;
    case 'init':
    case 'new':
    case 'venv':
    case 'env':
    case 'cache':
    case 'export':
      call.trait('writes');
      return;
    case 'show':
    case 'list':
    case 'tree':
    case 'graph':
    case 'info':
    case 'about':
    case 'help':
      call.trait('reads');
      return;
    default:
      call.trait('unknown', 'builds', 'runs-code');
  }
}

const projectOptions = optionTable({
  '-C --directory --project -P': { takes: 'value', effect: 'read-tree', traits: ['runs-code'] },
  '--config-file --cache-dir -e --env': 'hides-exec',
  '-q -v -n --quiet --verbose --no-interaction --offline --no-cache --no-progress --version --help': 'flag',
});
const runOptions = optionTable({
  '--with --with-requirements --with-editable': { takes: 'value', traits: ['dependencies'] },
  '-m --module': 'mark',
  '-p --python --extra --group --only-group --no-group --package --env-file --index-url --directory': 'value',
  '--frozen --locked --no-sync --all-extras --isolated --no-project --no-dev --dev --offline -q -v --active -s --script':
    'flag',
});

/** Checkers and formatters that projects of Python commonly run without declaring them. */
const projectTools =
  /^(ruff|black|isort|mypy|pyright|basedpyright|ty|flake8|pylint|pytest|pre-commit|tox|nox|coverage|bandit|vulture|codespell|yamllint|mkdocs|sphinx-build|pip-audit|pyupgrade|autoflake|interrogate|pydocstyle|pycodestyle|djlint|sqlfluff|towncrier|bump-my-version|hatch|build|twine|cibuildwheel|maturin)(@[\w.]+)?$/;

const installed = tool({
  traits: ['runs-code'],
  hides: 'exec',
  raw: (call) => {
    const verb = call.words[0]?.text;
    const runs = call.words.find((word) => word.text !== 'run' && !word.text.startsWith('-'));
    const checker =
      runs?.known === true && projectTools.test(runs.text) && (call.name === 'uvx' || verb === 'run');
    registry(call, checker ? 'installs' : 'dependencies');
    if (call.name === 'pipx' && verb !== 'run') {
      call.trait('writes');
      return;
    }
    const words = call.words.slice(call.name === 'pipx' ? 1 : 0);
    const at = words.findIndex((word) => !word.text.startsWith('-'));
    const name = words[at];
    if (
      name?.known !== true ||
      words.slice(0, at).some((word) => /^--?(from|p|python|with|index)/.test(word.text)) ||
      !/^[\w.-]+(@[\w.]+)?$/.test(name.text)
    ) {
      call.opaque('exec', call.exec.argv.join(' '), 'it runs a package from the registry');
      return;
    }
    call.runner.runProgram([literal(name.text.replace(/@.*$/, ''), name.span), ...words.slice(at + 1)], call);
  },
});

export const pythonPackages = named({
  'pip pip3': tool({ hides: 'exec', raw: (call) => pip(call, call.words) }),
  'uv poetry pdm hatch pipenv rye': tool({ hides: 'exec', raw: projectManager }),
  'pipx uvx': installed,
  'virtualenv venv': tool({
    traits: ['writes', 'installs', 'network'],
    lenient: true,
    options: { '-p --python --prompt': 'maybe', '-p --python': 'value' },
    apply: (call, parsed) => {
      call.connectTo('registry:pypi');
      for (const directory of parsed.operands) call.write(directory, true);
    },
  }),
  twine: tool({
    hides: 'exec',
    raw: (call) => {
      if (call.words[0]?.text === 'check') call.trait('reads');
      else {
        registry(call, 'publishes', 'credentials');
        call.credential('pypi');
      }
    },
  }),
  'conda mamba micromamba': tool({
    hides: 'exec',
    raw: (call) => {
      const [verb] = call.words;
      if (verb !== undefined) call.subcommand(verb.text);
      const lists =
        /^(env|config)$/.test(verb?.text ?? '') && /^(list|--show\S*)$/.test(call.words[1]?.text ?? '');
      if (lists || /^(list|info|search|--version)$/.test(verb?.text ?? '')) {
        call.trait('reads');
        return;
      }
      call.trait('dependencies', 'network', 'writes', 'configures');
      if (verb?.text === 'run')
        call.opaque('exec', call.exec.argv.join(' '), 'it runs a program in another environment');
      call.connectTo('registry:conda');
    },
  }),
});
