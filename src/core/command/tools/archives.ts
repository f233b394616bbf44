import type { Call } from '../call.ts';
import { dropFirst, literal, type Field } from '../field.ts';
import { hasOption, optionValue, optionValues, type ParsedOptions, type OptionEntries } from '../options.ts';
import { named, tool } from '../tool.ts';

const tarOptions: OptionEntries = {
  '-x --extract --get': 'mark',
  '-c --create': 'mark',
  '-t --list': 'mark',
  '-r --append -u --update -A --catenate --concatenate --delete': 'mark',
  '-d --diff --compare': 'flag',
  '-f --file': 'keep',
  '-C --directory': 'keep',
  '-T --files-from': { takes: 'value', effect: 'read', hides: 'read' },
  '-X --exclude-from': 'read',
  '-I --use-compress-program': 'shell',
  '--to-command': 'shell',
  '--checkpoint-action': 'keep',
  '-F --info-script --new-volume-script': 'shell',
  '--rsh-command --rmt-command': 'program',
  '-g --listed-incremental --index-file': 'write',
  '-P --absolute-names': 'mark',
  '-b --blocking-factor -N --newer -K --starting-file -L --tape-length -V --label --exclude --exclude-ignore --exclude-tag --transform --xform --strip-components --owner --group --mode --mtime --format -H --level --record-size --sort --suffix --pax-option --hole-detection --quoting-style --warning --occurrence --checkpoint --totals --one-top-level --owner-map --group-map':
    'maybe',
  '-b -N -K -L -V -H': 'value',
  '--exclude --transform --xform --strip-components --owner --group --mode --mtime --format --newer --label --sort --suffix --record-size --blocking-factor':
    'value',
  '-a -z -j -J -Z -v -w -W -k -U -m -p -s -S -O -M -i -B -h -l -n -o -R -G -q -e --auto-compress --gzip --bzip2 --xz --lzma --lzip --zstd --verbose --verify --keep-old-files --overwrite --to-stdout --preserve-permissions --same-permissions --no-same-owner --same-owner --no-same-permissions --wildcards --no-wildcards --anchored --no-anchored --ignore-case --recursion --no-recursion --null --dereference --hard-dereference --numeric-owner --remove-files --touch --interactive --multi-volume --sparse --seek --unlink-first --recursive-unlink --skip-old-files --keep-newer-files --exclude-vcs --exclude-vcs-ignores --exclude-caches --exclude-backups --xattrs --acls --selinux --no-xattrs --no-acls --utc --full-time --show-transformed-names --block-number --ignore-zeros --ignore-failed-read --one-file-system --posix --old-archive --portability --force-local --no-auto-compress --backup --version --help':
    'flag',
};

/** The oldest form, `xzf FILE`: letters without a dash, their values after them in the same order. */
function unbundle(words: readonly Field[]): readonly Field[] {
  const [letters, ...rest] = words;
  if (letters?.known !== true || !/^[A-Za-z]+$/.test(letters.text)) return words;
  const unbundled: Field[] = [];
  for (const letter of letters.text) {
    unbundled.push(literal(`-${letter}`, letters.span));
    const given = 'bfgCFHIKLNTVX'.includes(letter) ? rest.shift() : undefined;
    if (given !== undefined) unbundled.push(given);
  }
  return [...unbundled, ...rest];
}

function tar(call: Call, parsed: ParsedOptions): void {
  for (const action of optionValues(parsed, '--checkpoint-action')) {
    if (!action.known || /^exec=/.test(action.text)) {
      call.trait('runs-code');
      call.runner.runText({ ...action, text: action.text.replace(/^exec=/, '') }, call);
    } else if (!/^(dot|echo|ttyout|bell|totals|sleep|wait)/.test(action.text))
      call.opaque('exec', action.text, 'the checkpoint action is not known');
  }
  const archive = optionValue(parsed, '-f');
  const directory = optionValue(parsed, '-C') ?? literal('.', call.span);
  const extracts = hasOption(parsed, '-x');
  const changes = hasOption(parsed, '-c', '-r');
  if (archive !== null && archive.known && /^[^/]*:/.test(archive.text)) {
    call.trait('network');
    call.connectToField(archive, 22);
    call.opaque('exec', archive.text, 'an archive on another host is reached through a remote shell');
  } else if (archive !== null && archive.text !== '-') {
    if (changes) {
      call.trait('writes');
      call.write(archive);
    }
    if (!hasOption(parsed, '-c')) call.read(archive);
  }
  if (extracts && !hasOption(parsed, '-O', '--to-stdout')) {
    call.trait('writes');
    call.writeAnywhereBelow(directory);
    if (hasOption(parsed, '-P'))
      call.opaque('write', '-P', 'the archive says which absolute paths it writes');
  }
  if (changes) {
    for (const operand of parsed.operands) call.read(within(directory, operand), true);
    if (hasOption(parsed, '--remove-files'))
      for (const operand of parsed.operands) call.write(within(directory, operand), true);
  }
}

function within(directory: Field, file: Field): Field {
  if (directory.text === '.' || !file.known || file.text.startsWith('/')) return file;
  if (!directory.known) return { ...file, known: false, pattern: false };
  return { ...file, text: `${directory.text}/${file.text}`, prefix: `${directory.text}/${file.prefix}` };
}

/** Replaces each file by another with a suffix more or less. */
const compressor = tool({
  traits: ['reads'],
  lenient: true,
  hides: 'write',
  options: {
    '-S --suffix -T --threads -b -M --memlimit -C --check -o --output-dir-flat --format -D': 'value',
    '-c --stdout --to-stdout -l --list -t --test': 'mark',
    '-r --recursive': 'mark',
    '-o': 'write',
  },
  apply: (call, parsed) => {
    const toOutput = hasOption(parsed, '-c') || /cat$/.test(call.name);
    for (const operand of parsed.operands) {
      call.read(operand);
      if (toOutput) continue;
      call.trait('writes');
      call.write(operand, hasOption(parsed, '-r'));
      if (!operand.known) continue;
      const suffixes = ['.gz', '.bz2', '.xz', '.zst', '.lzma', '.lz4', '.br', '.Z'];
      const packed = suffixes.find((suffix) => operand.text.endsWith(suffix));
      if (packed !== undefined) call.write({ ...operand, text: operand.text.slice(0, -packed.length) });
      else
        for (const suffix of suffixes)
          if (isSuffixOf(call.name, suffix)) call.write({ ...operand, text: operand.text + suffix });
    }
  },
});

const suffixNames: Readonly<Record<string, string>> = {
  '.gz': 'gzip pigz',
  '.bz2': 'bzip2',
  '.xz': 'xz',
  '.zst': 'zstd',
  '.lzma': 'lzma',
  '.lz4': 'lz4',
  '.br': 'brotli',
  '.Z': 'compress',
};

function isSuffixOf(name: string, suffix: string): boolean {
  return suffixNames[suffix]?.split(' ').includes(name) === true;
}

export const archives = named({
  'tar gtar bsdtar': tool({
    traits: ['reads'],
    hides: 'exec',
    options: tarOptions,
    rewrite: unbundle,
    apply: tar,
  }),
  'gzip gunzip zcat bzip2 bunzip2 bzcat xz unxz xzcat lzma unlzma zstd unzstd zstdcat lz4 brotli compress uncompress pigz':
    compressor,
  zip: tool({
    traits: ['reads', 'writes'],
    hides: 'exec',
    lenient: true,
    options: {
      '-T --test': 'flag',
      '-TT --unzip-command': 'shell',
      '-x -i -n -b -t -tt -P -s': 'value',
      '-@': { takes: 'nothing', hides: 'read' },
      '-m --move': 'mark',
      '-O --output-file --out': 'write',
      '-lf --logfile-path': 'write',
    },
    apply: (call, parsed) => {
      const [archive, ...files] = parsed.operands;
      if (archive !== undefined && archive.text !== '-')
        call.write(
          archive.known && !/\.\w+$/.test(archive.text)
            ? literal(`${archive.text}.zip`, archive.span)
            : archive,
        );
      for (const file of files) {
        call.read(file, true);
        if (hasOption(parsed, '-m')) call.write(file, true);
      }
    },
  }),
  unzip: tool({
    traits: ['reads'],
    hides: 'write',
    lenient: true,
    options: { '-d': 'keep', '-x': 'value', '-l -t -v -Z -p -c': 'mark' },
    apply: (call, parsed) => {
      const [archive] = parsed.operands;
      if (archive !== undefined) call.read(archive);
      if (hasOption(parsed, '-l')) return;
      call.trait('writes');
      call.writeAnywhereBelow(optionValue(parsed, '-d') ?? literal('.', call.span));
    },
  }),
  'unrar cabextract unsquashfs dtrx atool pax': tool({
    traits: ['reads', 'writes'],
    hides: 'exec',
    lenient: true,
    apply: (call, parsed) => {
      for (const operand of parsed.operands) call.read(operand);
      call.writeAnywhereBelow(literal('.', call.span));
    },
  }),
  'uudecode uuencode': tool({
    traits: ['reads', 'writes'],
    lenient: true,
    hides: 'write',
    options: { '-o': 'write' },
    apply: (call, parsed) => {
      for (const operand of parsed.operands) call.read(operand);
      if (call.name === 'uudecode' && !hasOption(parsed, '-o'))
        call.opaque('write', call.exec.argv.join(' '), 'the text says which file it writes');
    },
  }),
  zipinfo: tool({ traits: ['reads'], lenient: true, hides: 'read', operands: 'read' }),
  '7z 7za 7zr 7zz': tool({
    traits: ['reads', 'writes'],
    hides: 'write',
    lenient: true,
    apply: (call, parsed) => {
      const [mode, archive, ...files] = parsed.operands;
      const letter = mode?.known === true ? mode.text : '';
      if (archive !== undefined) call.read(archive);
      if (/^[lti]$/.test(letter)) return;
      const out = call.words.find((word) => word.text.startsWith('-o'));
      if (/^[xe]$/.test(letter))
        call.writeAnywhereBelow(
          out === undefined
            ? literal('.', call.span)
            : { ...out, text: out.text.slice(2), prefix: out.prefix.slice(2) },
        );
      else if (archive !== undefined) call.write(archive);
      for (const file of files) call.read(file, true);
    },
  }),
  cpio: tool({
    traits: ['reads'],
    hides: 'exec',
    lenient: true,
    options: {
      '-i --extract -p --pass-through': 'mark',
      '-o --create': 'flag',
      '-O -F --file': 'write',
      '-I': 'read',
      '--rsh-command': 'program',
      '-D --directory': 'keep',
      '-H --format -R --owner -E': 'value',
    },
    apply: (call, parsed) => {
      call.opaque('read', call.exec.argv.join(' '), 'the files come from standard input');
      if (!hasOption(parsed, '-i')) return;
      call.trait('writes');
      call.writeAnywhereBelow(parsed.operands[0] ?? optionValue(parsed, '-D') ?? literal('.', call.span));
      call.opaque('write', call.exec.argv.join(' '), 'the archive says which files it writes');
    },
  }),
  ar: tool({
    traits: ['reads', 'writes'],
    hides: 'write',
    // What it does is its first word, with a dash or without.
    rewrite: (words) => words.map((word) => (/^-[a-zA-Z]/.test(word.text) ? dropFirst(word, 1) : word)),
    options: { '--plugin': 'load', '--target --record-libdeps': 'value', '--output': 'write' },
    apply: (call, parsed) => {
      const [mode, archive, ...files] = parsed.operands;
      if (archive !== undefined) {
        call.read(archive);
        if (mode === undefined || !/^[tp]/.test(mode.text)) call.write(archive);
      }
      if (mode !== undefined && /^x/.test(mode.text)) call.writeAnywhereBelow(literal('.', call.span));
      for (const file of files) call.read(file);
    },
  }),
});
