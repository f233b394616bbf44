import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { parseScpLike, parseUrl } from '../hosts.ts';
import { adds, hasOption, optionValue, optionValues, type OptionEntries } from '../options.ts';
import type { ToolModel } from '../tool.ts';
import { applySetting } from './git-settings.ts';
import { writesConfiguration } from './git-config.ts';
import { isFolder, isNamedFolder } from './git-own.ts';
import { git, readsSecrets } from './git-model.ts';

/** A remote's name, or its address. Transports of the form `ext::…` run programs. */
export function connectRemote(call: Call, remote: Field | undefined): void {
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
  '--upload-pack -u --exec --receive-pack': 'shell',
} as const;

export const fetch = (traits: readonly Trait[], extra: OptionEntries = {}): ToolModel =>
  git({
    traits,
    hides: 'exec',
    options: {
      '--upload-pack': 'shell',
      '-o --server-option --depth --deepen --shallow-since --shallow-exclude -j --jobs --refmap --negotiation-tip --filter -s --strategy -X --strategy-option':
        'value',
      '--all --multiple': 'mark',
      ...extra,
    },
    apply: (call, parsed) => {
      connectRemote(call, parsed.operands[0]);
      if (parsed.operands.slice(1).some((ref) => ref.text.startsWith('+'))) call.trait('destroys');
    },
  });

function pushHere(call: Call): void {
  call.withdraw('publishes');
  call.withdraw('network');
  call.trait('writes');
}

export const push = git({
  traits: ['publishes', 'network'],
  hides: 'exec',
  options: {
    '--receive-pack --exec': 'shell',
    '-f --force --force-with-lease': { takes: 'maybe', traits: ['destroys'] },
    '-d --delete --mirror --prune': adds('destroys'),
    '-o --push-option --recurse-submodules --signed': 'value',
    '-n --dry-run': 'mark',
    '--force-if-includes -u --set-upstream --all --tags --follow-tags -q -v --porcelain --no-verify --atomic --thin --progress':
      'flag',
    '--repo': 'keep',
  },
  apply: (call, parsed) => {
    const [operand, ...refs] = parsed.operands;
    const remote = operand ?? optionValue(parsed, '--repo') ?? undefined;
    if (isFolder(remote)) {
      pushHere(call);
      const path = remote.text.replace(/^file:\/\//, '');
      call.write({ ...remote, text: path, prefix: path }, true);
    } else if (isNamedFolder(call, remote)) pushHere(call);
    else connectRemote(call, remote);
    if (refs.some((ref) => /^[+:]/.test(ref.text) || (!ref.known && ref.prefix === '')))
      call.trait('destroys');
    if (hasOption(parsed, '-n')) call.exec.traits.splice(0, call.exec.traits.length, 'network', 'fetches');
  },
});

export const clone = git({
  traits: ['fetches', 'network', 'writes'],
  hides: 'exec',
  options: {
    ...packPrograms,
    '-b --branch -o --origin --depth --shallow-since --shallow-exclude -j --jobs --filter --server-option --bundle-uri':
      'value',
    '-c --config': 'keep',
    '--template': 'load',
    '--reference --reference-if-able': 'read-tree',
    '--separate-git-dir': { takes: 'value', effect: 'write-tree' },
    '--recurse-submodules --recursive': 'maybe',
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

export const remote = git({
  hides: 'exec',
  options: { '-t -m': 'value', '-v --verbose': 'flag' },
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

export const submodule = git({
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
        call.trait('runs-code');
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
      case 'init':
        call.trait('fetches', 'network', 'writes');
        call.connectTo('remote:submodules');
        return;
      case 'sync':
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

export const archive = git({
  traits: ['reads'],
  hides: 'exec',
  options: {
    '-o --output': 'write',
    '--remote': 'keep',
    '--exec': 'shell',
    '--format --prefix --mtime --add-virtual-file': 'value',
    '--add-file': 'read',
  },
  apply: (call, parsed) => {
    readsSecrets(call, parsed);
    const from = optionValue(parsed, '--remote');
    if (from === null) return;
    call.trait('network', 'fetches');
    connectRemote(call, from);
  },
});
