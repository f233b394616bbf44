/** The log as the files that C2SP tlog-tiles names, for serving and for export. */
import { encodeBundle, parseTilePath, tileWidth, tileWidthAt } from '../../core/log/tiles.ts';
import type { LogReader } from './port.ts';

/** Contents of `checkpoint` or `tile/…` as it would lie in an export; null when the log has no such file. */
export async function readLayout(log: LogReader, path: string): Promise<Uint8Array | null> {
  if (path === 'checkpoint') return Buffer.from(await log.checkpoint());
  const name = parseTilePath(path);
  if (name === null || name.width > tileWidthAt(await log.size(), name)) return null;
  if (name.level !== 'entries') return log.tile(name.level, name.index, name.width);
  const first = name.index * tileWidth;
  return encodeBundle(await log.leaves(first, first + name.width));
}
