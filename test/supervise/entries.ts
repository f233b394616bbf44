/** What the log says of processes. */
import type { World } from '../cli/world.ts';

export interface ProcessEntry {
  readonly session: string;
  readonly command: string;
  readonly decision: 'allow' | 'deny' | 'step-up';
  readonly data: {
    readonly executable: { readonly path: string; readonly sha256: string | null };
    readonly interpreter?: { readonly path: string; readonly sha256: string | null };
    readonly argv: readonly string[];
    readonly cwd: string;
    readonly starter: string | null;
    readonly announced: boolean;
    readonly reason?: string;
    readonly advice?: string | null;
  };
}

/** Oldest first. */
export function processes(world: World, limit = 1000): readonly ProcessEntry[] {
  const found = world.json('log', 'search', '--type', 'execution.process', '--limit', String(limit)) as {
    index: number;
    entry: ProcessEntry;
  }[];
  return found.sort((a, b) => a.index - b.index).map(({ entry }) => entry);
}

/** Of the last session. */
export function lastProcesses(world: World): readonly ProcessEntry[] {
  const all = processes(world);
  return all.filter(({ session }) => session === all.at(-1)?.session);
}

export function alerts(world: World): readonly { readonly kind: string }[] {
  const found = world.json('log', 'search', '--type', 'alert', '--limit', '1000') as {
    entry: { data: { kind: string } };
  }[];
  return found.map(({ entry }) => entry.data);
}
