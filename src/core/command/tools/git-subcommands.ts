import { literal } from '../field.ts';
import { adds, hasOption } from '../options.ts';
import { named, type ToolModel } from '../tool.ts';
import { config, gitRoot } from './git-config.ts';
import { apply, bisect, commit, integrates, mail, rebase } from './git-history.ts';
import { diff, git, grep, looks, output } from './git-model.ts';
import { archive, clone, connectRemote, fetch, push, remote, submodule } from './git-remotes.ts';
import {
  branch,
  checkout,
  clean,
  discards,
  reset,
  restore,
  stash,
  tag,
  worktree,
} from './git-working-tree.ts';

export const subcommands: ReadonlyMap<string, ToolModel> = named({
  'status log show shortlog whatchanged diff-tree diff-index diff-files range-diff blame annotate': looks(),
  'rev-parse rev-list ls-files ls-tree cat-file describe name-rev merge-base for-each-ref show-ref show-branch count-objects check-ignore check-attr check-mailmap check-ref-format cherry var version help verify-commit verify-tag fsck get-tar-commit-id merge-tree patch-id stripspace column interpret-trailers diagnose bugreport':
    looks({ '-o --output-directory': 'write' }),
  reflog: git({
    traits: ['reads'],
    apply: (call, parsed) => {
      if (/^(expire|delete)$/.test(parsed.operands[0]?.text ?? '')) call.trait('writes', 'destroys');
    },
  }),
  diff,
  config,
  'symbolic-ref update-ref': git({
    options: {
      '-d --delete': adds('writes', 'destroys'),
      '--stdin': adds('writes', 'destroys'),
      '-m': 'value',
    },
    apply: (call, parsed) => {
      if (call.exec.subcommand === 'update-ref') call.trait('writes', 'destroys');
      else call.trait(parsed.operands.length > 1 ? 'writes' : 'reads');
    },
  }),
  fetch: fetch(['fetches', 'network', 'writes'], {
    '-p --prune -P --prune-tags -t --tags -f --force -a --append -k --keep': 'flag',
  }),
  pull: fetch(['fetches', 'network', 'commits', 'writes'], {
    '-r --rebase': 'maybe',
    '--ff-only --no-rebase --no-edit': 'flag',
    '-f --force': adds('destroys'),
  }),
  'ls-remote': fetch(['fetches', 'network'], {
    '--exec': 'shell',
    '-h --heads -t --tags --refs -q --get-url': 'flag',
  }),
  push,
  'send-pack http-push': push,
  clone,
  remote,
  init: git({
    traits: ['writes'],
    hides: 'exec',
    options: {
      '--template': 'load',
      '--separate-git-dir': 'write-tree',
      '-b --initial-branch --object-format --ref-format': 'value',
    },
    apply: (call, parsed) => {
      if (hasOption(parsed, '--separate-git-dir')) {
        call.trait('configures');
        call.write(literal('.git', call.span));
      }
      for (const directory of parsed.operands) call.write(directory, true);
    },
  }),
  'add stage': git({
    traits: ['writes'],
    hides: 'read',
    options: { '--chmod': 'value', '--pathspec-from-file': 'read', '-e --edit': adds('runs-code') },
  }),
  rm: git({
    traits: ['writes'],
    options: { '--cached': 'mark', '-f --force': adds('destroys'), '--pathspec-from-file': 'read' },
    apply: (call, parsed) => {
      if (!hasOption(parsed, '--cached')) discards(call, parsed.operands);
    },
  }),
  mv: git({ traits: ['writes'], apply: (call, parsed) => discards(call, parsed.operands) }),
  commit,
  checkout,
  switch: git({
    traits: ['writes'],
    options: {
      '-f --force --discard-changes': adds('destroys'),
      '-c --create --orphan --conflict': 'value',
      '-C --force-create': { takes: 'value', traits: ['destroys'] },
    },
  }),
  restore,
  reset,
  clean,
  stash,
  branch,
  tag,
  merge: integrates(),
  'cherry-pick revert': integrates({ '-m --mainline': 'value' }),
  rebase,
  am: mail,
  apply,
  worktree,
  submodule,
  bisect,
  grep,
  archive,
  'format-patch': git({
    traits: ['reads', 'writes'],
    options: {
      '-o --output-directory': { takes: 'value', effect: 'write-tree' },
      ...output,
      '--stdout': 'flag',
      '--signature-file': 'read',
      '--subject-prefix --start-number --in-reply-to --to --cc --from -v --reroll-count': 'value',
    },
    apply: (call, parsed) => {
      if (!hasOption(parsed, '--stdout', '-o'))
        call.write({ ...literal('*.patch', call.span), pattern: true });
    },
  }),
  'send-email imap-send request-pull': git({ traits: ['publishes', 'network', 'runs-code'], hides: 'exec' }),
  notes: git({
    hides: 'exec',
    options: { '-m --message -C -c --ref': 'value', '-F --file': 'read' },
    apply: (call, parsed) => {
      const verb = parsed.operands[0]?.text;
      call.trait(
        ...(verb === undefined || /^(list|show|get-ref)$/.test(verb)
          ? (['reads'] as const)
          : (['commits', 'writes'] as const)),
      );
    },
  }),
  'gc repack prune prune-packed pack-refs maintenance commit-graph multi-pack-index': git({
    traits: ['writes'],
    options: {
      '--prune': { takes: 'maybe', traits: ['destroys'] },
      '--aggressive --auto -n --dry-run': 'flag',
    },
    apply: (call, parsed) => {
      if (call.exec.subcommand === 'prune' && !hasOption(parsed, '-n')) call.trait('destroys');
      if (call.exec.subcommand === 'maintenance' && /^(start|register)$/.test(parsed.operands[0]?.text ?? ''))
        call.trait('persists', 'configures');
    },
  }),
  'filter-branch filter-repo replace fast-import': git({
    traits: ['commits', 'writes', 'destroys', 'runs-code'],
    hides: 'exec',
    options: {
      '--env-filter --tree-filter --index-filter --msg-filter --commit-filter --parent-filter --tag-name-filter --subdirectory-filter --setup':
        'shell',
    },
  }),
  'difftool mergetool': git({
    traits: ['reads', 'runs-code'],
    hides: 'exec',
    options: { '-x --extcmd': 'shell', '-t --tool': 'value' },
  }),
  hook: git({ traits: ['runs-code', 'builds'], hides: 'exec' }),
  'credential credential-store credential-cache': git({
    traits: ['credentials'],
    hides: 'exec',
    apply: (call) => call.credential('git'),
  }),
  bundle: git({
    traits: ['reads', 'writes'],
    apply: (call, parsed) => {
      const [verb, file] = parsed.operands;
      if (file !== undefined) call[verb?.text === 'create' ? 'write' : 'read'](file);
    },
  }),
  'hash-object write-tree read-tree update-index mktag mktree commit-tree checkout-index unpack-objects index-pack pack-objects sparse-checkout rerere merge-file merge-index merge-one-file':
    git({
      traits: ['reads', 'writes'],
      hides: 'exec',
      options: { '-F': 'read' },
      apply: (call, parsed) => {
        if (/^(hash-object|merge-file|index-pack)$/.test(call.exec.subcommand ?? ''))
          for (const file of parsed.operands) call.read(file);
        if (/^(merge-index|merge-one-file)$/.test(call.exec.subcommand ?? '')) call.trait('runs-code');
        if (call.exec.subcommand === 'merge-file')
          for (const file of parsed.operands.slice(0, 1)) call.write(file);
        if (call.exec.subcommand === 'commit-tree') call.trait('commits');
      },
    }),
  lfs: git({
    hides: 'exec',
    apply: (call, parsed) => {
      const verb = parsed.operands[0]?.text;
      if (verb === 'push') {
        call.trait('publishes', 'network');
        connectRemote(call, parsed.operands[1]);
      } else if (verb === 'pull' || verb === 'fetch') {
        call.trait('fetches', 'network', 'writes');
        call.connectTo('remote:origin');
      } else if (
        verb === 'install' ||
        verb === 'untrack' ||
        (verb === 'track' && parsed.operands.length > 1)
      ) {
        call.trait('configures', 'writes');
        call.write(
          literal(verb === 'install' ? `${gitRoot(call)}/.git/config` : '.gitattributes', call.span),
        );
      } else call.trait('reads');
    },
  }),
  'daemon instaweb http-backend upload-pack receive-pack upload-archive shell gui citool cvsserver svn p4':
    git({ traits: ['runs-code', 'network', 'unknown'], hides: 'exec' }),
});
