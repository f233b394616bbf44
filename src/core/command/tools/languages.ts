/** Interpreters and tool chains of languages that have no file of their own. */
import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { named, tool } from '../tool.ts';
import { interpreter } from './node.ts';
import { builder } from './node-tools.ts';

function packages(registry: string, install: RegExp, change: RegExp, publish: RegExp, run: RegExp) {
  return tool({
    hides: 'exec',
    raw: (call: Call) => {
      const words = call.words.filter((word) => !word.known || !word.text.startsWith('-'));
      const [verb, ...rest] = words;
      if (verb === undefined) {
        if (call.name === 'bundle' || call.name === 'bundler') bring('installs', 'builds', 'writes');
        return;
      }
      call.subcommand(verb.text);
      function bring(...traits: readonly Trait[]): void {
        call.trait(...traits, 'network');
        call.connectTo(`registry:${registry}`);
      }
      if (!verb.known) call.opaque('exec', verb.text, 'the subcommand cannot be told');
      else if (run.test(verb.text)) {
        call.trait('builds', 'runs-code');
        const at = call.words.indexOf(verb);
        if (verb.text === 'exec' && rest.length > 0) call.runner.runProgram(call.words.slice(at + 1), call);
      } else if (publish.test(verb.text)) bring('publishes', 'credentials');
      else if (install.test(verb.text) && (rest.length === 0 || call.name === 'bundle'))
        bring('installs', 'builds', 'writes');
      else if (change.test(verb.text) || install.test(verb.text)) bring('dependencies', 'builds', 'writes');
      else if (
        /^(list|show|info|outdated|check|search|licenses|why|depends|help|version|env|which|status|validate|contents|audit)$/.test(
          verb.text,
        )
      )
        call.trait('reads');
      else if (/^config$/.test(verb.text)) call.trait('configures', 'writes');
      else call.trait('unknown', 'runs-code');
    },
  });
}

export const languages = named({
  'perl perl5': interpreter(
    {
      '-e -E': 'code',
      '-M -m -I -x': { takes: 'maybe', traits: ['runs-code'] },
      '-i': { takes: 'maybe', hides: 'write' },
      '-0 -F -l -C -D': { takes: 'maybe' },
      '-a -c -n -p -s -S -t -T -u -U -w -W -X -f': 'flag',
      '-v -V -h --version --help': 'mark',
    },
    ['-e'],
  ),
  'ruby jruby truffleruby': interpreter(
    {
      '-e': 'code',
      '-r': 'load',
      '-I -C -x -E -K -F -W': { takes: 'value', traits: ['runs-code'] },
      '-i -0 -T': { takes: 'maybe' },
      '-a -c -d -l -n -p -s -S -U -w -y': 'flag',
      '-v --version -h --help': 'mark',
    },
    ['-e'],
  ),
  'php php-cli': interpreter(
    {
      '-r -B -R -E': 'code',
      '-f -F': 'load',
      '-d -c -z -t -S': 'hides-exec',
      '-l -n -a -q -w -s -i -m -H': 'flag',
      '-v --version -h --help': 'mark',
    },
    ['-r', '-f'],
  ),
  'lua luajit texlua': interpreter({ '-e': 'code', '-l': 'load', '-i -E -W': 'flag', '-v': 'mark' }, ['-e']),
  'Rscript R julia ghci runghc runhaskell guile racket scheme sbcl clisp ecl elixir iex erl escript ocaml swipl tclsh wish expect octave gnuplot groovy jshell irb pry nu crystal nim dart qjs d8 osascript scala-cli bc dc':
    interpreter(
      {
        '-e --eval -c --expression --execute --command': 'code',
        '-l -r -f --file --load': 'load',
        '-q -s --vanilla --slave --no-save --version --help': 'flag',
      },
      ['-e', '-l'],
    ),
  gem: packages('rubygems', /^$/, /^(install|uninstall|update|i)$/, /^(push|yank|owner|signin)$/, /^(exec)$/),
  'bundle bundler': packages(
    'rubygems',
    /^(install|package|cache)$/,
    /^(add|remove|update|lock|init)$/,
    /^$/,
    /^(exec|e)$/,
  ),
  composer: packages(
    'packagist',
    /^(install|i|dump-autoload)$/,
    /^(require|remove|update|upgrade|global|create-project|reinstall)$/,
    /^$/,
    /^(exec|run|run-script|test)$/,
  ),
  dotnet: tool({
    hides: 'exec',
    raw: (call) => {
      const [verb, next] = call.words;
      call.subcommand(verb?.text ?? '');
      if (/^(build|test|publish|msbuild|vstest|clean|format|pack)$/.test(verb?.text ?? ''))
        call.trait('builds', 'writes');
      else if (verb?.text === 'run' || verb?.text === 'watch' || verb?.text === 'exec')
        call.trait('builds', 'runs-code');
      else if (verb?.text === 'restore' || (verb?.text === 'tool' && next?.text === 'restore')) {
        call.trait('installs', 'network', 'writes');
        call.connectTo('registry:nuget');
      } else if (/^(add|remove|tool|workload|new)$/.test(verb?.text ?? '')) {
        call.trait('dependencies', 'network', 'writes');
        call.connectTo('registry:nuget');
      } else if (verb?.text === 'nuget') {
        call.trait('publishes', 'network', 'credentials');
        call.connectTo('registry:nuget');
      } else if (/^(--version|--info|--list-sdks|list|sln)$/.test(verb?.text ?? '')) call.trait('reads');
      else call.trait('unknown', 'runs-code');
    },
  }),
  'opam nix nix-build nix-shell nix-env nix-store guix port': tool({
    traits: ['dependencies', 'network', 'runs-code', 'writes'],
    hides: 'exec',
    options: {
      '-c --run --command': 'shell',
      '-p --packages -A -E --expr': 'value',
    },
    lenient: true,
  }),
  brew: tool({
    hides: 'exec',
    raw: (call) => {
      const verb = call.words[0]?.text ?? '';
      call.subcommand(verb);
      if (
        /^(list|ls|info|search|outdated|deps|uses|config|doctor|desc|--prefix|--cellar|--cache)$/.test(verb)
      )
        call.trait('reads');
      else call.trait('dependencies', 'network', 'runs-code', 'writes');
    },
  }),
  'rspec rubocop rails standardrb sorbet srb phpunit phpstan psalm php-cs-fixer phpcs pest artisan pint erb minitest msbuild nuget csc fsc credo dialyzer':
    builder(['writes']),
});
