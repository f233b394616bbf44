import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { hasOption, optionValue, type ParsedOptions } from '../options.ts';
import { isWithin } from '../paths.ts';
import { git } from './git-model.ts';

const configuration = (call: Call): Field => {
  const root = gitRoot(call);
  return literal(`${root}/.git/config`, call.span);
};

/** The working tree that git finds from where it runs, as far as the text tells. */
export function gitRoot(call: Call): string {
  const { repository } = call.place;
  const [directory] = call.directories ?? [];
  return directory === undefined || isWithin(directory, repository) ? repository : directory;
}

export function writesConfiguration(call: Call): void {
  call.trait('configures', 'writes');
  call.write(configuration(call));
}

/** All settings, or those with which git identifies itself. */
function showsMany(parsed: ParsedOptions, verb: string): boolean {
  return (
    hasOption(parsed, '-l', '--list', '--get-regexp', '--get-urlmatch') ||
    verb === 'list' ||
    parsed.operands.some(
      (word) => !word.known || /extraheader|credential|password|token|proxy/i.test(word.text),
    )
  );
}

export const config = git({
  options: {
    '--get --get-all --get-regexp --get-urlmatch -l --list --get-color --get-colorbool --name-only --show-origin --show-scope':
      'mark',
    '-e --edit --unset --unset-all --add --replace-all --rename-section --remove-section': 'mark',
    '--global': 'mark',
    '--system': 'mark',
    '--worktree --local': 'mark',
    '-f --file': 'keep',
    '--blob --type --default --comment --value --fixed-value --url -t': 'value',
  },
  apply: (call, parsed) => {
    const words = parsed.operands;
    const verb = words[0]?.known === true ? words[0].text : '';
    const file = optionValue(parsed, '-f');
    const looksOnly =
      hasOption(
        parsed,
        '--get',
        '--get-all',
        '--get-regexp',
        '--get-urlmatch',
        '-l',
        '--list',
        '--get-color',
        '--get-colorbool',
      ) ||
      /^(get|list|get-color|get-colorbool)$/.test(verb) ||
      (words.length === 1 &&
        words[0]?.many === false &&
        !/^(edit|set|unset|rename-section|remove-section)$/.test(verb) &&
        !hasOption(
          parsed,
          '-e',
          '--unset',
          '--unset-all',
          '--add',
          '--replace-all',
          '--remove-section',
          '--rename-section',
        ));
    if (looksOnly) {
      call.trait('reads');
      if (showsMany(parsed, verb))
        call.opaque('read', call.exec.argv.join(' '), "git's settings may hold passwords and tokens");
      if (file !== null) call.read(file);
      return;
    }
    call.trait('configures', 'writes');
    if (hasOption(parsed, '-e') || verb === 'edit') call.trait('runs-code');
    if (hasOption(parsed, '--system')) {
      call.trait('system');
      call.write(literal('/etc/gitconfig', call.span));
    } else if (hasOption(parsed, '--global')) call.write(literal(`${call.place.home}/.gitconfig`, call.span));
    else call.write(file ?? configuration(call));
  },
});
