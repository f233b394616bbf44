import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { adds, hasOption } from '../options.ts';
import { git, readsSecrets } from './git-model.ts';

export function discards(call: Call, paths: readonly Field[]): void {
  for (const path of paths) call.write(path, true);
}

/** A single word may be a branch or a file; what looks like a file counts as one. */
const looksLikeFile = (field: Field): boolean =>
  field.pattern || /^[.:/*]|\/$|\.[A-Za-z]{1,5}$|[*?[]/.test(field.text) || field.many;

/** One file by its name, with an ending: giving up its changes is an edit like others, a whole tree's are not. */
const isSingleFile = (field: Field): boolean =>
  field.known && !field.pattern && !field.many && /^[^:*?[\]]*[^/.:*?[\]]\.[A-Za-z]{1,5}$/.test(field.text);

export const checkout = git({
  traits: ['writes'],
  options: {
    '-f --force': adds('destroys'),
    '-b -B --orphan --conflict --recurse-submodules': 'keep',
    '-p --patch': adds('destroys'),
    '--ours --theirs': 'flag',
    '--pathspec-from-file': 'read',
  },
  apply: (call, parsed) => {
    const { operands } = parsed;
    const dashes = call.words.findIndex((word) => word.known && word.text === '--');
    const made = hasOption(parsed, '-b');
    const files =
      dashes >= 0
        ? call.words.slice(dashes + 1)
        : operands.length > 1 && !made
          ? operands.slice(1)
          : operands.length === 1 && !made
            ? operands.filter(looksLikeFile)
            : [];
    if (files.length > 0) {
      if (!files.every(isSingleFile)) call.trait('destroys');
      discards(call, files);
    }
  },
});

export const restore = git({
  traits: ['writes'],
  options: {
    '-s --source --conflict': 'value',
    '-S --staged': 'mark',
    '-W --worktree': 'mark',
    '--pathspec-from-file': 'read',
  },
  apply: (call, parsed) => {
    if (hasOption(parsed, '-S') && !hasOption(parsed, '-W')) return;
    if (!parsed.operands.every(isSingleFile)) call.trait('destroys');
    discards(call, parsed.operands);
  },
});

export const reset = git({
  traits: ['writes'],
  options: {
    '--hard --merge --keep': adds('destroys'),
    '--soft --mixed -q -p': 'flag',
    '--pathspec-from-file': 'read',
  },
});

export const clean = git({
  options: {
    '-n --dry-run': 'mark',
    '-f --force -i --interactive': 'mark',
    '-e --exclude': 'value',
    '-d -x -X -q': 'flag',
  },
  apply: (call, parsed) => {
    if (hasOption(parsed, '-n')) {
      call.trait('reads');
      return;
    }
    call.trait('writes', 'destroys');
    if (parsed.operands.length === 0) call.write(literal('.', call.span), true);
    discards(call, parsed.operands);
  },
});

export const branch = git({
  hides: 'exec',
  options: {
    '-d --delete -m --move -c --copy -M -C': adds('writes'),
    '-D': adds('writes', 'destroys'),
    '-f --force': adds('writes', 'destroys'),
    '-u --set-upstream-to': { takes: 'value', traits: ['writes'] },
    '--unset-upstream --edit-description': adds('writes'),
    '--list -l -a --all -r --remotes -v --verbose --show-current': 'mark',
    '--sort --format --contains --no-contains --merged --no-merged --points-at': {
      takes: 'maybe',
      traits: [],
    },
  },
  apply: (call, parsed) => {
    const lists = hasOption(parsed, '--list', '--sort') || parsed.operands.length === 0;
    if (!lists) call.trait('writes');
    else if (call.exec.traits.length === 0) call.trait('reads');
  },
});

export const tag = git({
  hides: 'exec',
  options: {
    '-l --list -n --sort --format --contains --merged --points-at': { takes: 'maybe', traits: [] },
    '-d --delete': adds('writes', 'destroys'),
    '-f --force': adds('destroys'),
    '-m --message -u --local-user': 'value',
    '-F --file': 'read',
    '-a -s -v --verify': 'flag',
  },
  apply: (call, parsed) => {
    if (hasOption(parsed, '-l') || parsed.operands.length === 0) call.trait('reads');
    else if (!hasOption(parsed, '-d')) call.trait('commits');
  },
});

export const stash = git({
  hides: 'write',
  options: {
    '-m --message': 'value',
    '-a --all -u --include-untracked': 'flag',
    '--pathspec-from-file': 'read',
  },
  apply: (call, parsed) => {
    const verb = parsed.operands[0]?.text ?? 'push';
    if (verb === 'list' || verb === 'show') {
      call.trait('reads');
      readsSecrets(call, parsed);
    } else if (verb === 'drop' || verb === 'clear') call.trait('writes', 'destroys');
    else call.trait('writes');
  },
});

export const worktree = git({
  hides: 'exec',
  options: { '-b -B --reason': 'value', '-f --force': 'mark', '--expire': 'value' },
  apply: (call, parsed) => {
    const [verb, path] = parsed.operands;
    if (verb === undefined || verb.text === 'list') call.trait('reads');
    else {
      call.trait('writes');
      if (path !== undefined && /^(add|move|remove)$/.test(verb.text)) call.write(path, true);
      if (verb.text === 'remove' && hasOption(parsed, '-f')) call.trait('destroys');
    }
  },
});
