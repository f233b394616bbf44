/** Paths that an index has as repositories within the repository (submodules), read without running git. */

const gitlink = 0o160000;
/** Up to the object id: times, device, inode, mode, owner, size. */
const statBytes = 40;

/**
 * gitformat-index(5), versions 2 to 4. A split index has its entries in a shared one, of the same format.
 * @param hashBytes of an object id: 20 or 32
 * @throws RangeError where the bytes are no whole index
 */
export function gitlinksOf(index: Buffer, hashBytes: number): string[] {
  if (index.toString('latin1', 0, 4) !== 'DIRC') throw new RangeError('not an index');
  const version = index.readUInt32BE(4);
  const count = index.readUInt32BE(8);
  const found: string[] = [];
  let at = 12;
  let path = Buffer.alloc(0);
  for (let entry = 0; entry < count; entry++) {
    const start = at;
    const mode = index.readUInt32BE(start + 24);
    const flags = index.readUInt16BE(start + statBytes + hashBytes);
    at = start + statBytes + hashBytes + (version >= 3 && (flags & 0x4000) !== 0 ? 4 : 2);
    let kept = 0;
    if (version >= 4) [kept, at] = strip(index, at, path.length);
    const end = index.indexOf(0, at);
    if (end < 0) throw new RangeError('a path without an end');
    path = Buffer.concat([path.subarray(0, kept), index.subarray(at, end)]);
    // Versions before 4 fill each entry up to a multiple of eight bytes, one at least.
    at = version >= 4 ? end + 1 : start + ((end - start + 8) & ~7);
    if (mode === gitlink) found.push(path.toString('utf8'));
  }
  return found;
}

/** How much of the path before is kept, as a variable-width number of what is not. */
function strip(index: Buffer, from: number, length: number): [kept: number, at: number] {
  let at = from;
  let byte = index.readUInt8(at++);
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = index.readUInt8(at++);
    value = ((value + 1) << 7) | (byte & 0x7f);
  }
  if (value > length) throw new RangeError('a path that keeps more than there is');
  return [length - value, at];
}
