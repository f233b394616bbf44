/** Command lines over the modelled tools, the same for the same seed, for the world of `kernel-lab.ts`. */

/** A small generator of even numbers (mulberry32). */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  }

  of<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0];
  }

  in(outOf: number): boolean {
    return this.below(outOf) === 0;
  }
}

export function generatedCommands(count: number, seed: number): readonly string[] {
  const chance = new Chance(seed);
  return Array.from({ length: count }, () => new Writer(chance).line());
}

const files =
  'a.txt b.txt list.txt words.txt src/a.ts src/b.ts src/deep/c.txt .env package.json run.sh'.split(' ') as [
    string,
    ...string[],
  ];
const farFiles = [
  '../outside/o.txt',
  '/outside/o.txt',
  '/outside/dir/p.txt',
  '~/notes.txt',
  '~/.ssh/id_rsa',
  '/tmp/t.txt',
  'in/a.ts',
  'out/o.txt',
  'keys/id_rsa',
  'src/up/a.txt',
  'src/up/../outside/o.txt',
  'src/deep/o',
  './a.txt',
  'src//a.ts',
  'src/../b.txt',
  'in/../b.txt',
  'out/../outside/o.txt',
  '/repo/a.txt',
  '$HOME/notes.txt',
  '"$HOME/notes.txt"',
  '$PWD/a.txt',
  '/proc/self/cwd/a.txt',
  '/proc/self/root/outside/o.txt',
  "'x y.md'",
  '"x y.md"',
  'x\\ y.md',
  "$'x y.md'",
  '"docs/read me.md"',
  '{a,b}.txt',
  'src/{a,b}.ts',
  '*.txt',
  'src/*',
  'src/*.ts',
  '?.txt',
  '[ab].txt',
  '*/a.ts',
  '.e*',
  'o*/o.txt',
  'src/deep/../a.ts',
  'missing.txt',
  '/etc/passwd',
  'keys/*',
] as const;
const newFiles = [
  'new.txt',
  'out.txt',
  'src/new.ts',
  '/tmp/new.txt',
  '../outside/new.txt',
  'out/new.txt',
  '"new file"',
  'in/new',
  './new',
  'src/up/new',
  '~/new',
  "n'e'w",
  '${F}.bak',
  '.hidden',
] as const;
const directories = [
  'src',
  'docs',
  '.',
  'src/deep',
  '/tmp',
  '/outside',
  'out',
  'in',
  '..',
  '~',
  'src/up',
  'fresh',
  './src/',
  '"$PWD"',
  'in/deep',
  '/repo',
] as const;

class Writer {
  readonly #chance: Chance;
  #depth = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  line(): string {
    const chance = this.#chance;
    const setup = chance.in(5)
      ? chance.of([
          'F=a.txt; ',
          'D=src; F=$D/a.ts; ',
          'cd src; ',
          'cd in && ',
          'mkdir -p fresh; ',
          'F="x y.md"; ',
          'ln -s /outside lnk; ',
          'ln -s ../.. src/deep/top; ',
          'set -- a.txt b.txt; ',
          'f() { cat "$@"; }; ',
          'cd src/deep || exit; ',
          'cd -P in; ',
          'export D=docs; ',
        ])
      : '';
    return setup + this.list();
  }

  list(): string {
    const chance = this.#chance;
    this.#depth += 1;
    const parts = [this.statement()];
    while (parts.length < 4 && chance.in(3))
      parts.push(chance.of([' ; ', ' && ', ' || ', '\n', ' | ', ' ; ']), this.statement());
    this.#depth -= 1;
    return parts.join('');
  }

  statement(): string {
    const chance = this.#chance;
    if (this.#depth < 3 && chance.in(5)) return this.compound();
    const command = chance.in(6) ? this.wrapped() : this.command();
    return chance.in(5) ? command + this.redirection() : command;
  }

  compound(): string {
    const chance = this.#chance;
    const body = (): string => this.list();
    switch (chance.below(13)) {
      case 0:
        return `( ${body()} )`;
      case 1:
        return `{ ${body()}\n}`;
      case 2:
        return `for f in ${this.file()} ${this.file()}; do ${chance.of(['cat "$f"', 'cp "$f" /tmp', 'rm -f $f', 'wc < "$f"', 'sort -o "$f" "$f"', 'echo x >> "$f.log"'])}\ndone`;
      case 3:
        return `if ${body()}\nthen ${body()}\nelse ${body()}\nfi`;
      case 4:
        return `while read -r f; do ${chance.of(['cat "$f"', 'touch "$f"', 'echo "$f"'])}; done < list.txt`;
      case 5:
        return `case ${this.word()} in a*) ${body()}\n;; *) ${body()}\n;; esac`;
      case 6:
        return `f() { ${body()}\n}; f ${this.file()}`;
      case 7:
        return `( cd ${this.directory()} && ${body()} )`;
      case 8:
        return `cat $(echo ${this.file()}) `;
      case 9:
        return `bash -c ${quoted(body())}`;
      case 10:
        return `sh -c ${quoted(this.command())}`;
      case 11:
        return `eval ${quoted(body())}`;
      default:
        return `diff <(${this.command()}) <(cat ${this.file()})`;
    }
  }

  redirection(): string {
    const chance = this.#chance;
    switch (chance.below(8)) {
      case 0:
        return ` < ${this.plainFile()}`;
      case 1:
        return ` >> ${this.newFile()}`;
      case 2:
        return ` 2> ${this.newFile()}`;
      case 3:
        return ` &> ${this.newFile()}`;
      case 4:
        return ` >| ${this.newFile()}`;
      case 5:
        return ` <<< ${this.word()} > ${this.newFile()}`;
      case 6:
        return ` 3< ${this.plainFile()} <&3`;
      default:
        return ` > ${this.newFile()}`;
    }
  }

  wrapped(): string {
    const chance = this.#chance;
    return `${chance.of(['env', 'env A=1', 'timeout 5', 'nice', 'nice -n 5', 'command', 'time', 'stdbuf -o0', 'env -C src', 'A=1', 'builtin command', 'nohup', 'xargs -r < list.txt', 'xargs -a list.txt', 'env -u A', '! ', 'flock /tmp/lock', 'xargs -I{} < list.txt', 'exec'])} ${this.program()}`;
  }

  command(): string {
    return this.#chance.in(12)
      ? this.#chance.of([
          'cd src',
          'cd ..',
          'pwd',
          'echo x',
          'true',
          'cd out',
          'F=b.txt',
          'printf %s x',
          'test -f a.txt',
          'set -f',
          'cd -',
          'export X=1',
          'read -r F < list.txt',
          'shift',
        ])
      : this.program();
  }

  /** A command that is a program, so that wrappers can run it. */
  program(): string {
    const file = (): string => this.file();
    const fresh = (): string => this.newFile();
    const directory = (): string => this.directory();
    const templates: readonly [() => string, ...(() => string)[]] = [
      () => `cat ${file()} ${file()}`,
      () => `cat -n -- ${file()}`,
      () => `head -n 1 ${file()}`,
      () => `tail -c +2 ${file()}`,
      () => `wc -l ${file()} ${file()}`,
      () => `sort ${file()} -o ${fresh()}`,
      () => `sort -o${fresh()} ${file()}`,
      () => `sort --output=${fresh()} ${file()}`,
      () => `sort -T /tmp -u ${file()}`,
      () => `uniq ${file()} ${fresh()}`,
      () => `tee ${fresh()}`,
      () => `tee -a ${fresh()} ${fresh()}`,
      () => `cp ${file()} ${fresh()}`,
      () => `cp ${file()} ${file()} ${directory()}`,
      () => `cp -r ${directory()} ${fresh()}`,
      () => `cp -a ${file()} ${directory()}`,
      () => `cp -t ${directory()} ${file()}`,
      () => `cp --target-directory=${directory()} ${file()}`,
      () => `cp -s /repo/a.txt ${fresh()}`,
      () => `cp -l ${file()} ${fresh()}`,
      () => `cp --backup ${file()} b.txt`,
      () => `cp --parents ${file()} ${directory()}`,
      () => `mv ${file()} ${fresh()}`,
      () => `mv ${file()} ${directory()}`,
      () => `mv -t ${directory()} ${file()}`,
      () => `mv -b a.txt b.txt`,
      () => `ln ${file()} ${fresh()}`,
      () => `ln -s ${file()} ${fresh()}`,
      () => `ln -sf ${file()} ${directory()}`,
      () => `ln -sr ${file()} ${fresh()}`,
      () => `rm -f ${file()}`,
      () =>
        `rm -rf ${this.#chance.of(['src', 'docs', 'in', 'out', 'src/deep', './docs', '/tmp/t.txt', 'out/dir', 'in/'])}`,
      () => `rmdir ${directory()}`,
      () => `unlink ${file()}`,
      () => `mkdir -p ${fresh()}/a/b`,
      () => `mkdir ${fresh()}`,
      () => `touch ${file()} ${fresh()}`,
      () => `touch -r ${file()} ${fresh()}`,
      () => `truncate -s 1 ${file()}`,
      () => `chmod u+x ${file()}`,
      () => `chmod -R go-w ${directory()}`,
      () => `dd if=${file()} of=${fresh()} status=none`,
      () => `sed -n 1p ${file()}`,
      () => `sed -i s/a/b/ ${file()}`,
      () => `sed -i.bak -e 1d ${file()}`,
      () => `sed 'w ${bare(fresh())}' ${file()}`,
      () => `sed -n 's/a/b/w ${bare(fresh())}' ${file()}`,
      () => `sed 'r ${bare(file())}' ${file()}`,
      () => `sed -f edit.sed ${file()}`,
      () => `awk '{ print }' ${file()}`,
      () => `awk '{ print > "${bare(fresh())}" }' ${file()}`,
      () => `awk 'BEGIN { while ((getline line < "${bare(file())}") > 0) print line }'`,
      () => `awk -v x=1 '{ print x, $1 }' ${file()}`,
      () => `awk '{ system("cat a.txt") }' ${file()}`,
      () => `grep -n a ${file()} ${file()}`,
      () => `grep -r x ${directory()}`,
      () => `grep -R x ${directory()}`,
      () => `grep -f list.txt ${file()}`,
      () => `grep -rl x --include='*.ts' .`,
      () => `find ${directory()} -maxdepth 2 -name '*.ts'`,
      () => `find ${directory()} -maxdepth 2 -name '*.txt' -exec cat {} \\;`,
      () => `find src -name '*.ts' -exec cp -t /tmp {} +`,
      () => `find ${directory()} -maxdepth 1 -name '*.md' -delete`,
      () => `find src -type f -execdir cat {} \\;`,
      () => `find src -fprint ${fresh()}`,
      () => `find . -newer ${file()} -maxdepth 1`,
      () => `find -L src -maxdepth 2 -name '*.txt'`,
      () => `find src -name '*.ts' | xargs cat`,
      () => `find src -name '*.ts' -print0 | xargs -0 -I{} cp {} /tmp`,
      () => `ls -la ${directory()}`,
      () => `ls ${file()}`,
      () => `du -a ${directory()}`,
      () => `stat ${file()}`,
      () => `readlink -f ${file()}`,
      () => `sha256sum ${file()}`,
      () => `base64 ${file()}`,
      () => `od -c ${file()}`,
      () => `cut -d: -f1 ${file()}`,
      () => `paste ${file()} ${file()}`,
      () => `join ${file()} ${file()}`,
      () => `comm ${file()} ${file()}`,
      () => `diff -r ${directory()} ${directory()}`,
      () => `diff ${file()} ${file()}`,
      () => `cmp ${file()} ${file()}`,
      () => `patch -p1 -i change.patch`,
      () => `patch -p1 < change.patch`,
      () => `install -m 600 ${file()} ${fresh()}`,
      () => `install -D ${file()} fresh/x/y`,
      () => `install -d ${fresh()}/x`,
      () => `install -t ${directory()} ${file()}`,
      () => `split -l 1 ${file()} ${fresh()}`,
      () => `split -b 3 ${file()}`,
      () => `csplit -s -f ${fresh()} a.txt 2`,
      () => `shuf -o ${fresh()} ${file()}`,
      () => `shuf -n 1 ${file()}`,
      () => `tac ${file()}`,
      () => `nl ${file()}`,
      () => `tr a b < ${this.plainFile()}`,
      () => `mktemp -p ${directory()}`,
      () => `mktemp /tmp/x.XXXXXX`,
      () => `tar cf ${fresh()} ${file()}`,
      () => `tar -czf ${fresh()} ${directory()}`,
      () => `tar -C src -cf /tmp/x.tar a.ts deep`,
      () => `tar xf archive.tar`,
      () => `tar -xf archive.tar -C ${directory()}`,
      () => `tar xf archive.tar words.txt --to-stdout`,
      () => `tar tf archive.tar`,
      () => `tar -rf archive.tar ${file()}`,
      () => `tar --remove-files -cf ${fresh()} b.txt`,
      () => `tar -T list.txt -cf ${fresh()}`,
      () => `gzip -k ${file()}`,
      () => `gzip ${file()}`,
      () => `gzip -c ${file()}`,
      () => `gunzip -f words.txt.gz`,
      () => `gzip -d -c words.txt.gz`,
      () => `bzip2 -k ${file()}`,
      () => `gzip -r ${directory()}`,
      () => `uniq ${file()}`,
      () => `find -L ${directory()} -maxdepth 1`,
      () => `cp -rL ${directory()} /tmp/copy`,
      () => `cp -b ${file()} ${fresh()}`,
      () => `mv --backup=numbered b.txt a.txt`,
      () => `mv -S .old -b b.txt a.txt`,
      () => `xz -k ${file()}`,
      () => `perl -i -pe 's/a/b/' ${file()}`,
      () => `git status --short`,
      () => `git diff`,
      () => `git add ${file()}`,
      () => `git add -A`,
      () => `git commit -qam x`,
      () => `git log --oneline -3`,
      () => `git show HEAD:a.txt`,
      () => `git rm -q --cached a.txt`,
      () => `git rm -q b.txt`,
      () => `git mv a.txt ${fresh()}`,
      () => `git checkout -q other`,
      () => `git checkout -q -b topic`,
      () => `git restore ${file()}`,
      () => `git stash -q`,
      () => `git clean -fdq`,
      () => `git tag v1`,
      () => `git branch x`,
      () => `git -C src status`,
      () => `git apply change.patch`,
      () => `git archive -o ${fresh()} HEAD`,
      () => `git format-patch -q -1 -o ${directory()}`,
      () => `git diff --output=${fresh()}`,
      () => `git diff --no-index a.txt ${file()}`,
      () => `git reset -q --hard`,
      () => `git config user.name z`,
      () => `git init -q ${fresh()}`,
      () => `git grep alpha`,
      () => `git blame a.txt`,
      () => `git worktree add -q /tmp/wt other`,
      () => `git hash-object -w ${file()}`,
      () => `git ls-files`,
      () => `git bundle create ${fresh()} HEAD`,
      () => `bash run.sh`,
      () => `source ./run.sh`,
      () => `. ./run.sh`,
      () => `cat "$F" ${file()}`,
      () => `cat $1 "$@"`,
      () => `cp "$F" $D`,
      () => `echo x > ${fresh()}`,
      () => `printf 'a\\n' >> ${file()}`,
      () => `cat lnk/o.txt`,
      () => `cat src/deep/top/a.txt`,
      () => `jq . package.json`,
      () => `column -t ${file()}`,
      () => `fold -w 3 ${file()}`,
      () => `basename ${file()}`,
      () => `realpath ${file()}`,
      () => `file ${file()}`,
      () => `date -r ${file()}`,
      () => `env sort -o ${fresh()} a.txt`,
      () => `xargs rm -f < list.txt`,
      () => `xargs -n1 sh -c 'cat "$0"' < list.txt`,
      () => `cmp -s ${file()} a.txt`,
      () => `expand ${file()}`,
      () => `zcat words.txt.gz`,
      () => `python3 -c 'open("py.txt", "w")'`,
    ];
    return this.#chance.of(templates)();
  }

  word(): string {
    return this.#chance.of(['a', '"$F"', "'b c'", '$F', 'x{1,2}', 'a*', '""', '$(echo q)']);
  }

  file(): string {
    const chance = this.#chance;
    const name = chance.in(2) ? chance.of(farFiles) : chance.of(files);
    return chance.in(12) ? respelt(name, chance) : name;
  }

  /** For where only one word may stand. */
  plainFile(): string {
    return this.#chance.of([
      'a.txt',
      '.env',
      'src/a.ts',
      '"x y.md"',
      '/outside/o.txt',
      'out/o.txt',
      '~/notes.txt',
      '"$F"',
      'list.txt',
      'src/up/b.txt',
      'keys/id_rsa',
      './words.txt',
    ]);
  }

  newFile(): string {
    return this.#chance.of(newFiles);
  }

  directory(): string {
    return this.#chance.of(directories);
  }
}

/** The same name, written otherwise. */
function respelt(name: string, chance: Chance): string {
  if (!/^[\w./]+$/.test(name)) return name;
  const at = chance.below(name.length);
  return chance.of([
    `"${name}"`,
    `'${name}'`,
    `${name.slice(0, at)}''${name.slice(at)}`,
    `${name.slice(0, at)}\\${name.slice(at)}`,
    `$'${name}'`,
    `./${name}`,
    `${name.slice(0, at)}""${name.slice(at)}`,
  ]);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** For within the text of another language. */
function bare(word: string): string {
  return word
    .replace(/["'\\{}$]|\bHOME\b|\bPWD\b/g, '')
    .replace(/^~/, '/home/writ')
    .replace(/[*?[\]]/g, '');
}
