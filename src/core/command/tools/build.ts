import type { Call } from '../call.ts';
import { literal } from '../field.ts';
import { adds, hasOption, optionValue } from '../options.ts';
import { named, tool, type ToolModel } from '../tool.ts';
import { applyVariableWords } from './variable-words.ts';
import { builder } from './node-tools.ts';

const make = tool({
  traits: ['builds'],
  hides: 'exec',
  options: {
    '-C --directory': { takes: 'value', effect: 'read-tree', traits: ['runs-code'] },
    '-f --file --makefile': { takes: 'value', effect: 'load' },
    '-I --include-dir': 'read-tree',
    '-E --eval': 'hides-exec',
    '-o --old-file --assume-old -W --what-if --new-file --assume-new': 'value',
    '-j --jobs -l --load-average --max-load -O --output-sync --debug --shuffle --jobserver-style': 'maybe',
    '-B -d -e -i -k -L -m -n -p -q -r -R -s -S -t -v -w -b --always-make --environment-overrides --ignore-errors --keep-going --just-print --dry-run --recon --question --no-builtin-rules --no-builtin-variables --silent --quiet --no-print-directory --print-directory --print-data-base --touch --trace --version --warn-undefined-variables --help --check-symlink-times --no-keep-going --stop':
      'flag',
  },
  apply: (call, parsed) => {
    // `VAR=value` overrides the makefile's own: `SHELL`, `CC` and their like name programs.
    applyVariableWords(call, parsed.operands);
  },
});

const compiler: ToolModel = tool({
  traits: ['builds'],
  hides: 'exec',
  lenient: true,
  style: { singleDash: true },
  options: {
    '-o': 'write',
    '-MF -MT -MQ -dumpdir -dumpbase': 'write',
    '-I -L -isystem -iquote -idirafter -imacros -include -x -std -D -U -l -arch -target -framework -u -z -T -A -G':
      'value',
    '-wrapper -specs -fplugin -B -Xclang -load -Xlinker -Xassembler -Xpreprocessor -fuse-ld -Wl -Wa -plugin -fpass-plugin -ccc-gcc-name --config':
      'hides-exec',
    '-c -S -E -v -w -g -O -O0 -O1 -O2 -O3 -Os -Og -pipe -shared -static -fPIC -pthread -pedantic -Wall -Wextra -Werror -M -MM -MD -MMD -MP -P -C -H -nostdlib -rdynamic -pie':
      'flag',
  },
  apply: (call, parsed) => {
    call.trait('writes');
    for (const operand of parsed.operands) call.readOrOptions(operand);
    for (const word of parsed.strange) {
      if (/^-(fplugin|specs|wrapper|B|fuse-ld|Xclang|load)/.test(word.text))
        call.opaque('exec', word.text, 'it loads code into the compiler');
      else if (/^-o./.test(word.text))
        call.write({ ...word, text: word.text.slice(2), prefix: word.prefix.slice(2) });
    }
    if (
      parsed.operands.length > 0 &&
      optionValue(parsed, '-o') === null &&
      !hasOption(parsed, '-c', '-E', '-S')
    )
      call.write(literal('a.out', call.span));
  },
});

function cmake(call: Call): void {
  const words = call.words;
  const first = words[0]?.text ?? '';
  if (first === '-E') {
    const verb = words[1]?.text;
    if (verb === 'env' || verb === 'time')
      call.runner.runProgram(
        words.slice(2).filter((word) => !/^(--unset=|\w+=)/.test(word.text)),
        call,
      );
    else if (verb === 'rm' || verb === 'remove' || verb === 'remove_directory') {
      call.trait('writes', 'destroys');
      for (const word of words.slice(2)) call.write(word, true);
    } else call.opaque('write', call.exec.argv.join(' '), 'what cmake -E changes is not followed');
    return;
  }
  call.trait('builds', 'writes');
  words.forEach((word, index) => {
    const next = words[index + 1];
    if (word.text === '-P' && next !== undefined) call.script(next);
    else if (/^-C$|^--toolchain$/.test(word.text) && next !== undefined) call.script(next);
    else if (
      /^-D/.test(word.text) &&
      /(COMPILER|LAUNCHER|PROGRAM|TOOLCHAIN|LINKER|COMMAND|MAKE|RULE)/.test(word.text)
    )
      call.opaque('exec', word.text, 'it names a program that the build runs');
    else if (/^(-S|-B|--build|--install|--open)$/.test(word.text) && next !== undefined) {
      call.read(next, true);
      if (word.text === '-B') call.write(next, true);
    } else if (!word.known && (word.many || word.prefix === ''))
      call.opaque('exec', word.text, 'the word may be an option');
    if (word.text === '--install') {
      const at = words.findIndex((one) => one.text === '--prefix');
      const prefix = at < 0 ? undefined : words[at + 1];
      if (prefix === undefined) call.trait('system');
      else call.write(prefix, true);
    }
  });
}

export const buildTools = named({
  'make gmake bmake mingw32-make remake': make,
  'ninja samu': tool({
    traits: ['builds', 'writes'],
    hides: 'exec',
    lenient: true,
    options: {
      '-C': { takes: 'value', effect: 'read-tree', traits: ['runs-code'] },
      '-f': 'load',
      '-j -k -l -d -w': 'value',
      '-t': { takes: 'value', traits: ['writes'] },
    },
  }),
  cmake: tool({ hides: 'exec', raw: cmake }),
  'ctest cpack meson doxygen bats bear conan vcpkg premake elm elm-test spago nimble shards gleam dart flutter pod fastlane swiftlint swiftformat bazel bazelisk buck2 pants scons waf xmake b2 tup just task rake earthly dune cabal stack ghc mix rebar3 zig swift swiftc xcodebuild ocamlfind':
    builder(['writes', 'runs-code'], 'ignored', {
      '-f --file --justfile -C --directory': { takes: 'value', effect: 'read', traits: ['runs-code'] },
    }),
  'gcc g++ cc c++ c89 c99 clang clang++ tcc icc cpp nvcc gfortran': compiler,
  'ld lld gold mold as nasm yasm': compiler,
  'nm objdump readelf size addr2line c++filt pkg-config pkgconf dwarfdump': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    apply: (call, parsed) => {
      for (const operand of parsed.operands) call.readOrOptions(operand);
    },
    options: { '-j -M --target': 'value', '--plugin': 'load' },
  }),
  ldd: tool({ traits: ['reads', 'runs-code'], lenient: true, operands: 'read' }),
  'strip ranlib objcopy install_name_tool patchelf chrpath': tool({
    traits: ['reads', 'writes'],
    lenient: true,
    hides: 'write',
    options: { '-o': 'write', '--plugin': 'load' },
    operands: 'write',
  }),
  'clang-format shfmt': tool({
    traits: ['reads'],
    hides: 'write',
    lenient: true,
    options: {
      '-i -w --inplace': { takes: 'nothing', traits: ['writes'] },
      '-style --style -ln -sr': 'maybe',
      '-ln --language-dialect': 'value',
    },
    apply: (call, parsed) => {
      for (const operand of parsed.operands) {
        call.read(operand, true);
        if (hasOption(parsed, '-i')) call.write(operand, true);
      }
    },
  }),
  'clang-tidy cppcheck cpplint include-what-you-use shellcheck hadolint actionlint typos codespell vale proselint taplo editorconfig-checker terraform-docs tflint':
    builder([], 'read-tree', {
      '--fix -w --write-changes': adds('writes'),
      '-load --load': 'hides-exec',
      '-e -s -f -S': 'maybe',
    }),
  'autoconf automake autoreconf aclocal libtool libtoolize configure m4 flex bison yacc lex gperf swig protoc buf thrift flatc gcov lcov gcovr ccache distcc':
    tool({
      traits: ['builds', 'writes'],
      hides: 'exec',
      lenient: true,
      options: { '-o --output': 'write', '--plugin': 'hides-exec', '-I -D': 'value' },
      apply: (call, parsed) => {
        if (/^(ccache|distcc)/.test(call.name) && parsed.operands.length > 0)
          call.runner.runProgram(call.words, call);
        else for (const operand of parsed.operands) call.read(operand);
        if (call.name === 'm4') call.opaque('exec', call.exec.argv.join(' '), 'm4 macros can run commands');
      },
    }),
  hyperfine: tool({
    traits: ['builds'],
    hides: 'exec',
    lenient: true,
    options: {
      '-p --prepare -s --setup -c --cleanup -C --conclude': 'shell',
      '-S --shell': 'hides-exec',
      '--export-json --export-csv --export-markdown --export-asciidoc': 'write',
      '-w --warmup -r --runs -m --min-runs -M --max-runs -n --command-name -P -L --style --sort -u': 'value',
    },
    apply: (call, parsed) => {
      for (const command of parsed.operands) call.runner.runText(command, call);
    },
  }),
  'dpkg-buildpackage debuild rpmbuild makepkg': tool({
    traits: ['builds', 'writes', 'runs-code'],
    hides: 'exec',
    options: { '-p': 'program' },
  }),
  'gitleaks trufflehog semgrep trivy grype syft snyk': tool({
    traits: ['reads', 'network', 'fetches'],
    hides: 'write',
    lenient: true,
    options: {
      '-o --output --report-path -r': 'write',
      '-c --config': 'read',
    },
  }),
});
