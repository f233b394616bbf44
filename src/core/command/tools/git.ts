import type { Call } from '../call.ts';
import { mayBeOption, type Field } from '../field.ts';
import { optionTable, parseOptions, type ParsedOptions } from '../options.ts';
import { applyTool, named, tool } from '../tool.ts';
import { ownRepositories } from './git-own.ts';
import { applySetting } from './git-settings.ts';
import { subcommands } from './git-subcommands.ts';

const globalOptions = optionTable({
  '-C': 'keep',
  '-c': 'keep',
  '--config-env': 'hides-exec',
  '--exec-path': { takes: 'maybe', traits: [] },
  '--git-dir --work-tree': 'keep',
  '--namespace --super-prefix --attr-source --list-cmds': 'value',
  '-p --paginate': 'mark',
  '-P --no-pager --bare --no-replace-objects --no-lazy-fetch --no-optional-locks --no-advice --literal-pathspecs --glob-pathspecs --noglob-pathspecs --icase-pathspecs -v --version -h --help --html-path --man-path --info-path':
    'flag',
});

export const gitTools = named({
  'git hub': tool({
    raw: (call) => {
      const parsed = parseOptions(call.words, globalOptions, { stopAtOperand: true });
      applyGlobal(call, parsed);
      const [name, ...rest] = parsed.operands;
      if (name === undefined) return;
      if (!name.known) {
        call.opaque('exec', name.text, 'the subcommand of git cannot be told');
        return;
      }
      call.subcommand(name.text);
      const model = subcommands.get(name.text);
      if (model !== undefined) {
        applyTool(call, model, rest);
        if (destroys(call) && name.text !== 'push' && ownRepositories(call) !== null)
          call.withdraw('destroys');
        return;
      }
      // An alias of some configuration, or a program `git-name`.
      call.trait('runs-code', 'unknown');
      if (rest.some(mayBeOption))
        call.opaque('exec', call.exec.argv.join(' '), 'the subcommand is not known');
    },
  }),
  'tig gitk gitui lazygit': tool({ traits: ['reads', 'runs-code'] }),
  'git-lfs': tool({ raw: (call) => applyTool(call, subcommands.get('lfs') ?? tool({}), call.words) }),
});

function destroys(call: Call): boolean {
  return call.exec.traits.includes('destroys');
}

function applyGlobal(call: Call, parsed: ParsedOptions): void {
  for (const word of parsed.unclear) call.opaque('exec', word.text, 'the word may be an option of git');
  for (const { option, value } of parsed.seen) {
    if (option.hides !== undefined)
      call.opaque('exec', value?.text ?? option.name, 'the setting comes from elsewhere');
    if (value === null) continue;
    if (option.name === '-c') applySetting(call, value);
    else if (option.name === '-C') changeDirectory(call, value);
    else if (option.name === '--exec-path') call.opaque('exec', value.text, 'git runs its parts from there');
    else if (option.first === '--git-dir') {
      // The repository's settings and hooks are then others.
      call.trait('runs-code');
      call.read(value, true);
      call.write(value, true);
    }
  }
  if (parsed.strange.length > 0) call.trait('unknown');
}

function changeDirectory(call: Call, directory: Field): void {
  if (!directory.known || directory.pattern) call.directories = null;
  else if (directory.text.startsWith('/')) call.directories = [directory.text];
  else call.directories = call.directories?.map((from) => `${from}/${directory.text}`) ?? null;
  if (directory.known && (directory.text.startsWith('/') || directory.text.includes('..')))
    call.read(directory, true);
}
