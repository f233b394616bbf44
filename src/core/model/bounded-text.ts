/** A stream's text, where whoever sends it must not be able to fill the memory. */

/** @returns null where there is more than `most` bytes */
export async function boundedText(chunks: AsyncIterable<Uint8Array>, most: number): Promise<string | null> {
  const taken: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > most) return null;
    taken.push(chunk);
  }
  return Buffer.concat(taken).toString('utf8');
}
