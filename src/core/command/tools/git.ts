import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { literal, mayBeOption, type Field } from '../field.ts';
import { parseScpLike, parseUrl } from '../hosts.ts';
import {
  adds,
  flag,
  hasOption,
  maybe,
  optionTable,
  optionValue,
  optionValues,
  parseOptions,
  reads,
  shell,
  value,
  writes,
  type Option,
  type ParsedOptions,
} from '../options.ts';
import { isWithin } from '../paths.ts';
import { applyTool, named, tool, type ToolDescription, type ToolModel } from '../tool.ts';
import { applySetting } from './git-settings.ts';

const mark: Option = { takes: 'nothing', traits: [] };
const keep: Option = { takes: 'value', traits: [] };

/**
 * Git's options are many and few of them matter: those that name files or programs, or destroy. They are listed for
 * each subcommand, and all others are harmless flags.
 */
function git(description: ToolDescription): ToolModel {
  return tool({ lenient: true, hides: 'write', ...description });
}

const output = { '--output': writes } as const;
const diffOptions = {
  ...output,
  '--ext-diff --textconv': adds('runs-code'),
  '-S -G -O --diff-filter --format --pretty --since --until --after --before --author --committer --grep -n --max-count --skip --stat -L':
    maybe,
  '-S -G': value,
} as const;

const looks = (extra: Readonly<Record<string, Option>> = {}): ToolModel =>
  git({ traits: ['reads'], options: { ...diffOptions, ...extra } });

const diff = git({
  traits: ['reads'],
  options: { ...diffOptions, '--no-index': mark },
  apply: (call, parsed) => {
    for (const operand of parsed.operands) {
      const outside =
        operand.known &&
        (operand.text.startsWith('/') ||
          (operand.text.startsWith('..') && !/^\.\.\.?\w|^\.\.\.?$/.test(operand.text)));
      if (hasOption(parsed, '--no-index') || outside) call.read(operand);
    }
  },
});

const configuration = (call: Call): Field => {
  const root = gitRoot(call);
  return literal(`${root}/.git/config`, call.span);
};

/** The working tree that git finds from where it runs, as far as the text tells. */
function gitRoot(call: Call): string {
  const { repository } = call.place;
  const [directory] = call.directories ?? [];
  return directory === undefined || isWithin(directory, repository) ? repository : directory;
}

function writesConfiguration(call: Call): void {
  call.trait('configures', 'writes');
  call.write(configuration(call));
}

const config = git({
  options: {
    '--get --get-all --get-regexp --get-urlmatch -l --list --get-color --get-colorbool --name-only --show-origin --show-scope':
      mark,
    '-e --edit --unset --unset-all --add --replace-all --rename-section --remove-section': mark,
    '--global': mark,
    '--system': mark,
    '--worktree --local': mark,
    '-f --file': keep,
    '--blob --type --default --comment --value --fixed-value --url -t': value,
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

// ---- remotes -------------------------------------------------------------------------------------------------------

/** A remote's name, or its address. Transports of the form `ext::…` run programs. */
function connectRemote(call: Call, remote: Field | undefined): void {
  if (remote === undefined) {
    call.connectTo('remote:origin');
    return;
  }
  const text = remote.known ? remote.text : remote.prefix;
  const url = parseUrl(text, remote.known);
  if (/^[\w+.-]*::/.test(text)) call.opaque('exec', remote.text, 'the transport runs a program');
  else if (url !== null) {
    if (url.scheme === 'file') call.read({ ...remote, text: url.path, prefix: url.path }, true);
    else if (/^(https?|ssh|git|ftps?|git\+ssh|ssh\+git)$/.test(url.scheme)) call.connect(url);
    else call.opaque('exec', remote.text, 'the transport may run a program');
  } else if (!remote.known) call.opaque('connect', remote.text, 'the remote cannot be told');
  else if (/^\.{0,2}\/|^\.{1,2}$/.test(text)) call.read(remote, true);
  else {
    const scp = parseScpLike(text);
    if (scp !== null) call.connect({ host: scp.host, port: 22 });
    else if (text.includes(':')) call.opaque('connect', text, 'the host cannot be told');
    else call.connectTo(`remote:${text}`);
  }
}

const packPrograms = {
  '--upload-pack -u --exec --receive-pack': { takes: 'value', effect: 'shell' },
} as const;

const fetch = (traits: readonly Trait[], extra: Readonly<Record<string, Option>> = {}): ToolModel =>
  git({
    traits,
    hides: 'exec',
    options: {
      '--upload-pack': shell,
      '-o --server-option --depth --deepen --shallow-since --shallow-exclude -j --jobs --refmap --negotiation-tip --filter -s --strategy -X --strategy-option':
        value,
      '--all --multiple': mark,
      ...extra,
    },
    apply: (call, parsed) => {
      connectRemote(call, parsed.operands[0]);
      if (parsed.operands.slice(1).some((ref) => ref.text.startsWith('+'))) call.trait('destroys');
    },
  });

const push = git({
  traits: ['publishes', 'network'],
  hides: 'exec',
  options: {
    '--receive-pack --exec': shell,
    '-f --force --force-with-lease': { takes: 'maybe', traits: ['destroys'] },
    '-d --delete --mirror --prune': adds('destroys'),
    '-o --push-option --recurse-submodules --signed': value,
    '--force-if-includes -n --dry-run -u --set-upstream --all --tags --follow-tags -q -v --porcelain --no-verify --atomic --thin --progress':
      flag,
    '--repo': keep,
  },
  apply: (call, parsed) => {
    const [remote, ...refs] = parsed.operands;
    connectRemote(call, remote ?? optionValue(parsed, '--repo') ?? undefined);
    if (refs.some((ref) => /^[+:]/.test(ref.text) || (!ref.known && ref.prefix === '')))
      call.trait('destroys');
  },
});

const clone = git({
  traits: ['fetches', 'network', 'writes'],
  hides: 'exec',
  options: {
    ...packPrograms,
    '-b --branch -o --origin --depth --shallow-since --shallow-exclude -j --jobs --filter --server-option --bundle-uri':
      value,
    '-c --config': keep,
    '--template': { takes: 'value', effect: 'load', traits: ['runs-code'] },
    '--reference --reference-if-able': { takes: 'value', effect: 'read-tree' },
    '--separate-git-dir': { takes: 'value', effect: 'write-tree' },
    '--recurse-submodules --recursive': maybe,
  },
  apply: (call, parsed) => {
    for (const setting of optionValues(parsed, '-c')) applySetting(call, setting);
    const [source, directory] = parsed.operands;
    if (source === undefined) return;
    connectRemote(call, source);
    const name = /([^/:]+?)(\.git)?\/*$/.exec(source.text)?.[1];
    call.write(directory ?? (source.known && name !== undefined ? literal(name, source.span) : source), true);
  },
});

const remote = git({
  hides: 'exec',
  options: { '-t -m': value, '-v --verbose': flag },
  apply: (call, parsed) => {
    const verb = parsed.operands[0]?.text;
    if (verb === undefined || verb === 'get-url') call.trait('reads');
    else if (verb === 'show' || verb === 'update' || verb === 'prune') {
      call.trait('network', 'fetches');
      connectRemote(call, parsed.operands[1]);
    } else {
      writesConfiguration(call);
      const address = parsed.operands[2];
      if (address !== undefined && /^\w+::/.test(address.text))
        call.opaque('exec', address.text, 'the transport runs a program');
    }
  },
});

// ---- the working tree -----------------------------------------------------------------------------------------------

function discards(call: Call, paths: readonly Field[]): void {
  for (const path of paths) call.write(path, true);
}

/** A single word may be a branch or a file; what looks like a file counts as one. */
const looksLikeFile = (field: Field): boolean =>
  field.pattern || /^[.:/*]|\/$|\.[A-Za-z]{1,5}$|[*?[]/.test(field.text) || field.many;

/** One file by its name, with an ending: giving up its changes is an edit like others, a whole tree's are not. */
const isSingleFile = (field: Field): boolean =>
  field.known && !field.pattern && !field.many && /^[^:*?[\]]*[^/.:*?[\]]\.[A-Za-z]{1,5}$/.test(field.text);

const checkout = git({
  traits: ['writes'],
  options: {
    '-f --force': adds('destroys'),
    '-b -B --orphan --conflict --recurse-submodules': { takes: 'value', traits: [] },
    '-p --patch --ours --theirs': adds('destroys'),
    '--pathspec-from-file': reads,
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

const restore = git({
  traits: ['writes'],
  options: {
    '-s --source --conflict': value,
    '-S --staged': mark,
    '-W --worktree': mark,
    '--pathspec-from-file': reads,
  },
  apply: (call, parsed) => {
    if (hasOption(parsed, '-S') && !hasOption(parsed, '-W')) return;
    if (!parsed.operands.every(isSingleFile)) call.trait('destroys');
    discards(call, parsed.operands);
  },
});

const reset = git({
  traits: ['writes'],
  options: {
    '--hard --merge --keep': adds('destroys'),
    '--soft --mixed -q -p': flag,
    '--pathspec-from-file': reads,
  },
});

const clean = git({
  options: {
    '-n --dry-run': mark,
    '-f --force -i --interactive': mark,
    '-e --exclude': value,
    '-d -x -X -q': flag,
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

const branch = git({
  hides: 'exec',
  options: {
    '-d --delete -m --move -c --copy -M -C': adds('writes'),
    '-D': adds('writes', 'destroys'),
    '-f --force': adds('writes', 'destroys'),
    '-u --set-upstream-to --unset-upstream --edit-description': adds('configures', 'writes'),
    '--list -l -a --all -r --remotes -v --verbose --show-current': mark,
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

const tag = git({
  hides: 'exec',
  options: {
    '-l --list -n --sort --format --contains --merged --points-at': { takes: 'maybe', traits: [] },
    '-d --delete': adds('writes', 'destroys'),
    '-f --force': adds('destroys'),
    '-m --message -u --local-user': value,
    '-F --file': reads,
    '-a -s -v --verify': flag,
  },
  apply: (call, parsed) => {
    if (hasOption(parsed, '-l') || parsed.operands.length === 0) call.trait('reads');
    else if (!hasOption(parsed, '-d')) call.trait('commits');
  },
});

const stash = git({
  hides: 'write',
  options: { '-m --message': value, '-a --all -u --include-untracked': flag, '--pathspec-from-file': reads },
  apply: (call, parsed) => {
    const verb = parsed.operands[0]?.text ?? 'push';
    if (verb === 'list' || verb === 'show') call.trait('reads');
    else if (verb === 'drop' || verb === 'clear') call.trait('writes', 'destroys');
    else call.trait('writes');
  },
});

const commit = git({
  traits: ['commits', 'writes'],
  hides: 'read',
  options: {
    '-m --message -C --reuse-message -c --reedit-message --fixup --squash --author --date --cleanup --trailer':
      value,
    '-F --file -t --template --pathspec-from-file': reads,
    '-S --gpg-sign -u --untracked-files': maybe,
    '--amend -a -n --no-verify -s -v -q -p -e -i -o': flag,
  },
});

const integrates = (
  extra: Readonly<Record<string, Option>> = {},
  traits: readonly Trait[] = ['commits', 'writes'],
): ToolModel =>
  git({
    traits,
    hides: 'exec',
    options: {
      '-m --message -X --strategy-option': value,
      '-s --strategy': { takes: 'value', hides: 'exec' },
      '-F --file': reads,
      ...extra,
    },
  });

const apply = git({
  traits: ['writes'],
  hides: 'write',
  options: {
    '-p -C --directory --exclude --include --whitespace': value,
    '--unsafe-paths': { takes: 'nothing', hides: 'write' },
    '--check --stat --numstat --summary': mark,
    '--build-fake-ancestor': writes,
  },
  apply: (call, parsed) => {
    for (const patch of parsed.operands) call.read(patch);
    if (!hasOption(parsed, '--check')) call.writeAnywhereBelow(literal('.', call.span));
  },
});

const worktree = git({
  hides: 'exec',
  options: { '-b -B --reason': value, '-f --force': mark, '--expire': value },
  apply: (call, parsed) => {
    const [verb, path] = parsed.operands;
    if (verb === undefined || verb.text === 'list') call.trait('reads');
    else {
      call.trait('writes');
      if (path !== undefined && /^(add|move|remove)$/.test(verb.text)) call.write(path, true);
      if (verb.text === 'remove') call.trait('destroys');
    }
  },
});

const submodule = git({
  hides: 'exec',
  style: { stopAtOperand: true },
  apply: (call, parsed) => {
    const [verb, ...rest] = parsed.operands;
    switch (verb?.text) {
      case undefined:
      case 'status':
      case 'summary':
        call.trait('reads');
        return;
      case 'foreach': {
        const words = rest.filter((word) => !/^(--recursive|-q|--quiet)$/.test(word.text));
        const known = words.every((word) => word.known && !word.pattern);
        const text = words.map((word) => word.text).join(' ');
        if (known) call.runner.runText(literal(text, call.span), call);
        else call.opaque('exec', text, 'what runs in each submodule cannot be told');
        return;
      }
      case 'add':
        call.trait('fetches', 'network', 'writes', 'configures');
        connectRemote(
          call,
          rest.find((word) => !word.text.startsWith('-')),
        );
        call.write(literal('.gitmodules', call.span));
        return;
      case 'update':
      case 'sync':
      case 'init':
        call.trait('fetches', 'network', 'writes', 'configures');
        call.connectTo('remote:submodules');
        return;
      case 'deinit':
      case 'absorbgitdirs':
      case 'set-url':
      case 'set-branch':
        call.trait('writes', 'destroys', 'configures');
        return;
      default:
        call.trait('unknown');
    }
  },
});

const rebase = git({
  traits: ['commits', 'writes'],
  hides: 'exec',
  options: {
    '-x --exec': shell,
    '--onto -X --strategy-option -C --whitespace': value,
    '-s --strategy': { takes: 'value', hides: 'exec' },
    '-i --interactive --continue --abort --skip --quit -q -v -f --root --autosquash --autostash': flag,
    '--edit-todo': adds('runs-code'),
  },
});

const bisect = git({
  hides: 'exec',
  style: { stopAtOperand: true },
  apply: (call, parsed) => {
    const [verb, ...rest] = parsed.operands;
    call.trait('writes');
    if (verb?.text === 'run' && rest.length > 0) call.runner.runProgram(rest, call);
    if (verb?.text === 'log' || verb?.text === 'view' || verb?.text === 'visualize') call.trait('reads');
    if (verb?.text === 'replay' && rest[0] !== undefined) call.read(rest[0]);
  },
});

const grep = git({
  traits: ['reads'],
  hides: 'exec',
  options: {
    '-O --open-files-in-pager': { takes: 'maybe', hides: 'exec' },
    '-e -A -B -C -m --max-depth --threads --color --function-context': value,
    '-f': reads,
    '--ext-grep --textconv': adds('runs-code'),
    '--no-index': mark,
  },
  apply: (call, parsed) => {
    if (hasOption(parsed, '--no-index')) call.readHere();
  },
});

const archive = git({
  traits: ['reads'],
  hides: 'exec',
  options: {
    '-o --output': writes,
    '--remote': keep,
    '--exec': shell,
    '--format --prefix --mtime --add-virtual-file': value,
    '--add-file': reads,
  },
  apply: (call, parsed) => {
    const from = optionValue(parsed, '--remote');
    if (from === null) return;
    call.trait('network', 'fetches');
    connectRemote(call, from);
  },
});

const subcommands: ReadonlyMap<string, ToolModel> = named({
  'status log show shortlog whatchanged diff-tree diff-index diff-files range-diff blame annotate': looks(),
  'rev-parse rev-list ls-files ls-tree cat-file describe name-rev merge-base for-each-ref show-ref show-branch count-objects check-ignore check-attr check-mailmap check-ref-format cherry var version help verify-commit verify-tag fsck get-tar-commit-id merge-tree patch-id stripspace column interpret-trailers diagnose bugreport':
    looks({ '-o --output-directory': writes }),
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
      '-m': value,
    },
    apply: (call, parsed) => {
      if (call.exec.subcommand === 'update-ref') call.trait('writes', 'destroys');
      else call.trait(parsed.operands.length > 1 ? 'writes' : 'reads');
    },
  }),
  fetch: fetch(['fetches', 'network', 'writes'], {
    '-p --prune -P --prune-tags -t --tags -f --force -a --append -k --keep': flag,
  }),
  pull: fetch(['fetches', 'network', 'commits', 'writes'], {
    '-r --rebase': maybe,
    '--ff-only --no-rebase --no-edit': flag,
    '-f --force': adds('destroys'),
  }),
  'ls-remote': fetch(['fetches', 'network'], {
    '--exec': shell,
    '-h --heads -t --tags --refs -q --get-url': flag,
  }),
  push,
  'send-pack http-push': push,
  clone,
  remote,
  init: git({
    traits: ['writes'],
    hides: 'exec',
    options: {
      '--template': { takes: 'value', effect: 'load', traits: ['runs-code'] },
      '--separate-git-dir': { takes: 'value', effect: 'write-tree' },
      '-b --initial-branch --object-format --ref-format': value,
    },
    apply: (call, parsed) => {
      for (const directory of parsed.operands) call.write(directory, true);
    },
  }),
  'add stage': git({
    traits: ['writes'],
    hides: 'read',
    options: { '--chmod': value, '--pathspec-from-file': reads, '-e --edit': adds('runs-code') },
  }),
  rm: git({
    traits: ['writes'],
    options: { '--cached': mark, '-f --force': adds('destroys'), '--pathspec-from-file': reads },
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
      '-c --create --orphan --conflict': value,
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
  'cherry-pick revert': integrates({ '-m --mainline': value }),
  rebase,
  am: integrates({
    '--build-fake-ancestor': writes,
    '-p -C --directory --exclude --include --patch-format': value,
  }),
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
      '--stdout': flag,
      '--signature-file': reads,
      '--subject-prefix --start-number --in-reply-to --to --cc --from -v --reroll-count': value,
    },
    apply: (call, parsed) => {
      if (!hasOption(parsed, '--stdout', '-o'))
        call.write({ ...literal('*.patch', call.span), pattern: true });
    },
  }),
  'send-email imap-send request-pull': git({ traits: ['publishes', 'network', 'runs-code'], hides: 'exec' }),
  notes: git({
    hides: 'exec',
    options: { '-m --message -C -c --ref': value, '-F --file': reads },
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
    options: { '--prune': { takes: 'maybe', traits: ['destroys'] }, '--aggressive --auto': flag },
    apply: (call, parsed) => {
      if (call.exec.subcommand === 'prune') call.trait('destroys');
      if (call.exec.subcommand === 'maintenance' && /^(start|register)$/.test(parsed.operands[0]?.text ?? ''))
        call.trait('persists', 'configures');
    },
  }),
  'filter-branch filter-repo replace fast-import': git({
    traits: ['commits', 'writes', 'destroys', 'runs-code'],
    hides: 'exec',
    options: {
      '--env-filter --tree-filter --index-filter --msg-filter --commit-filter --parent-filter --tag-name-filter --subdirectory-filter --setup':
        shell,
    },
  }),
  'difftool mergetool': git({
    traits: ['reads', 'runs-code'],
    hides: 'exec',
    options: { '-x --extcmd': shell, '-t --tool': value },
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
      options: { '-F': reads },
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
      } else if (verb === 'install' || verb === 'track' || verb === 'untrack') {
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

const globalOptions = optionTable({
  '-C': keep,
  '-c': keep,
  '--config-env': { takes: 'value', hides: 'exec' },
  '--exec-path': { takes: 'maybe', traits: [] },
  '--git-dir --work-tree': keep,
  '--namespace --super-prefix --attr-source --list-cmds': value,
  '-p --paginate': mark,
  '-P --no-pager --bare --no-replace-objects --no-lazy-fetch --no-optional-locks --no-advice --literal-pathspecs --glob-pathspecs --noglob-pathspecs --icase-pathspecs -v --version -h --help --html-path --man-path --info-path':
    flag,
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
