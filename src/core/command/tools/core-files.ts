/** Core utilities that copy, move, link and remove. */
import { hasOption, optionValue, type ParsedOptions } from '../options.ts';
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { named, tool } from '../tool.ts';
import { destroysTree } from './removal.ts';
function copies(call: Call, parsed: ParsedOptions): void {
  const recursive = hasOption(parsed, '-r');
  const target = optionValue(parsed, '-t');
  const operands = [...parsed.operands];
  const destination = target ?? operands.pop();
  for (const source of operands) call.read(source, recursive);
  if (destination === undefined) return;
  writeInto(call, destination, operands, target !== null, recursive, hasOption(parsed, '-T'));
  for (const source of operands) {
    if (hasOption(parsed, '-s')) linksInto(call, destination, source, [known(source)]);
    else if (recursive || hasOption(parsed, '-P'))
      linksInto(call, destination, source, call.linkTexts(source));
  }
}

function known(field: Field): string | null {
  return field.known && !field.pattern ? field.text : null;
}

/** Symbolic links at the destination, or below it under the source's name. */
function linksInto(call: Call, destination: Field, source: Field, texts: readonly (string | null)[]): void {
  const name = source.text.replace(/\/+$/, '').split('/').at(-1) ?? '';
  for (const text of texts) {
    call.link(destination, text);
    if (known(source) !== null && known(destination) !== null)
      call.link(literal(`${destination.text}/${name}`, destination.span), text);
  }
}

/** A destination may be a directory, which cannot be seen: then the file's own name counts too. */
function writeInto(
  call: Call,
  destination: Field,
  sources: readonly Field[],
  directory: boolean,
  recursive: boolean,
  exact: boolean,
): void {
  if (!directory || sources.length === 0) {
    if (exact && recursive) call.writeAnywhereBelow(destination);
    else if (call.name === 'ln') call.writeEntry(destination, recursive);
    else call.write(destination, recursive);
  }
  if (exact) return;
  for (const source of sources) {
    const name = source.known ? (source.text.replace(/\/+$/, '').split('/').at(-1) ?? '') : null;
    if (name === null || source.pattern || !destination.known || destination.pattern) {
      if (!recursive && !source.pattern) call.write(destination, true);
      else call.writeAnywhereBelow(destination);
    } else if (name === '' || name === '.' || name === '..') call.writeAnywhereBelow(destination);
    else {
      const within = destination.text.endsWith('/') ? destination.text : `${destination.text}/`;
      const below = literal(within + name, destination.span);
      if (call.name === 'ln') call.writeEntry(below, recursive);
      else call.write(below, recursive);
    }
  }
}

function moves(call: Call, parsed: ParsedOptions): void {
  const target = optionValue(parsed, '-t');
  const operands = [...parsed.operands];
  const destination = target ?? operands.pop();
  for (const source of operands) {
    call.writeEntry(source, true);
    call.read(source, true);
  }
  if (destination === undefined) return;
  writeInto(call, destination, operands, target !== null, true, hasOption(parsed, '-T'));
  for (const source of operands) linksInto(call, destination, source, call.linkTexts(source));
}

function links(call: Call, parsed: ParsedOptions): void {
  const symbolic = hasOption(parsed, '-s');
  const operands = [...parsed.operands];
  const target = optionValue(parsed, '-t');
  const destination = target ?? (operands.length > 1 ? operands.pop() : literal('.', call.span));
  // What a link points to is read and written under the link's name from then on.
  for (const source of operands) {
    call.read(source, true);
    call.write(source, true);
  }
  if (destination === undefined) return;
  writeInto(
    call,
    destination,
    operands,
    target !== null || operands.length === 0,
    false,
    hasOption(parsed, '-T'),
  );
  if (!symbolic) return;
  for (const source of operands)
    linksInto(call, destination, source, hasOption(parsed, '-r') ? call.reached(source) : [known(source)]);
}

function removes(call: Call, parsed: ParsedOptions): void {
  // A file that `*.log` matches cannot be named like an option that rm knows.
  const mayRecurse = parsed.unclear.some(
    (word) => !word.pattern || /[*?\]\w]$/.test(word.text.replace(/\.\w+$/, '.')),
  );
  const recursive = hasOption(parsed, '-r') || mayRecurse;
  for (const operand of parsed.operands) {
    call.writeEntry(operand, recursive);
    if (recursive && destroysTree(call, operand)) call.trait('destroys');
  }
}

export const coreFiles = named({
  cp: tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: {
      '-r -R --recursive -a --archive': 'mark',
      '-P --no-dereference -d': 'flag',
      '-s --symbolic-link': 'flag',
      '-t --target-directory': 'value',
      '-T --no-target-directory': 'mark',
      '-S --suffix': 'value',
    },
    apply: copies,
  }),
  install: tool({
    traits: ['writes'],
    lenient: true,
    options: {
      '-t --target-directory': 'keep',
      '-T --no-target-directory': 'mark',
      '-S --suffix -m --mode -o --owner -g --group': 'value',
      '-d --directory': 'mark',
      '--strip-program': 'program',
    },
    apply: (call, parsed) => {
      if (hasOption(parsed, '-d')) for (const directory of parsed.operands) call.write(directory);
      else copies(call, parsed);
    },
  }),
  mv: tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: {
      '-t --target-directory': 'keep',
      '-T --no-target-directory': 'mark',
      '-S --suffix': 'value',
    },
    apply: moves,
  }),
  ln: tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: {
      '-s --symbolic': 'flag',
      '-r --relative': 'flag',
      '-t --target-directory': 'keep',
      '-T --no-target-directory': 'mark',
      '-S --suffix': 'value',
    },
    apply: links,
  }),
  rm: tool({
    traits: ['writes'],
    lenient: true,
    hides: null,
    options: { '-r -R --recursive': 'mark' },
    apply: removes,
  }),
});
