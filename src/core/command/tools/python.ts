/** What runs Python. */
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { hasOption, optionTable, parseOptions } from '../options.ts';
import { applyOptions, named, tool } from '../tool.ts';
const pythonOptions = optionTable({
  '-c': 'code',
  '-m': 'keep',
  '-W -X --check-hash-based-pycs': 'value',
  '-B -b -d -E -i -I -O -P -q -s -S -u -v -x -OO -bb': 'flag',
  '-V --version -h --help -?': 'mark',
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
  /^(pip|pytest|mypy|ruff|black|isort|flake8|pylint|coverage|tox|nox|poetry|twine|pre_commit|sphinx|uv|virtualenv|pdm|hatch|pyflakes|bandit|jupyter|ipython)$/;

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
  } else if (text === 'build') {
    call.trait('builds', 'writes', 'installs', 'network');
    call.connectTo('registry:pypi');
  } else if (text === 'venv') {
    call.trait('writes');
    for (const directory of words) if (!directory.text.startsWith('-')) call.write(directory, true);
  } else if (text === 'unittest' || text === 'doctest' || text === 'compileall' || text === 'py_compile')
    call.trait('builds');
  else if (text === 'http.server') {
    call.trait('network', 'reads');
    const at = words.findIndex((word) => /^(-d|--directory)$/.test(word.text));
    call.read(
      words[at + 1] !== undefined && at >= 0 ? (words[at + 1] ?? module) : literal('.', module.span),
      true,
    );
    call.opaque('connect', call.exec.argv.join(' '), 'whoever connects is served');
  } else call.trait('runs-code');
}

export const pythonTools = named({
  'python pypy python3 pypy3': python,
  'ipython jupyter bpython ptpython': tool({
    traits: ['runs-code'],
    hides: 'exec',
    raw: (call) => {
      call.trait('runs-code');
      call.opaque('exec', call.exec.argv.join(' '), 'it runs Python code, which is not read');
    },
  }),
});
