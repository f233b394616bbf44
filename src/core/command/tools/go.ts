import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { literal } from '../field.ts';
import { hasOption, optionTable, parseOptions } from '../options.ts';
import { applyOptions, named, tool } from '../tool.ts';
import { builder } from './node-tools.ts';

const goOptions = optionTable({
  '-o -c.out -coverprofile -cpuprofile -memprofile -blockprofile -mutexprofile -trace -pkgdir': 'write',
  '-outputdir -coverpkgdir': 'write-tree',
  '-exec -toolexec': 'program',
  '-ldflags -gcflags -asmflags -gccgoflags -compiler -overlay -modfile -vettool -fixtool': 'hides-exec',
  '-C': { takes: 'value', effect: 'read-tree', traits: ['runs-code'] },
  '-run -bench -count -timeout -tags -mod -p -cpu -parallel -f -covermode -coverpkg -fuzz -fuzztime -benchtime -skip -shuffle -list -vet -buildvcs -buildmode -installsuffix':
    'value',
  '-v -x -n -a -race -msan -asan -cover -short -json -failfast -benchmem -u -d -t -m -trimpath -work -i -w -e -deps -test -find -versions -retracted -c -l -s -all -src -cmd -compat -diff -fix -go -print':
    'flag',
});

const taskTraits: Readonly<Record<string, readonly Trait[]>> = {
  build: ['builds', 'writes'],
  test: ['builds'],
  vet: ['builds'],
  list: ['reads'],
  doc: ['reads'],
  version: ['reads'],
  help: [],
  env: ['reads'],
  fmt: ['writes'],
  fix: ['writes'],
  generate: ['builds', 'runs-code', 'writes'],
  clean: ['writes'],
  tool: ['runs-code', 'builds'],
  telemetry: ['configures'],
};

function go(call: Call): void {
  const [verb, ...rest] = call.words;
  if (verb?.known !== true) {
    if (verb !== undefined) call.opaque('exec', verb.text, 'the subcommand of go cannot be told');
    return;
  }
  call.subcommand(verb.text);
  const parsed = parseOptions(rest, goOptions, { singleDash: true, stopAtOperand: verb.text === 'run' });
  applyOptions(call, parsed, { hides: 'exec', lenient: false });
  const { operands } = parsed;
  const registry = (...traits: readonly Trait[]): void => {
    call.trait(...traits, 'network');
    call.connectTo('registry:go');
  };
  switch (verb.text) {
    case 'get':
      registry('dependencies', 'builds', 'writes');
      return;
    case 'install':
      if (operands.some((one) => one.text.includes('@') || !one.known))
        registry('dependencies', 'builds', 'writes');
      else call.trait('builds', 'writes');
      return;
    case 'run': {
      const [target] = operands;
      call.trait('runs-code');
      if (target === undefined) return;
      if (target.text.includes('@')) registry('dependencies');
      else if (!target.known) call.opaque('exec', target.text, 'what it runs cannot be told');
      else call.read(target, true);
      return;
    }
    case 'mod':
    case 'work': {
      const sub = operands[0]?.text ?? '';
      if (/^(download|verify)$/.test(sub)) registry('installs');
      else if (/^(graph|why)$/.test(sub)) call.trait('reads');
      else if (/^(tidy|vendor|sync)$/.test(sub))
        registry('installs', 'writes'); // what the sources import already
      else if (/^(init|edit|use)$/.test(sub)) registry('dependencies', 'writes');
      else call.trait('unknown');
      return;
    }
    case 'env':
      call.trait('reads');
      if (hasOption(parsed, '-w') || rest.some((word) => word.text === '-w' || word.text === '-u'))
        call.trait('configures', 'writes');
      return;
    case 'fmt':
    case 'fix':
      call.trait('writes');
      call.write(literal('.', call.span), true);
      return;
    default: {
      const traits = taskTraits[verb.text];
      if (traits === undefined) call.trait('unknown', 'runs-code');
      else call.trait(...traits);
      for (const operand of operands) {
        if (!/^(\/|\.\.)/.test(operand.text)) continue;
        call.read(operand, true);
        if (call.isOutside(operand)) call.trait('runs-code');
      }
    }
  }
}

const goFormatter = tool({
  traits: ['reads'],
  hides: 'write',
  lenient: true,
  style: { singleDash: true },
  options: {
    '-w': { takes: 'nothing', traits: ['writes'] },
    '-r -local -lang -modpath': 'value',
    '-cpuprofile': 'write',
  },
  apply: (call, parsed) => {
    for (const operand of parsed.operands) {
      call.read(operand, true);
      if (hasOption(parsed, '-w')) call.write(operand, true);
    }
  },
});

export const goTools = named({
  go: tool({ hides: 'exec', raw: go }),
  'gofmt goimports gofumpt gci': goFormatter,
  'golangci-lint staticcheck revive gosec errcheck gotestsum govulncheck ginkgo mockgen stringer wire sqlc templ air mage goreleaser dlv gopls':
    builder(['writes']),
});
