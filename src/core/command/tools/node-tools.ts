/** Checkers, test runners and bundlers of Node's repositories. */
import type { Trait } from '../../model/operation.ts';
import { adds, hasOption, optionTable } from '../options.ts';
import { named, tool, type ToolModel } from '../tool.ts';
import { destroysTree } from './removal.ts';

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
      '-c --config --project -p --tsconfig': 'module',
      '-o --output --out --outfile --outFile --output-file --outputFile --out-file': 'write',
      '--outDir --outdir --out-dir --output-dir --outputDir --output-path --reporter-output --coverage-directory --coverageDirectory --declarationDir --cache-location':
        'write-tree',
      '-r --require --import --loader --plugin --setupFiles --setupFilesAfterEnv --globalSetup --rulesdir --resolve-plugins-relative-to --parser --format --formatter --reporter --preset --transform':
        'module',
      '-t --testNamePattern --grep -g --ext --max-warnings --target --module --level --maxWorkers -w --pool --shard --parser-options --rule --global --env --log-level --jsx --lib --types':
        'maybe',
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
    '-c --check -l --list-different': 'flag',
    '--config --ignore-path --stdin-filepath --config-path': 'read',
    '--plugin --parser': 'load',
    '--print-width --tab-width --log-level --cache-location --end-of-line': 'value',
  },
  apply: (call, parsed) => {
    for (const operand of parsed.operands) {
      call.read(operand, true);
      if (hasOption(parsed, '-w')) call.write(operand, true);
    }
  },
});

export const nodeProjectTools = named({
  'tsc vue-tsc svelte-check tsup tsdown api-extractor typedoc attw publint': tool({
    traits: ['builds'],
    hides: 'exec',
    lenient: true,
    apply: (call, parsed) => {
      if (!hasOption(parsed, '--noEmit')) call.trait('writes');
      for (const operand of parsed.operands) call.read(operand);
    },
    options: {
      '--noEmit --listFiles --showConfig -v --version -h --help': 'mark',
      '-p --project': 'module',
      '--outFile --tsBuildInfoFile --declarationFile': 'write',
      '--outDir --declarationDir --out -d --generateTrace --generateCpuProfile': 'write-tree',
      '-t --target -m --module --jsx --lib --types --moduleResolution --rootDir --strict --pretty': 'value',
    },
  }),
  'prettier biome dprint': formatter,
  'eslint oxlint stylelint tslint xo standard htmlhint markdownlint markdownlint-cli2 knip depcheck madge jscpd cspell commitlint ls-lint syncpack manypkg dependency-cruiser depcruise type-coverage':
    builder([], 'read-tree', writesSources),
  'vitest jest mocha ava tap jasmine karma wait-on start-server-and-test cucumber-js stryker wdio pa11y lhci autocannon cypress playwright c8 nyc uvu web-test-runner wtr node-tap testcafe storybook lighthouse size-limit':
    builder([], 'read-tree', { ...writesSources, '--reporter': 'value' }),
  'esbuild vite webpack rollup rolldown parcel swc babel turbo nx lerna next nuxt astro gulp grunt ember ng vue-cli-service react-scripts remix expo metro tailwindcss postcss sass less lessc node-gyp changeset rspack rsbuild webpack-cli nuxi vitepress vuepress docusaurus gatsby nest storybook sb electron-builder ncc vsce orval openapi-typescript quicktype patch-package wireit lage moon':
    builder(['writes'], 'read-tree', { ...writesSources, '--watch -w --minify -m': 'flag' }),
  'prisma drizzle-kit typeorm sequelize knex graphql-codegen openapi-generator-cli': builder([
    'writes',
    'network',
  ]),
  'husky simple-git-hooks lefthook': builder(['configures', 'writes']),
  'lint-staged': builder(['writes'], 'ignored'),
  'rimraf del-cli': tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    apply: (call, parsed) => {
      for (const operand of parsed.operands) {
        call.write({ ...operand, pattern: operand.pattern || /[*?[]/.test(operand.text) }, true);
        if (destroysTree(call, { ...operand, pattern: operand.pattern || /[*?[]/.test(operand.text) }))
          call.trait('destroys');
      }
    },
  }),
  'wrangler vercel netlify firebase surge gh-pages semantic-release np release-it': tool({
    traits: ['builds', 'network', 'publishes', 'credentials'],
    hides: 'exec',
  }),
});
