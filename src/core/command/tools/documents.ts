/** Documents, pictures and sound: viewers, converters, and the formats among them that run programs. */
import type { Call } from '../call.ts';
import type { Field } from '../field.ts';
import { named, tool, type ToolModel } from '../tool.ts';

/** Reads its operands; with `-o` and the like it writes. */
const viewer = (values = ''): ToolModel =>
  tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: { '-o --output --out': 'write', ...(values === '' ? {} : { [values]: 'value' as const }) },
    operands: 'read',
  });

/** Reads the first operand, writes the last. */
const converter = tool({
  traits: ['reads', 'writes'],
  hides: 'exec',
  lenient: true,
  options: { '-f -l -r -x -y -W -H -opw -upw -enc -layout -T -K -G -N -E -D -g -q': 'value', '-o': 'write' },
  apply: (call, parsed) => {
    const [input, output] = parsed.operands;
    if (input !== undefined) call.read(input);
    if (output !== undefined && output.text !== '-') call.write(output);
  },
});

/** ImageMagick and ffmpeg: any word may be an input, an output or an address, and some formats run programs. */
function media(call: Call): void {
  for (const word of call.words) {
    const text = word.known ? word.text : word.prefix;
    if (/^[a-z][\w-]*:\/\//i.test(text)) connectOrRead(call, word);
    else if (
      /^(https?|ftp|msl|mvg|ephemeral|label|text|caption|script|pipe|popen|exec|concat|subfile|data):/i.test(
        text,
      )
    )
      call.opaque('exec', word.text, 'its formats can run programs and read other files');
    else if (/^[|@]/.test(text)) call.opaque('exec', word.text, 'its formats can run programs');
    else if (!text.startsWith('-') && (/[./]/.test(text) || !word.known)) {
      call.read(word);
      call.write(word);
    }
  }
}

function connectOrRead(call: Call, word: Field): void {
  call.trait('network', 'publishes');
  call.connectToField(word);
}

/** TeX writes next to its input, and runs programs where it is told to. */
const tex = tool({
  traits: ['builds', 'writes'],
  hides: 'exec',
  lenient: true,
  style: { singleDash: true },
  options: {
    '-shell-escape -enable-write18 -ini -pdflatex -latex -e -r -usepretex': { takes: 'maybe', hides: 'exec' },
    '-output-directory -outdir -auxdir -aux-directory': 'write-tree',
    '-jobname -interaction -output-format -synctex -fmt -progname': 'maybe',
  },
  apply: (call, parsed) => {
    for (const operand of parsed.operands) {
      if (/^[\\&]/.test(operand.prefix))
        call.opaque('exec', operand.text, 'it is TeX code, which is not read');
      else call.read(operand);
    }
  },
});

/** Formatters of manual pages: their macros read files, and run programs where it is allowed. */
const troff = tool({
  traits: ['reads'],
  hides: 'exec',
  lenient: true,
  options: { '-U -S': { takes: 'nothing', hides: 'exec' }, '-m -T -r -d -M -f -F -w -W': 'maybe' },
  operands: 'read',
});

export const documents = named({
  'eza exa lsd dust duf ncdu hexyl chafa viu look ul zless zmore zcmp zdiff xmore w3m links lynx pg cheat tldr':
    viewer('-L --level -s --sort -c -n'),
  'jo gron fx dasel mlr xsv qsv datamash xmlstarlet xsltproc tidy html2text pup htmlq hxselect csvkit in2csv sql2csv csvjson csvformat jc':
    viewer('-f -t -F --ifs --ofs'),
  'difft diff-so-fancy icdiff meld riff': viewer(),
  'pdftotext pdfinfo pdftoppm pdfimages pdfunite pdfseparate qpdf ps2pdf antiword docx2txt catdoc': converter,
  'convert magick identify mogrify gm montage composite ffmpeg ffprobe ffplay sox cwebp dwebp optipng jpegoptim pngquant exiftool inkscape rsvg-convert svgo':
    tool({ traits: ['reads', 'writes'], hides: 'exec', raw: media }),
  'latex pdflatex xelatex lualatex tex pdftex xetex luatex latexmk tectonic bibtex biber makeindex dvips':
    tex,
  'troff groff nroff eqn tbl pic soelim zsoelim grn refer': troff,
  'gs dvipdf enscript': tool({
    traits: ['reads', 'writes', 'runs-code'],
    hides: 'exec',
    lenient: true,
    operands: 'read',
  }),
  'dot neato fdp circo plantuml mmdc d2 asciidoctor asciidoc marp typst hugo jekyll mdbook zola eleventy vhs freeze silicon':
    tool({
      traits: ['builds', 'writes'],
      hides: 'exec',
      lenient: true,
      options: { '-o -O --output --out -d --destination': 'write-tree', '-T -K -G -N -E': 'maybe' },
      operands: 'read-tree',
    }),
  'info whatis apropos': tool({ traits: ['reads'], lenient: true, hides: 'read' }),
});
