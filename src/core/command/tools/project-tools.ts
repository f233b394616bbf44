/** Compilers, generators and task runners that read the project's files and settings and write what they make of them. */
import { builder } from './node-tools.ts';
import { named } from '../tool.ts';

export const projectTools = named({
  // JavaScript and its neighbours
  'tape rush sails hexo tauri openapi-generator swagger-codegen ts-node-dev gitlint git-cliff standard-version conventional-changelog':
    builder(['writes']),
  // Python: data and workflows
  'copier invoke inv fab papermill dbt kedro snakemake nextflow luigi dagster prefect safety deptry pipdeptree pyclean pyproject-build':
    builder(['writes', 'runs-code']),
  // Go, Rust, WebAssembly
  'golines ko dx wasm-bindgen wasm-opt wasmtime wasmer wat2wasm wasm2wat cargo-watch bacon diesel sqlx sea-orm-cli emcc em++ emcmake emmake':
    builder(['writes', 'runs-code']),
  // hardware
  'platformio pio idf.py west verilator iverilog vvp yosys ghdl avr-gcc arm-none-eabi-gcc': builder([
    'writes',
    'runs-code',
  ]),
  // other languages
  'spring rackup solargraph symfony drush laravel mono mcs fsharpi paket xcpretty carthage fvm melos hlint ormolu fourmolu stylish-haskell purs v dub dmd ldc2 fpm coqc lean lake agda idris2 matlab sage maxima busted tclsh':
    builder(['writes', 'runs-code']),
  // translations, schemas, searches in code
  'msgfmt xgettext msgmerge msginit msgcat msgattrib msgconv msguniq capnp comby codeql cscope': builder([
    'writes',
  ]),
});
