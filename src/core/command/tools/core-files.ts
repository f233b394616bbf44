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
  if (recursive && hasOption(parsed, '-L')) call.followsLinks();
  if (destination === undefined) return;
  writeInto(call, destination, operands, { directory: target !== null, recursive, parsed });
  if (hasOption(parsed, '--parents')) writeParents(call, destination, operands, recursive);
  for (const source of operands) {
    if (hasOption(parsed, '-s')) linksInto(call, destination, source, [known(source)]);
    else if (recursive || hasOption(parsed, '-P'))
      linksInto(call, destination, source, call.linkTexts(source));
  }
}

function known(field: Field): string | null {
  return field.known && !field.pattern ? field.text : null;
}

/** A file of the source's name in the destination. */
function within(destination: Field, source: Field): Field {
  if (known(destination) === null || known(source) === null) return { ...destination, known: false };
  const name = source.text.replace(/\/+$/, '').split('/').at(-1) ?? '';
  const folder = destination.text.endsWith('/') ? destination.text : `${destination.text}/`;
  return literal(folder + name, destination.span);
}

/** Symbolic links at the destination, or below it under the source's name. */
function linksInto(call: Call, destination: Field, source: Field, texts: readonly (string | null)[]): void {
  for (const text of texts) {
    call.link(destination, text);
    call.link(within(destination, source), text);
  }
}

/** `--parents` keeps the whole path of the source. */
function writeParents(call: Call, destination: Field, sources: readonly Field[], recursive: boolean): void {
  for (const source of sources)
    if (known(source) === null || known(destination) === null) call.writeAnywhereBelow(destination);
    else call.write(literal(`${destination.text}/${source.text}`, destination.span), recursive);
}

const backups = { '-b': 'flag', '--backup': 'maybe', '-S --suffix': 'value' } as const;

/** Where what stood there before is kept: `x~`, `x.~1~`, or with a suffix of its own. */
function writeBackups(call: Call, parsed: ParsedOptions, files: readonly Field[]): void {
  const suffix = optionValue(parsed, '-S');
  if (suffix === null && !hasOption(parsed, '-b', '--backup')) return;
  for (const file of files) {
    if (known(file) === null || (suffix !== null && known(suffix) === null))
      call.opaque('write', file.text, 'the name of the backup cannot be told');
    else {
      call.write(literal(`${file.text}${suffix?.text ?? '~'}`, file.span));
      call.write({ ...literal(`${file.text}.~[0-9]*~`, file.span), pattern: true });
    }
  }
}

/** A destination may be a directory, which cannot be seen: then the file's own name counts too. */
function writeInto(
  call: Call,
  destination: Field,
  sources: readonly Field[],
  { directory, recursive, parsed }: { directory: boolean; recursive: boolean; parsed: ParsedOptions },
): void {
  const exact = hasOption(parsed, '-T');
  writeBackups(call, parsed, [destination, ...sources.map((source) => within(destination, source))]);
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
      const below = within(destination, source);
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
  writeInto(call, destination, operands, { directory: target !== null, recursive: true, parsed });
  for (const source of operands) linksInto(call, destination, source, call.linkTexts(source));
}

/** The text of a symbolic link starts from where the link lies. */
function seenFromLink(source: Field, destination: Field | undefined): Field {
  const at = destination?.known === true && !destination.pattern ? destination.text : '';
  const directory = at.endsWith('/') || at === '.' ? at : at.slice(0, at.lastIndexOf('/') + 1);
  if (!source.known || source.text.startsWith('/') || directory === '') return source;
  return literal(`${directory}/${source.text}`, source.span);
}

function links(call: Call, parsed: ParsedOptions): void {
  const symbolic = hasOption(parsed, '-s');
  const operands = [...parsed.operands];
  const target = optionValue(parsed, '-t');
  const destination = target ?? (operands.length > 1 ? operands.pop() : literal('.', call.span));
  // What a link points to is read and written under the link's name from then on.
  for (const source of operands) {
    const place = symbolic && !hasOption(parsed, '-r') ? seenFromLink(source, destination) : source;
    call.read(place, true);
    call.write(place, true);
  }
  if (destination === undefined) return;
  const directory = target !== null || operands.length === 0;
  writeInto(call, destination, operands, { directory, recursive: false, parsed });
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
      '-L --dereference': 'flag',
      '--parents': 'flag',
      '-t --target-directory': 'value',
      '-T --no-target-directory': 'mark',
      ...backups,
    },
    apply: copies,
  }),
  install: tool({
    traits: ['writes'],
    lenient: true,
    options: {
      '-t --target-directory': 'keep',
      '-T --no-target-directory': 'mark',
      ...backups,
      '-m --mode -o --owner -g --group': 'value',
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
      ...backups,
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
      ...backups,
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
