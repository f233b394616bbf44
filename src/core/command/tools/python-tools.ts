/** Checkers, test runners and formatters of Python's repositories. */
import type { Trait } from '../../model/operation.ts';
import { literal } from '../field.ts';
import { adds, hasOption } from '../options.ts';
import { named, tool, type ToolModel } from '../tool.ts';
import { builder } from './node-tools.ts';
const checker = (extra: readonly Trait[] = []): ToolModel =>
  builder(extra, 'read-tree', {
    '-p': 'module',
    '--rootdir --confcutdir --pyargs --basetemp': 'read-tree',
    '--fix --fix-only --unsafe-fixes --add-noqa -i --in-place -w': adds('writes'),
    '--junitxml --junit-xml --resultlog --html --cov-report --report-log': {
      takes: 'maybe',
      effect: 'write',
      traits: ['writes'],
    },
    '-k -m -n -o --tb --maxfail --cov --timeout --durations --select --ignore --line-length -l --python-version --output-format --override-ini':
      'maybe',
    '-k -m -n -l': 'value',
    '--ignore --deselect --select': 'value',
  });

const rewriter = tool({
  traits: ['builds'],
  hides: 'write',
  lenient: true,
  options: {
    '--check --diff': 'mark',
    '-l --line-length -t --target-version --profile': 'value',
    '--config --settings-path': 'read',
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

export const pythonProjectTools = named({
  'pytest py.test mypy pyright basedpyright flake8 pylint pyflakes bandit pycodestyle pydocstyle vulture dmypy pytype interrogate':
    checker(),
  'tox nox pre-commit': builder(['writes', 'installs', 'network'], 'ignored', {
    '-p --hook-type -t': 'value',
  }),
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
  'build sphinx-build mkdocs cython nuitka pyinstaller': builder(['writes']),
  'django-admin flask gunicorn uvicorn celery alembic fastapi streamlit': tool({
    traits: ['runs-code', 'builds', 'network'],
    hides: 'exec',
  }),
});
