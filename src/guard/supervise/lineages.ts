/** Which programs led to a process: who started whom, as a number that the supervisor keeps for each process. */
import { basename } from 'node:path';
import { lineages } from './protocol.ts';

export interface Lineage {
  readonly id: number;
  /** The program itself, last; null before the command's first. */
  readonly program: string | null;
  /** The names of all that led here, itself included. `?` where some cannot be told. */
  readonly names: readonly string[];
}

const mostLines = 20_000;

/** The programs of one session form few different lines, however often they run. */
export class Lineages {
  readonly #byId = new Map<number, Lineage>([
    [lineages.first, { id: lineages.first, program: null, names: [] }],
  ]);
  readonly #byKey = new Map<string, Lineage>();

  /** @param starter real path of the program that asks, for one that lost its line */
  of(id: number, starter: string): Lineage {
    const program = basename(starter);
    return this.#byId.get(id) ?? { id: lineages.lost, program, names: ['?', program] };
  }

  after(line: Lineage, program: string): Lineage {
    const names = line.names.includes(program) ? line.names : [...line.names, program].sort();
    const key = JSON.stringify([program, names]);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    // Names are the task's to choose. Beyond this many, a line is as good as lost.
    if (program !== '?' && this.#byId.size >= mostLines) return this.after({ ...line, names: [] }, '?');
    const lineage = { id: this.#byId.size + lineages.first, program, names };
    this.#byId.set(lineage.id, lineage);
    this.#byKey.set(key, lineage);
    return lineage;
  }
}
