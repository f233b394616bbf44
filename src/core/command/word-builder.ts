/** Expansion of one word, part by part. */
import type { DoubleQuotedChild, WordPart } from 'unbash';
import type { Span } from '../model/operation.ts';
import { arithmeticNodes } from './arithmetic.ts';
import type { ExpansionHost } from './expansion-host.ts';
import { unknown, type Field } from './field.ts';
import { limits } from './limits.ts';
import { expandParameter, expandSimple, type Expanded, type WordExpansion } from './parameters.ts';
import { visitSubstitutions } from './substitutions.ts';

/** `argument` splits and globs; `single` does not, as in assignments, `case` words and here-strings. */
export type ExpansionMode = 'argument' | 'single';

/** Words of the form `name=~/x` and `name=a:~/x` have their inner tildes expanded. */
export function hasInnerTilde(raw: string): boolean {
  return raw.includes('=~') || raw.includes(':~');
}

/** Puts one word together from its parts: the fields that it expands to. */
export class WordBuilder {
  readonly #raw: string;
  readonly #span: Span;
  readonly #mode: ExpansionMode;
  readonly #host: ExpansionHost;
  readonly #words: WordExpansion;
  readonly #fields: Field[] = [];
  #text = '';
  /** Something stands here, even if it is empty. */
  #present = false;
  #known = true;
  #pattern = false;
  #stream = false;
  #many = false;
  #prefix: string | null = null;
  #loneDollar = false;
  #splits = false;

  constructor(raw: string, span: Span, mode: ExpansionMode, host: ExpansionHost, words: WordExpansion) {
    this.#raw = raw;
    this.#span = span;
    this.#mode = mode;
    this.#host = host;
    this.#words = words;
  }

  part(part: WordPart, first: boolean): void {
    switch (part.type) {
      case 'Literal':
        if (first) this.plain(part.text, part.value, false);
        else if (hasInnerTilde(part.text) || (part.text.startsWith('~') && /[=:]$/.test(this.#text)))
          this.#unknown(false);
        else this.#bare(part.text, part.value);
        break;
      case 'SingleQuoted':
        this.#literal(part.value);
        break;
      case 'AnsiCQuoted':
        // `\x{41}` is undocumented, and not what the parser takes it for; half a pair is no text.
        if (part.text.includes('\\x{') || !part.value.isWellFormed()) this.#unknown(false);
        else this.#literal(part.value);
        break;
      case 'DoubleQuoted':
      case 'LocaleString':
        this.quoted(part.parts);
        break;
      case 'Glob':
        this.#glob(part);
        break;
      case 'ExtendedGlob':
      case 'BraceExpansion':
        visitSubstitutions(part, this.#host);
        this.#unknown(false);
        break;
      case 'ProcessSubstitution':
        this.#host.substitution(part.script, part.text, this.#host.spanOf(part));
        this.#stream = true;
        this.#unknown(false);
        break;
      default:
        this.#expansion(part, false);
    }
  }

  /** Unquoted text at the word's beginning, where a tilde means a home. */
  plain(raw: string, value: string, wholeWord: boolean): void {
    if (raw.startsWith('~')) this.#tilde(raw, value, wholeWord);
    else if (hasInnerTilde(raw)) {
      const assignment = /^[A-Za-z_]\w*\+?=/.test(raw) || this.#mode === 'single';
      if (assignment) {
        const head = raw.slice(0, raw.search(/[=:]~/) + 1);
        if (value.startsWith(head)) this.#literal(head);
        this.#unknown(false);
      } else this.#bare(raw, value);
    } else this.#bare(raw, value);
  }

  quoted(parts: readonly DoubleQuotedChild[]): void {
    for (const part of parts) {
      if (part.type === 'Literal') this.#literal(part.value);
      else this.#expansion(part, true);
    }
  }

  /** Unquoted text. */
  #bare(raw: string, value: string): void {
    if (/(^|[^\\])\$/.test(raw)) this.#loneDollar = true;
    // Nothing but a line continuation is no text at all.
    if (value !== '') this.#literal(value);
  }

  fields(): readonly Field[] {
    // A dollar sign that expands nothing keeps Bash from splitting what else the word expands to.
    if (this.#loneDollar && this.#splits) this.#many = true;
    if (this.#many)
      return [unknown(this.#raw, this.#span, this.#fields[0]?.prefix ?? this.#prefix ?? this.#text, true)];
    this.#flush();
    return this.#fields;
  }

  #tilde(raw: string, value: string, wholeWord: boolean): void {
    const slash = raw.indexOf('/');
    const name = slash === -1 ? raw.slice(1) : raw.slice(1, slash);
    if (/[:=\\'"]/.test(name) || hasInnerTilde(raw)) {
      this.#unknown(true);
      return;
    }
    if (slash === -1 && !wholeWord) {
      // `~$x` and `~"x"` are no tilde prefixes.
      this.#literal(value);
      return;
    }
    const home =
      name === ''
        ? this.#host.state.variable('HOME')
        : name === '+'
          ? this.#host.state.variable('PWD')
          : 'unknown';
    const rest = slash === -1 ? '' : value.slice(value.indexOf('/'));
    if (typeof home === 'object') this.#literal(home.text === '/' && rest !== '' ? rest : home.text + rest);
    else this.#unknown(false);
  }

  #glob(part: Extract<WordPart, { type: 'Glob' }>): void {
    visitSubstitutions(part, this.#host);
    if (this.#mode === 'single') {
      if (part.kind === 'bracket' && part.parts.some((inner) => inner.type !== 'Literal'))
        this.#unknown(false);
      else this.#literal(part.value);
      return;
    }
    if (part.kind === 'bracket' && part.parts.some((inner) => inner.type !== 'Literal')) {
      this.#unknown(false);
      return;
    }
    this.#prefix ??= this.#text;
    this.#pattern = true;
    this.#literal(part.text);
  }

  #expansion(part: WordPart, quoted: boolean): void {
    const host = this.#host;
    let value: Expanded = 'unknown';
    switch (part.type) {
      case 'SimpleExpansion':
        value = expandSimple(part.text.slice(1), host);
        break;
      case 'ParameterExpansion':
        value = expandParameter(part, host, this.#words);
        break;
      case 'CommandExpansion':
        host.substitution(part.script, part.text, host.spanOf(part));
        break;
      case 'ArithmeticExpansion':
        visitSubstitutions(part, host);
        arithmeticNodes(
          part.text.startsWith('$((') ? part.text.slice(3, -2) : part.text.slice(2, -1),
          host,
          host.spanOf(part),
        );
        value = 'numeric';
    }
    if (value === 'unknown') this.#unknown(!quoted && this.#mode === 'argument');
    else if (value === 'list') {
      // "$@" and its like: any number of words even within quotes.
      this.#unknown(this.#mode === 'argument');
    } else if (value === 'numeric') this.#unknown(!quoted && !this.#defaultSplitting());
    else if ('fields' in value) this.#splice(value.fields, quoted);
    else if (quoted || this.#mode === 'single') this.#literal(value.text);
    else {
      this.#splits = true;
      this.#split(value.text);
    }
  }

  #defaultSplitting(): boolean {
    const separators = this.#host.state.variable('IFS');
    return typeof separators === 'object' && separators.text === ' \t\n';
  }

  /** Unquoted: split at blanks, and what remains may be a glob. */
  #split(text: string): void {
    if (!this.#defaultSplitting() || this.#host.state.oddExpansion) {
      this.#unknown(true);
      return;
    }
    if (text === '') return;
    const globs = /[*?[\\]/.test(text);
    if (globs && text.includes('\\')) {
      this.#unknown(true);
      return;
    }
    if (/^[ \t\n]/.test(text)) this.#flush();
    const words = text.split(/[ \t\n]+/).filter((word) => word !== '');
    words.forEach((word, index) => {
      if (index > 0) this.#flush();
      const wild = word.search(/[*?[]/);
      if (wild >= 0) {
        this.#prefix ??= this.#text + word.slice(0, wild);
        this.#pattern = true;
      }
      this.#literal(word);
    });
    if (/[ \t\n]$/.test(text)) this.#flush();
  }

  /** `"$@"` whose words are known. */
  #splice(fields: readonly Field[], quoted: boolean): void {
    const plain = fields.every((field) => field.known && !field.pattern);
    if (
      this.#mode === 'single' ||
      !plain ||
      (!quoted && fields.some((field) => /[\s*?[\\]|^$/.test(field.text)))
    ) {
      this.#unknown(true);
      return;
    }
    fields.forEach((field, index) => {
      if (index > 0) this.#flush();
      this.#literal(field.text);
    });
  }

  #literal(text: string): void {
    this.#present = true;
    this.#text += text;
    if (this.#text.length > limits.value) this.#unknown(false);
  }

  #unknown(many: boolean): void {
    this.#prefix ??= this.#text;
    this.#present = true;
    this.#known = false;
    if (many) this.#many = true;
  }

  #flush(): void {
    if (!this.#present) return;
    const known = this.#known;
    this.#fields.push({
      text: known ? this.#text : this.#raw,
      known,
      pattern: known && this.#pattern,
      many: false,
      stream: this.#stream && !known,
      prefix: this.#prefix ?? this.#text,
      span: this.#span,
    });
    this.#text = '';
    this.#present = false;
    this.#known = true;
    this.#pattern = false;
    this.#prefix = null;
  }
}
