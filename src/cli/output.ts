/** What a person reads goes here; with `--json` exactly one JSON value goes to standard output instead. */
import { styleText } from 'node:util';
import { errorBody, WritError } from '../core/model/errors.ts';
import { exit } from './exit.ts';
import { spellUnseen } from '../core/model/unseen.ts';

export interface OutputOptions {
  readonly json?: boolean;
}

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** One line to standard error, prefixed so that it is never taken for the governed command's own output. */
export function say(text: string): void {
  process.stderr.write(`writ: ${visible(text).replaceAll('\n', '\nwrit:   ')}\n`);
}

type Style = Parameters<typeof styleText>[0];

/** Colours only on a terminal; `NO_COLOR` is honoured. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  const plain = !stream.isTTY || (process.env['NO_COLOR'] ?? '') !== '';
  return plain ? text : styleText(style, text, { validateStream: false });
}

/** Text of unknown origin must not drive the reader's terminal: control characters are spelled out. */
export function visible(text: string): string {
  return text.replaceAll(/[^\n\t]+/g, spellUnseen);
}

/** `1 fault`, `2 faults`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Columns aligned by their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Reports a fault and sets the exit status. */
export function reportError(error: unknown, options: OutputOptions): void {
  const known = error instanceof WritError ? error : unexpected(error);
  if (options.json === true) printJson(errorBody(known));
  const place = known.place === null ? '' : `${known.place.file}:${known.place.line}:${known.place.column}: `;
  say(`${place}${known.message} [${known.code}]`);
  if (known.hint !== null) say(known.hint);
  process.exitCode = exit.failed;
}

function unexpected(error: unknown): WritError {
  const message = error instanceof Error ? error.message : String(error);
  if (process.env['WRIT_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return new WritError('unexpected', message, {
    hint: 'Set WRIT_DEBUG=1 to see where it comes from.',
    cause: error,
  });
}
