/** Proofs about a live log, each with the signed checkpoint that it leads to. */
import { parseCheckpoint } from '../../core/log/checkpoint.ts';
import { consistencyProof, inclusionProof, type Hash, type NodeReader } from '../../core/log/merkle.ts';
import { parseNote } from '../../core/log/note.ts';
import type { TlogProof } from '../../core/log/proof.ts';
import { nodesFromTiles } from '../../core/log/tile-nodes.ts';
import type { LogReader } from './port.ts';

export interface ConsistencyProof {
  readonly from: number;
  readonly to: number;
  readonly hashes: readonly Hash[];
  /** Signed note of the tree of size `to`. */
  readonly checkpoint: string;
}

/**
 * That an entry stands at that index; `formatProof` of core/log writes it as a file.
 * @throws WritError `range_invalid` when there is no such entry
 */
export async function proveInclusion(log: LogReader, index: number): Promise<TlogProof> {
  const { checkpoint, size, nodes } = await currentTree(log);
  return { index, hashes: await inclusionProof(index, size, nodes), checkpoint, extra: null };
}

/**
 * That the log as it is now begins with the log as it was at size `from`.
 * @throws WritError `range_invalid` when it was never that long
 */
export async function proveConsistency(log: LogReader, from: number): Promise<ConsistencyProof> {
  const { checkpoint, size, nodes } = await currentTree(log);
  return { from, to: size, hashes: await consistencyProof(from, size, nodes), checkpoint };
}

async function currentTree(
  log: LogReader,
): Promise<{ readonly checkpoint: string; readonly size: number; readonly nodes: NodeReader }> {
  const checkpoint = await log.checkpoint();
  const { size } = parseCheckpoint(parseNote(checkpoint).text);
  const nodes = nodesFromTiles(size, ({ level, index, width }) => log.tile(level, index, width));
  return { checkpoint, size, nodes };
}
