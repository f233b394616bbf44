/** Several ways to the same end, measured in one run. */

export type Ways = Readonly<Record<string, () => void | Promise<void>>>;

export interface Measured {
  readonly name: string;
  /** Milliseconds. */
  readonly median: number;
  readonly p95: number;
}

/** Every round goes each way once, in turn, so that the machine's moods meet all of them; the first rounds warm caches. */
export async function sideBySide(
  ways: Ways,
  rounds: number,
  warmUp = 2,
  /** After each, and not counted. */
  clear: () => Promise<void> = async () => {},
): Promise<readonly Measured[]> {
  const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [name, way] of Object.entries(ways)) {
      const begun = performance.now();
      await way();
      if (round >= 0) times.get(name)?.push(performance.now() - begun);
      await clear();
    }
  }
  return [...times].map(([name, values]) => {
    const sorted = values.toSorted((a, b) => a - b);
    const quantile = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
    return { name, median: quantile(0.5), p95: quantile(0.95) };
  });
}

/** One table, with each median as so many times that of the ways which are named; and the same as a line of JSON. */
export function report(
  bench: string,
  rounds: number,
  measured: readonly Measured[],
  compared: readonly string[],
): void {
  const base = (name: string) => measured.find((one) => one.name === name)?.median ?? Number.NaN;
  const rows = measured.map(({ name, median, p95 }) => ({
    name,
    'median ms': rounded(median),
    'p95 ms': rounded(p95),
    ...Object.fromEntries(compared.map((other) => [`x ${other}`, rounded(median / base(other))])),
  }));
  console.table(rows);
  console.log(JSON.stringify({ bench, rounds, rows }));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
