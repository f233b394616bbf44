import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { literal } from '../field.ts';
import { hasOption, optionTable, optionValue, parseOptions } from '../options.ts';
import { applyOptions, named, tool } from '../tool.ts';

const cargoOptions = optionTable({
  '--manifest-path': { takes: 'value', effect: 'read', traits: ['runs-code'] },
  '--config': 'hides-exec',
  '-Z': 'hides-exec',
  '-C': { takes: 'value', effect: 'read-tree', traits: ['runs-code'] },
  '--target-dir --out-dir --artifact-dir --root': 'write-tree',
  '--registry --index': { takes: 'value', hides: 'connect' },
  '--git': { takes: 'value', effect: 'connect', traits: ['network'] },
  '--path': 'read-tree',
  '--token': { takes: 'value', traits: ['credentials'] },
  '-p --package --features -F --bin --example --test --bench --target --profile -j --jobs --exclude --message-format --color --branch --tag --rev --version --vers --edition --name --explain --rename --allow --precise --aggressive --depth --format --invert -i --prune -e --edges --prefix --no-default-features-of --vcs --filter-platform --format-version':
    'value',
  '-r --release -q --quiet -v --verbose -vv -V --locked --offline --frozen --workspace --all --all-targets --all-features --no-default-features --lib --bins --examples --tests --benches --doc --no-run --no-fail-fast --keep-going --ignore-rust-version --future-incompat-report --fix --allow-dirty --allow-staged --check --no-deps --document-private-items --open --dev --build --optional --dry-run --force -f --debug --list --no-track --no-verify --timings --unit-graph --duplicates -d --bin-only -h --help -n':
    'flag',
});

const traitsOf: Readonly<Record<string, readonly Trait[]>> = {
  build: ['builds', 'writes'],
  b: ['builds', 'writes'],
  check: ['builds', 'writes'],
  c: ['builds', 'writes'],
  test: ['builds', 'writes'],
  t: ['builds', 'writes'],
  bench: ['builds', 'writes'],
  run: ['builds', 'writes', 'runs-code'],
  r: ['builds', 'writes', 'runs-code'],
  doc: ['builds', 'writes'],
  d: ['builds', 'writes'],
  rustc: ['builds', 'writes'],
  rustdoc: ['builds', 'writes'],
  clippy: ['builds', 'writes'],
  nextest: ['builds', 'writes'],
  llvm: ['builds', 'writes'],
  miri: ['builds', 'writes', 'runs-code'],
  fix: ['builds', 'writes'],
  package: ['builds', 'writes'],
  fmt: ['writes'],
  clean: ['writes'],
  new: ['writes'],
  init: ['writes'],
  tree: ['reads'],
  metadata: ['reads'],
  pkgid: ['reads'],
  'locate-project': ['reads'],
  'read-manifest': ['reads'],
  'verify-project': ['reads'],
  version: ['reads'],
  help: [],
  audit: ['reads', 'network', 'fetches'],
  deny: ['reads', 'network', 'fetches'],
  outdated: ['reads', 'network', 'fetches'],
  machete: ['reads'],
  expand: ['builds'],
};

function cargo(call: Call): void {
  const words = call.words.filter((word, index) => !(index === 0 && /^\+/.test(word.text)));
  if (words.length < call.words.length) call.trait('runs-code');
  const ends = words.findIndex((word) => word.known && word.text === '--');
  const own = ends < 0 ? words : words.slice(0, ends);
  const parsed = parseOptions(own, cargoOptions);
  const leading = parseOptions(own, cargoOptions, { stopAtOperand: true });
  const [verb, ...operands] = parsed.operands;
  // After `run` everything is the program's own.
  applyOptions(
    call,
    /^(run|r)$/.test(leading.operands[0]?.text ?? '') ? parseOptions(own, cargoOptions, {}) : parsed,
    { hides: 'exec', lenient: false },
  );
  if (verb === undefined) return;
  if (!verb.known) {
    call.opaque('exec', verb.text, 'the subcommand of cargo cannot be told');
    return;
  }
  call.subcommand(verb.text);
  const registry = (...traits: readonly Trait[]): void => {
    call.trait(...traits, 'network');
    call.connectTo('registry:crates');
  };
  switch (verb.text) {
    case 'add':
    case 'remove':
    case 'rm':
    case 'update':
    case 'upgrade':
    case 'generate-lockfile':
      if (call.words.some((word) => word.text === '--dry-run')) registry('reads', 'fetches');
      else registry('dependencies', 'writes');
      return;
    case 'fetch':
    case 'vendor':
      registry('installs', ...(verb.text === 'vendor' ? (['writes'] as const) : []));
      return;
    case 'install':
    case 'binstall':
      if (call.words.some((word) => word.text === '--list')) call.trait('reads');
      else registry('dependencies', 'builds', 'writes');
      return;
    case 'uninstall':
      call.trait('writes');
      return;
    case 'search':
    case 'info':
      registry('reads', 'fetches');
      return;
    case 'publish':
    case 'yank':
    case 'owner':
      registry('publishes', 'builds', 'credentials');
      call.credential('crates');
      return;
    case 'login':
    case 'logout':
      registry('credentials');
      call.credential('crates');
      return;
    case 'fmt':
      if (hasOption(parsed, '--check') || call.words.some((word) => word.text === '--check'))
        call.trait('reads', 'builds');
      else {
        call.trait('writes', 'builds');
        call.write(literal('.', call.span), true);
      }
      return;
    case 'new':
    case 'init':
      call.trait('writes');
      for (const path of operands) call.write(path, true);
      return;
    default: {
      const traits = Object.hasOwn(traitsOf, verb.text) ? traitsOf[verb.text] : undefined;
      if (traits === undefined) call.trait('unknown', 'runs-code', 'builds');
      else call.trait(...traits);
    }
  }
}

export const rustTools = named({
  cargo: tool({ hides: 'exec', raw: cargo }),
  'cargo-clippy cargo-fmt cargo-nextest wasm-pack trunk maturin sccache cross': tool({
    traits: ['builds', 'writes'],
    hides: 'exec',
  }),
  'rustc rustdoc clippy-driver': tool({
    traits: ['builds', 'writes', 'runs-code'],
    hides: 'exec',
    lenient: true,
    options: {
      '-o': 'write',
      '--out-dir': 'write-tree',
      '-C --codegen': 'hides-exec',
      '-L --extern --crate-name --crate-type --edition --target --cap-lints --cfg --emit --print -A -W -D -F -l':
        'value',
    },
    operands: 'read',
  }),
  rustfmt: tool({
    traits: ['reads'],
    hides: 'write',
    lenient: true,
    options: {
      '--check': 'mark',
      '--config --edition --color --emit': 'value',
      '--config-path': 'read',
    },
    apply: (call, parsed) => {
      for (const operand of parsed.operands) {
        call.read(operand);
        if (hasOption(parsed, '--check') || optionValue(parsed, '--emit')?.text === 'stdout') continue;
        call.trait('writes');
        call.write(operand);
      }
    },
  }),
  rustup: tool({
    hides: 'exec',
    raw: (call) => {
      const [verb, ...rest] = call.words;
      if (verb !== undefined) call.subcommand(verb.text);
      const lists =
        /^(component|target|toolchain|override)$/.test(verb?.text ?? '') && rest[0]?.text === 'list';
      if (lists || /^(show|--version|which|doc|check|help|completions)$/.test(verb?.text ?? ''))
        call.trait('reads');
      else if (verb?.text === 'run' && rest.length > 1) {
        call.trait('runs-code');
        call.runner.runProgram(rest.slice(1), call);
      } else {
        call.trait('dependencies', 'network', 'configures', 'writes');
        call.connect({ host: 'static.rust-lang.org', port: 443 });
      }
    },
  }),
  'rust-analyzer bindgen cbindgen': tool({ traits: ['builds', 'runs-code'], hides: 'exec' }),
});
