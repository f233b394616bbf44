import type { Call } from '../call.ts';
import { dropFirst, type Field } from '../field.ts';
import { named, tool } from '../tool.ts';

/** Every editor can run commands; without a terminal they do what their options say. */
function vim(call: Call): void {
  const { words } = call;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    const next = words[at + 1];
    const { text } = word;
    if (/^(-c|--cmd)$/.test(text) && next !== undefined) {
      at += 1;
      editorCommand(call, next);
    } else if (/^-c./.test(text)) editorCommand(call, dropFirst(word, 2));
    else if (text.startsWith('+') && text.length > 1) editorCommand(call, dropFirst(word, 1));
    else if (/^-[SsuUiwWq]$|^-(u|U|l|llm|luaf)$/.test(text) && next !== undefined) {
      at += 1;
      call.script(next);
      call.opaque('exec', next.text, 'the editor runs the commands in the file');
    } else if (/^-(e|es|E|Es|s|l)+$/.test(text)) call.opaque('exec', text, 'the editor runs what it reads');
    else if (!word.known && (word.prefix === '' || /^[-+]/.test(word.prefix)))
      call.opaque('exec', text, 'the word may be a command of the editor');
    else if (!text.startsWith('-')) editFile(call, word);
  }
}

function editorCommand(call: Call, command: Field): void {
  if (command.known && /^\d*$|^:?(q|q!|wq|x|set \w+|\/[\w ]*)$/.test(command.text)) return;
  call.opaque('exec', command.text, 'a command of the editor, which can run others');
}

function editFile(call: Call, file: Field): void {
  call.read(file);
  call.write(file);
}

export const editors = named({
  'vi vim nvim gvim view vimdiff ex rvim rview mvim vidir': tool({
    traits: ['reads', 'writes'],
    hides: 'exec',
    raw: vim,
  }),
  'emacs emacsclient': tool({
    traits: ['reads', 'writes'],
    hides: 'exec',
    raw: (call) => {
      for (const word of call.words) {
        if (
          /^(-l|-f|-e|--eval|--load|--funcall|--execute|--script|-x|--insert|-batch|--batch)/.test(
            word.text,
          ) ||
          !word.known
        )
          call.opaque('exec', call.exec.argv.join(' '), 'Lisp, which is not read');
        else if (!/^[-+]/.test(word.text)) editFile(call, word);
      }
    },
  }),
  'nano pico micro joe mcedit kak hx helix': tool({
    traits: ['reads', 'writes'],
    hides: 'exec',
    lenient: true,
    options: {
      '-s --speller': 'program',
      '-f --rcfile -plugin -config-dir --config': 'load',
      '-o --operatingdir -C --backupdir': 'write-tree',
      '-T --tabsize -r --fill -Q --quotestr -X --wordchars -Y --syntax': 'value',
    },
    apply: (call, parsed) => {
      for (const file of parsed.operands) if (!file.text.startsWith('+')) editFile(call, file);
    },
  }),
  'ed red': tool({
    traits: ['reads', 'writes'],
    hides: 'exec',
    raw: (call) => {
      for (const word of call.words) if (!word.text.startsWith('-')) editFile(call, word);
      call.opaque(
        'exec',
        call.input.kind === 'text' ? call.input.text.text : call.name,
        'ed runs the commands it reads',
      );
    },
  }),
  'code cursor codium subl zed idea webstorm pycharm goland atom gedit kate': tool({
    traits: ['reads', 'writes', 'persists', 'runs-code'],
    hides: 'exec',
    raw: (call) => {
      if (/^(--version|-v|--help|--status|--list-extensions)$/.test(call.words[0]?.text ?? '')) {
        call.exec.traits.splice(0, call.exec.traits.length, 'reads');
        return;
      }
      if (/^(tunnel|serve-web)$/.test(call.words[0]?.text ?? '')) call.trait('network', 'publishes');
      if (
        call.words.some((word) =>
          /^--(install-extension|uninstall-extension|extensions-dir|user-data-dir)/.test(word.text),
        )
      )
        call.trait('dependencies', 'configures');
      for (const word of call.words) if (!word.text.startsWith('-')) call.read(word, true);
    },
  }),
  'claude codex gemini opencode aider q copilot cursor-agent goose amp crush openhands devin cline': tool({
    traits: ['runs-code', 'network', 'publishes'],
    hides: 'exec',
    raw: (call) =>
      call.opaque('exec', call.exec.argv.join(' '), 'it is an assistant, which does what it decides to'),
  }),
  'xdg-open open start sensible-browser x-www-browser firefox chromium google-chrome': tool({
    traits: ['network', 'publishes', 'runs-code'],
    hides: 'exec',
    raw: (call) => {
      for (const word of call.words) {
        if (/^\w+:\/\//.test(word.prefix)) call.connectToField(word);
        else if (!word.text.startsWith('-')) call.read(word);
      }
      call.opaque('exec', call.exec.argv.join(' '), 'settings say which program opens it');
    },
  }),
});
