/** Command lines of forges. */
import type { Call } from '../call.ts';
import { dropFirst, literal, type Field } from '../field.ts';
import { named, tool } from '../tool.ts';

const ghLooks = /^(view|list|status|diff|checks|browse|watch|download|verify|get|ls|token-status)$/;

function forge(call: Call): void {
  const words = call.words.filter((word) => !word.known || !word.text.startsWith('-'));
  const [topic, verb] = words;
  const host = call.name === 'glab' ? 'gitlab.com' : 'github.com';
  const named = hostOption(call);
  if (named === null)
    call.opaque('connect', call.exec.argv.join(' '), 'its settings say which host, as whom');
  else call.connectToField(named, 443);
  call.trait('network');
  if (topic?.known !== true || (verb !== undefined && !verb.known && topic.text !== 'api')) {
    call.trait('publishes', 'unknown');
    call.opaque('exec', call.exec.argv.join(' '), `the subcommand of ${call.name} cannot be told`);
    return;
  }
  call.subcommand(verb === undefined || topic.text === 'api' ? topic.text : `${topic.text} ${verb.text}`);
  const option = (pattern: RegExp): boolean =>
    call.words.some((word) => pattern.test(word.known ? word.text : word.prefix));
  for (const [index, word] of call.words.entries()) {
    const next = call.words[index + 1];
    if (
      /^(-F|--body-file|--notes-file|--input)$/.test(word.text) &&
      next !== undefined &&
      topic.text !== 'api'
    )
      call.read(next);
    if (/^(--body-file|--notes-file|--input)=/.test(word.text))
      call.read(dropFirst(word, word.text.indexOf('=') + 1));
    if (topic.text === 'api' && /^--input$/.test(word.text) && next !== undefined) call.read(next);
    if (topic.text === 'api' && /=@/.test(word.text)) call.read(dropFirst(word, word.text.indexOf('=@') + 2));
    if (!word.known && word.many) call.opaque('exec', word.text, 'the word may be an option');
    // What is not static leaves the machine with the question.
    if (!word.known && index > 1 && /^(api|search)$/.test(topic.text)) call.trait('publishes');
    if (word.stream) call.trait('publishes');
  }
  const text = verb?.text ?? '';
  switch (topic.text) {
    case 'api':
      call.trait(
        option(/^(-X|--method)/) &&
          !option(/^(-XGET|--method=GET)$/) &&
          !call.words.some(
            (word, index) => word.text === 'GET' && /^(-X|--method)$/.test(call.words[index - 1]?.text ?? ''),
          )
          ? 'publishes'
          : 'fetches',
      );
      if (option(/^(-f|-F|--field|--raw-field|--input)/)) call.trait('publishes');
      return;
    case 'auth':
      call.credential(call.name === 'glab' ? 'gitlab' : 'github');
      call.trait('credentials', 'configures');
      return;
    case 'secret':
    case 'variable':
    case 'ssh-key':
    case 'gpg-key':
      call.trait(ghLooks.test(text) ? 'fetches' : 'publishes', 'credentials');
      return;
    case 'alias':
    case 'config':
      call.trait(...(ghLooks.test(text) ? (['reads'] as const) : (['configures', 'writes'] as const)));
      return;
    case 'extension':
    case 'extensions':
      call.trait('runs-code', 'dependencies');
      return;
    case 'search':
    case 'browse':
    case 'status':
      call.trait('fetches');
      return;
    case 'run':
    case 'workflow':
    case 'cache':
      call.trait(...(ghLooks.test(text) ? (['fetches'] as const) : (['publishes'] as const)));
      if (text === 'delete') call.trait('destroys');
      if (text === 'download') downloads(call);
      return;
    case 'help':
    case 'version':
    case 'completion':
      return;
    case 'pr':
    case 'mr':
      if (text === 'checkout') call.trait('fetches', 'writes');
      else call.trait(ghLooks.test(text) ? 'fetches' : 'publishes');
      return;
    case 'repo':
      if (text === 'clone') {
        call.trait('fetches', 'writes');
        call.connect({ host, port: 443 });
        const name =
          words[3] ??
          (words[2]?.known === true
            ? literal(words[2].text.split('/').at(-1) ?? '', words[2].span)
            : undefined);
        if (name !== undefined) call.write(name, true);
      } else call.trait(ghLooks.test(text) ? 'fetches' : 'publishes');
      if (text === 'delete') call.trait('destroys');
      if (text === 'sync') call.trait('writes');
      return;
    case 'release':
      call.trait(ghLooks.test(text) ? 'fetches' : 'publishes');
      if (text === 'download') downloads(call);
      if (text === 'delete') call.trait('destroys');
      if (text === 'create' || text === 'upload') for (const file of words.slice(3)) call.read(file);
      return;
    case 'issue':
    case 'gist':
    case 'label':
    case 'project':
    case 'org':
    case 'ruleset':
    case 'attestation':
      call.trait(ghLooks.test(text) ? 'fetches' : 'publishes');
      if (topic.text === 'gist' && text === 'create') for (const file of words.slice(2)) call.read(file);
      return;
    default:
      // An extension or an alias.
      call.trait('publishes', 'runs-code', 'unknown');
  }
}

/** `--hostname HOST`, `-R HOST/OWNER/NAME`. */
function hostOption(call: Call): Field | null {
  for (const [index, word] of call.words.entries()) {
    const next = call.words[index + 1];
    if (word.text === '--hostname') return next ?? null;
    if (word.text.startsWith('--hostname=')) return dropFirst(word, 11);
    const repository = /^(-R|--repo)$/.test(word.text)
      ? next
      : /^--repo=/.test(word.text)
        ? dropFirst(word, 7)
        : undefined;
    const host = /^([\w.-]+\.[a-z]+)\/[^/]+\/[^/]+$/.exec(repository?.text ?? '')?.[1];
    if (host !== undefined && repository !== undefined) return literal(host, repository.span);
  }
  return null;
}

function downloads(call: Call): void {
  call.trait('writes');
  const at = call.words.findIndex((word) => /^(-D|--dir|-O|--output)$/.test(word.text));
  call.writeAnywhereBelow(
    call.words[at + 1] !== undefined && at >= 0
      ? (call.words[at + 1] ?? literal('.', call.span))
      : literal('.', call.span),
  );
}

export const forges = named({ 'gh glab': tool({ hides: 'exec', raw: forge }) });
