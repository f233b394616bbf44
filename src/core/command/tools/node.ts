/** What runs JavaScript. */
import type { Call } from '../call.ts';
import { literal, mayBeOption } from '../field.ts';
import { hasOption, optionTable, parseOptions } from '../options.ts';
import { applyOptions, named, tool, type ToolModel } from '../tool.ts';
import { registry } from './node-packages.ts';
/** Runs a script with words of its own after it, code from options, or code from standard input. */
export function interpreter(
  options: Parameters<typeof optionTable>[0],
  codeOptions: readonly string[],
): ToolModel {
  return tool({
    traits: ['runs-code'],
    hides: 'exec',
    style: { stopAtOperand: true },
    options,
    apply: (call, parsed) => {
      if (parsed.seen.some(({ option }) => codeOptions.includes(option.first))) return;
      const [script] = parsed.operands;
      if (
        parsed.seen.some(({ option }) => /^--?(version|help|V|v|h)$/.test(option.name)) &&
        script === undefined
      ) {
        call.exec.traits.splice(0, call.exec.traits.length);
        return;
      }
      if (script === undefined || script.text === '-') runInput(call);
      else if (!script.known) call.opaque('exec', script.text, 'the script cannot be told');
      else call.script(script);
    },
  });
}

function runInput(call: Call): void {
  if (call.input.kind === 'file') call.script(call.input.file);
  else
    call.opaque(
      'exec',
      call.input.kind === 'text' ? call.input.text.text : call.name,
      `it is ${call.name} code, which is not read`,
    );
}

const nodeOptions = {
  '-e --eval -p --print': 'code',
  '-r --require --import --loader --experimental-loader': 'load',
  '--env-file --env-file-if-exists': 'read',
  '-C --conditions --input-type --max-old-space-size --stack-trace-limit --title --test-name-pattern --test-reporter --test-reporter-destination --test-concurrency --inspect-port --unhandled-rejections --icu-data-dir --openssl-config --experimental-config-file --watch-path --test-timeout --test-shard':
    'maybe',
  '--test-reporter': 'hides-exec',
  '--test': { takes: 'nothing', traits: ['builds'] },
  '--run': { takes: 'value', traits: ['builds'] },
  '--inspect --inspect-brk --inspect-wait': { takes: 'maybe', traits: ['network'] },
  '--cpu-prof-dir --heap-prof-dir --diagnostic-dir --report-dir --report-directory --redirect-warnings --trace-event-file-pattern':
    'write',
  '-v --version': 'mark',
  '-h --help': 'mark',
  '-c --check -i --interactive --watch --no-warnings --enable-source-maps --experimental-strip-types --experimental-transform-types --experimental-vm-modules --expose-gc --trace-warnings --trace-deprecation --trace-uncaught --no-deprecation --preserve-symlinks --permission --test-only --cpu-prof --heap-prof --prof --abort-on-uncaught-exception --use-system-ca --experimental-test-coverage --test-update-snapshots --experimental-sqlite --no-experimental-strip-types':
    'flag',
} as const;

const node = interpreter(nodeOptions, ['-e', '--run']);

const nodeModel: ToolModel = {
  ...node,
  apply: (call, parsed) => {
    if (hasOption(parsed, '--test')) {
      for (const file of parsed.operands) call.read(file, true);
      return;
    }
    node.apply?.(call, parsed);
  },
};

const denoOptions = optionTable({
  '--cwd': { takes: 'value', effect: 'read-tree', traits: ['runs-code'] },
  '-c --config --import-map --preload --env-file': 'load',
  '-o --output': 'write',
});

export const nodeTools = named({
  'node nodejs': nodeModel,
  'tsx ts-node ts-node-esm babel-node esno jiti vite-node swc-node': interpreter(
    {
      ...nodeOptions,
      '-P --project --tsconfig': 'read',
      '-T --transpile-only -F --files': 'flag',
      '--watch': 'flag',
    },
    ['-e'],
  ),
  deno: tool({
    hides: 'exec',
    raw: (call) => {
      const [verb, ...rest] = call.words;
      if (verb?.known !== true) {
        if (verb !== undefined) call.opaque('exec', verb.text, 'the subcommand cannot be told');
        return;
      }
      call.subcommand(verb.text);
      switch (verb.text) {
        case 'run':
        case 'serve': {
          call.trait('runs-code');
          const script = rest.find((word) => !word.text.startsWith('-'));
          if (script === undefined || mayBeOption(script))
            call.opaque('exec', call.exec.argv.join(' '), 'the script cannot be told');
          else if (/^(https?|npm|jsr):/.test(script.text))
            call.opaque('exec', script.text, 'the code comes from elsewhere');
          else call.script(script);
          return;
        }
        case 'eval':
        case 'repl':
          call.code(rest[0]?.text ?? '', 'deno');
          return;
        case 'test':
        case 'bench':
        case 'task':
        case 'check':
        case 'lint':
        case 'compile':
        case 'bundle':
          call.trait('builds');
          applyOptions(call, parseOptions(rest, denoOptions), { hides: 'exec', lenient: true });
          return;
        case 'fmt':
          if (rest.some((word) => word.text === '--check')) {
            call.trait('reads');
            return;
          }
          call.trait('writes');
          call.write(literal('.', call.span), true);
          return;
        case 'add':
        case 'remove':
        case 'install':
        case 'update':
          registry(call, rest.length > 0 ? 'dependencies' : 'installs', 'writes');
          return;
        case 'publish':
        case 'deploy':
          registry(call, 'publishes');
          return;
        case '--version':
        case 'info':
        case 'doc':
        case 'types':
          call.trait('reads');
          return;
        default:
          call.trait('unknown', 'runs-code');
      }
    },
  }),
});
