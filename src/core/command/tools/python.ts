import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import {
  adds,
  code,
  flag,
  hasOption,
  maybe,
  optionTable,
  optionValues,
  parseOptions,
  reads,
  value,
} from '../options.ts';
import { applyOptions, named, tool, type ToolModel } from '../tool.ts';
import { builder } from './node.ts';

function registry(call: Call, ...traits: readonly Trait[]): void {
  call.trait(...traits, 'network');
  call.connectTo('registry:pypi');
}

const pythonOptions = optionTable({
  '-c': code,
  '-m': { takes: 'value', traits: [] },
  '-W -X --check-hash-based-pycs': value,
  '-B -b -d -E -i -I -O -P -q -s -S -u -v -x -OO -bb': flag,
  '-V --version -h --help -?': { takes: 'nothing', traits: [] },
});

/** Words up to `-m MODULE` or the script are Python's; the rest are the program's. */
const python = tool({
  hides: 'exec',
  raw: (call) => {
    const at = call.words.findIndex((word) => word.known && /^-[BbdEiIOPqsSuvx]*m/.test(word.text));
    const before = call.words.slice(0, at < 0 ? call.words.length : at);
    const scriptFirst = before.some(
      (word, index) => !word.text.startsWith('-') && !/^-[WX]$/.test(before[index - 1]?.text ?? ''),
    );
    const codeFirst = before.some((word) => /^-[BbdEiIOPqsSuvx]*c/.test(word.text));
    if (at >= 0 && !scriptFirst && !codeFirst) {
      const word = call.words[at];
      const attached = word?.text.replace(/^-[BbdEiIOPqsSuvx]*m/, '') ?? '';
      const module = attached === '' ? call.words[at + 1] : literal(attached, call.span);
      runModule(call, module, call.words.slice(attached === '' ? at + 2 : at + 1));
      return;
    }
    const parsed = parseOptions(call.words, pythonOptions, { stopAtOperand: true });
    applyOptions(call, parsed, { hides: 'exec', lenient: false });
    if (hasOption(parsed, '-c')) return;
    const [script] = parsed.operands;
    if (script === undefined && hasOption(parsed, '-V')) return;
    call.trait('runs-code');
    if (script === undefined || script.text === '-') {
      if (call.input.kind === 'file') call.script(call.input.file);
      else
        call.opaque(
          'exec',
          call.input.kind === 'text' ? call.input.text.text : call.name,
          'it is Python code, which is not read',
        );
    } else if (!script.known) call.opaque('exec', script.text, 'the script cannot be told');
    else call.script(script);
  },
});

const runsAsProgram =
  /^(pip|pytest|mypy|ruff|black|isort|flake8|pylint|coverage|tox|nox|poetry|build|twine|pre_commit|sphinx|uv|virtualenv|venv|pdm|hatch|pyflakes|bandit|jupyter|ipython)$/;

function runModule(call: Call, module: Field | undefined, words: readonly Field[]): void {
  if (module === undefined) return;
  if (!module.known) {
    call.opaque('exec', module.text, 'the module cannot be told');
    return;
  }
  const { text } = module;
  call.subcommand(text);
  if (runsAsProgram.test(text))
    call.runner.runProgram(
      [
        literal(text.replace('pre_commit', 'pre-commit').replace('sphinx', 'sphinx-build'), module.span),
        ...words,
      ],
      call,
    );
  else if (text === 'json.tool') {
    call.trait('reads');
    if (words[0] !== undefined) call.read(words[0]);
    if (words[1] !== undefined) {
      call.trait('writes');
      call.write(words[1]);
    }
  } else if (text === 'unittest' || text === 'doctest' || text === 'compileall' || text === 'py_compile')
    call.trait('builds');
  else if (text === 'http.server') call.trait('network', 'publishes');
  else call.trait('runs-code');
}

const pipOptions = optionTable({
  '-r --requirement -c --constraint': reads,
  '-e --editable': { takes: 'value', traits: ['runs-code'], effect: 'read-tree' },
  '-t --target --prefix --root --src -d --dest --cache-dir -w --wheel-dir --log --report': {
    takes: 'value',
    effect: 'write-tree',
    traits: ['writes'],
  },
  '-i --index-url --extra-index-url -f --find-links --proxy': {
    takes: 'value',
    effect: 'connect',
    traits: ['network'],
  },
  '--trusted-host --timeout --retries --progress-bar --platform --python-version --implementation --abi --no-binary --only-binary --upgrade-strategy --format --exists-action --root-user-action --use-feature --use-deprecated --config-settings --global-option':
    value,
  '--python --cert --client-cert --keyring-provider': { takes: 'value', hides: 'exec' },
  '-U --upgrade --user --system --break-system-packages -q --quiet -v --verbose -y --yes --no-deps --pre --no-cache-dir --disable-pip-version-check --no-input --force-reinstall --no-build-isolation --require-hashes -I --ignore-installed --isolated --dry-run --prefer-binary --no-index --outdated -o --compile --no-compile --exact --frozen --locked --all-extras --dev --no-dev --group':
    flag,
});

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
      // What a requirements file or the project itself declares is installed; names are added.
      const named = packages.filter((one) => !/^\.{1,2}(\[[\w,-]+\])?$|^\.{1,2}\//.test(one.text));
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
      else call.runner.runProgram(inner.operands, call);
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
    case 'add':
    case 'remove':
    case 'update':
    case 'lock':
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
  '--config-file --cache-dir -e --env': { takes: 'value', hides: 'exec' },
  '-q -v -n --quiet --verbose --no-interaction --offline --no-cache --no-progress --version --help': flag,
});
const runOptions = optionTable({
  '--with --with-requirements --with-editable': { takes: 'value', traits: ['dependencies'] },
  '-m --module': { takes: 'nothing', traits: [] },
  '-p --python --extra --group --only-group --no-group --package --env-file --index-url --directory': value,
  '--frozen --locked --no-sync --all-extras --isolated --no-project --no-dev --dev --offline -q -v --active -s --script':
    flag,
});

const installed = tool({
  traits: ['runs-code'],
  hides: 'exec',
  raw: (call) => {
    registry(call, 'dependencies');
    const verb = call.words[0]?.text;
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

const checker = (extra: readonly Trait[] = []): ToolModel =>
  builder(extra, 'read-tree', {
    '-p': { takes: 'value', effect: 'module' },
    '--rootdir --confcutdir --pyargs --basetemp': { takes: 'value', effect: 'read-tree' },
    '--fix --fix-only --unsafe-fixes --add-noqa -i --in-place -w': adds('writes'),
    '--junitxml --junit-xml --resultlog --html --cov-report --report-log': {
      takes: 'maybe',
      effect: 'write',
      traits: ['writes'],
    },
    '-k -m -n -o --tb --maxfail --cov --timeout --durations --select --ignore --line-length -l --python-version --output-format --override-ini':
      maybe,
    '-k -m -n -l': value,
    '--ignore --deselect --select': value,
  });

const rewriter = tool({
  traits: ['builds'],
  hides: 'write',
  lenient: true,
  options: {
    '--check --diff': { takes: 'nothing', traits: [] },
    '-l --line-length -t --target-version --profile': value,
    '--config --settings-path': reads,
  },
  apply: (call, parsed) => {
    for (const operand of parsed.operands) {
      call.read(operand, true);
      if (!hasOption(parsed, '--check')) {
        call.trait('writes');
        call.write(operand, true);
      }
    }
  },
});

const ruff: ToolModel = {
  ...checker(),
  apply: (call, parsed) => {
    const [verb, ...files] = parsed.operands;
    const formats = verb?.text === 'format' && !hasOption(parsed, '--check');
    const writesThem =
      (formats && !call.words.some((word) => /^--(check|diff)$/.test(word.text))) ||
      call.exec.traits.includes('writes');
    if (formats && writesThem) call.trait('writes');
    for (const file of files.length === 0 ? [literal('.', call.span)] : files) {
      call.read(file, true);
      if (writesThem) call.write(file, true);
    }
  },
};

export const pythonTools = named({
  'python pypy python3 pypy3': python,
  'pip pip3': tool({ hides: 'exec', raw: (call) => pip(call, call.words) }),
  'uv poetry pdm hatch pipenv rye': tool({ hides: 'exec', raw: projectManager }),
  'pipx uvx': installed,
  'pytest py.test mypy pyright basedpyright flake8 pylint pyflakes bandit pycodestyle pydocstyle vulture dmypy pytype interrogate':
    checker(),
  'tox nox pre-commit': builder(['writes', 'installs', 'network'], 'ignored', { '-p --hook-type -t': value }),
  ruff,
  'black isort yapf autopep8 autoflake pyupgrade': rewriter,
  coverage: tool({
    traits: ['builds', 'writes'],
    hides: 'exec',
    raw: (call) => {
      const [verb, ...rest] = call.words;
      if (verb !== undefined) call.subcommand(verb.text);
      if (verb?.text !== 'run') return;
      const at = rest.findIndex((word) => word.text === '-m' || !word.text.startsWith('-'));
      if (at >= 0) call.runner.runProgram([literal('python', call.span), ...rest.slice(at)], call);
    },
  }),
  'virtualenv venv': tool({
    traits: ['writes', 'installs', 'network'],
    lenient: true,
    options: { '-p --python --prompt': maybe, '-p --python': value },
    apply: (call, parsed) => {
      call.connectTo('registry:pypi');
      for (const directory of parsed.operands) call.write(directory, true);
    },
  }),
  'build sphinx-build mkdocs cython nuitka pyinstaller': builder(['writes']),
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
  'ipython jupyter bpython ptpython': tool({
    traits: ['runs-code'],
    hides: 'exec',
    raw: (call) => {
      call.trait('runs-code');
      call.opaque('exec', call.exec.argv.join(' '), 'it runs Python code, which is not read');
    },
  }),
  'conda mamba micromamba': tool({
    hides: 'exec',
    raw: (call) => {
      const [verb] = call.words;
      if (verb !== undefined) call.subcommand(verb.text);
      if (/^(list|info|search|--version)$/.test(verb?.text ?? '')) call.trait('reads');
      else call.trait('dependencies', 'network', 'writes', 'configures');
      if (verb?.text === 'run')
        call.opaque('exec', call.exec.argv.join(' '), 'it runs a program in another environment');
      call.connectTo('registry:conda');
    },
  }),
  'django-admin flask gunicorn uvicorn celery alembic fastapi streamlit': tool({
    traits: ['runs-code', 'builds', 'network'],
    hides: 'exec',
  }),
});
