/** Just enough of sed's language to see the files and commands in a script. */

export interface SedScript {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Runs commands (`e`, `s///e`). */
  readonly executes: boolean;
}

/** Null where the script is not certainly understood. */
export function readSedScript(script: string): SedScript | null {
  const reads: string[] = [];
  const writes: string[] = [];
  let executes = false;
  let at = 0;
  const end = script.length;
  const restOfLine = (): string => {
    const newline = script.indexOf('\n', at);
    const text = script.slice(at, newline < 0 ? end : newline);
    at = newline < 0 ? end : newline + 1;
    return text;
  };
  /** Passes over text up to an unescaped delimiter; false if there is none. */
  const skipTo = (delimiter: string, brackets: boolean): boolean => {
    for (; at < end; at += 1) {
      const char = script[at];
      if (char === '\\') at += 1;
      else if (char === '\n' && brackets) return false;
      else if (char === '[' && brackets) {
        const close = script.indexOf(']', at + (script[at + 1] === '^' ? 3 : 2));
        // Brackets that hold the delimiter are read differently by different seds.
        if (close > 0 && script.slice(at, close).includes(delimiter)) return false;
      } else if (char === delimiter) {
        at += 1;
        return true;
      }
    }
    return false;
  };
  const address = (): boolean => {
    const match = /^(\d+(~\d+)?|\$|[+~]\d+)/.exec(script.slice(at, at + 24));
    if (match !== null) {
      at += match[0].length;
      return true;
    }
    if (script[at] === '/' || script[at] === '\\') {
      const custom = script[at] === '\\';
      const delimiter = custom ? script[at + 1] : '/';
      at += custom ? 2 : 1;
      if (delimiter === undefined || !skipTo(delimiter, true)) return false;
      while (/[IM]/.test(script[at] ?? '')) at += 1;
    }
    return true;
  };
  while (at < end) {
    if (/[\s;{}]/.test(script[at] ?? '')) {
      at += 1;
      continue;
    }
    if (script[at] === '#') {
      restOfLine();
      continue;
    }
    if (!address()) return null;
    while (script[at] === ' ') at += 1;
    if (script[at] === ',') {
      at += 1;
      while (script[at] === ' ') at += 1;
      if (!address()) return null;
    }
    while (/[ !]/.test(script[at] ?? '')) at += 1;
    const command = script[at];
    at += 1;
    switch (command) {
      case undefined:
      case '{':
      case '}':
      case ';':
      case '\n':
        break;
      case 's': {
        const delimiter = script[at];
        at += 1;
        if (
          delimiter === undefined ||
          /[\\\n]/.test(delimiter) ||
          !skipTo(delimiter, true) ||
          !skipTo(delimiter, false)
        )
          return null;
        for (; at < end && /[gpiImMe0-9w]/.test(script[at] ?? ''); at += 1) {
          if (script[at] === 'e') executes = true;
          if (script[at] === 'w') {
            at += 1;
            writes.push(restOfLine().trim());
            at -= 1;
            break;
          }
        }
        break;
      }
      case 'y': {
        const delimiter = script[at];
        at += 1;
        if (delimiter === undefined || !skipTo(delimiter, false) || !skipTo(delimiter, false)) return null;
        break;
      }
      case 'e':
        executes = true;
        restOfLine();
        break;
      case 'r':
      case 'R':
        reads.push(restOfLine().trim());
        break;
      case 'w':
      case 'W':
        writes.push(restOfLine().trim());
        break;
      case 'a':
      case 'i':
      case 'c': {
        for (;;) {
          const line = restOfLine();
          if (!line.endsWith('\\') || at >= end) break;
        }
        break;
      }
      case ':':
        restOfLine();
        break;
      case 'b':
      case 't':
      case 'T': {
        const label = /^[ \t]*[\w.-]*/.exec(script.slice(at))?.[0] ?? '';
        at += label.length;
        break;
      }
      case 'q':
      case 'Q':
      case 'l':
      case 'L': {
        const code = /^[ \t]*\d*/.exec(script.slice(at))?.[0] ?? '';
        at += code.length;
        break;
      }
      default:
        if (!/[dDgGhHnNpPxzF=]/.test(command)) return null;
    }
    const separator = /^[ \t]*/.exec(script.slice(at, at + 200))?.[0] ?? '';
    at += separator.length;
    const after = script[at];
    const closed = command === undefined || /[{};\n]/.test(command) || 'rRwWaicse:'.includes(command);
    if (after !== undefined && !closed && !/[;\n}#]/.test(after)) return null;
    if (command === 's' && after !== undefined && !/[;\n}#\s]/.test(after) && writes.length === 0)
      return null;
  }
  return { reads, writes, executes };
}
