/** What repositories declare among their own packages, so that `npx` runs their copy of it. */
const programs: ReadonlySet<string> = new Set(
  `tsc vitest jest mocha ava tap c8 nyc playwright cypress eslint oxlint biome prettier stylelint knip vite webpack webpack-cli rollup rolldown
esbuild parcel turbo nx lerna next nuxt nuxi astro remix svelte-check svelte-kit vue-tsc vue-cli-service tsx ts-node tsup tsdown tsc-watch tsc-alias
rimraf mkdirp husky lint-staged changeset storybook sb tailwindcss postcss sass less drizzle-kit prisma typedoc api-extractor size-limit
nodemon concurrently npm-run-all run-p run-s cross-env dotenv env-cmd wait-on serve http-server json-server live-server start-server-and-test
depcheck madge jscpd cspell commitlint markdownlint markdownlint-cli markdownlint-cli2 syncpack manypkg dependency-cruiser depcruise
type-coverage ls-lint xo standard tslint htmlhint dprint swc babel gulp grunt ng ember nest expo react-native react-scripts gatsby docusaurus vitepress vuepress
eleventy rspack rsbuild metro cap ionic karma jasmine wdio testcafe cucumber-js stryker backstop pa11y lhci lighthouse web-test-runner wtr uvu
graphql-codegen openapi-typescript openapi-generator-cli orval quicktype license-checker publint attw source-map-explorer bundlesize
typeorm sequelize knex mikro-orm node-gyp patch-package simple-git-hooks lefthook sort-package-json npm-check-updates ncu hardhat commitizen cz
jsdoc documentation redocly spectral mermaid mmdc autocannon zx vite-node vsce web-ext electron-builder electron-forge electron pkg ncc`.split(
    /\s+/,
  ),
);

/** Packages whose program has another name. */
const programOfPackage: Readonly<Record<string, string>> = {
  '@angular/cli': 'ng',
  '@arethetypeswrong/cli': 'attw',
  '@babel/cli': 'babel',
  '@biomejs/biome': 'biome',
  '@changesets/cli': 'changeset',
  '@commitlint/cli': 'commitlint',
  '@cucumber/cucumber': 'cucumber-js',
  '@graphql-codegen/cli': 'graphql-codegen',
  '@lhci/cli': 'lhci',
  '@mermaid-js/mermaid-cli': 'mmdc',
  '@microsoft/api-extractor': 'api-extractor',
  '@nestjs/cli': 'nest',
  '@openapitools/openapi-generator-cli': 'openapi-generator-cli',
  '@playwright/test': 'playwright',
  '@redocly/cli': 'redocly',
  '@sveltejs/kit': 'svelte-kit',
  '@stoplight/spectral-cli': 'spectral',
  '@stryker-mutator/core': 'stryker',
  '@swc/cli': 'swc',
  '@tailwindcss/cli': 'tailwindcss',
  '@vercel/ncc': 'ncc',
  '@vscode/vsce': 'vsce',
  '@vue/cli-service': 'vue-cli-service',
  '@web/test-runner': 'web-test-runner',
  typescript: 'tsc',
};

function withoutVersion(name: string): string {
  return name.replace(/(?!^)@[\w.^~*-]+$/, '');
}

/** `@scope/name@version` runs `name`, unless its program has another. */
export function programOf(name: string): string {
  const bare = withoutVersion(name);
  return Object.hasOwn(programOfPackage, bare)
    ? (programOfPackage[bare] ?? bare)
    : bare.replace(/^@[^/]*\//, '');
}

export function isProjectPackage(name: string): boolean {
  const bare = withoutVersion(name);
  return programs.has(bare) || Object.hasOwn(programOfPackage, bare);
}
