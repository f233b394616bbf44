/** The log as tiles (C2SP tlog-tiles), from what the store keeps. */
import { encodeBundle, tileWidth, tileWidthAt, type TileName } from '../../core/log/tiles.ts';
import type { LogReader } from '../store/port.ts';

/** Null when the log has no such tile at this size. */
export async function readTile(log: LogReader, name: TileName): Promise<Uint8Array | null> {
  const { level, index, width } = name;
  if (tileWidthAt(await log.size(), { level, index }) < width) return null;
  if (level !== 'entries') return log.tile(level, index, width);
  const first = index * tileWidth;
  return encodeBundle(await log.leaves(first, first + width));
}
