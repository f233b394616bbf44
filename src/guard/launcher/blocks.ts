/** Blocks: a count and as many items, each a length and its bytes; 32-bit little endian (native/block.h). */
import { WritError } from '../../core/model/errors.ts';

export function encodeBlock(items: readonly (string | Uint8Array)[]): Buffer {
  const parts = [number(items.length)];
  for (const item of items) {
    const bytes = Buffer.from(item as string);
    parts.push(number(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const maxItems = 65_536;
const maxBytes = 8 * 1024 * 1024;

/** Collects what arrives until whole blocks are there. */
export class BlockReader {
  #received = Buffer.alloc(0);

  /** The blocks that are complete with this. @throws WritError `request_too_large` */
  read(chunk: Uint8Array): Buffer[][] {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.#received.length > maxBytes) throw tooLarge();
    const blocks: Buffer[][] = [];
    for (let block = this.#take(); block !== null; block = this.#take()) blocks.push(block);
    return blocks;
  }

  #take(): Buffer[] | null {
    const bytes = this.#received;
    if (bytes.length < 4) return null;
    const count = bytes.readUInt32LE(0);
    if (count > maxItems) throw tooLarge();
    const items: Buffer[] = [];
    let at = 4;
    while (items.length < count) {
      if (bytes.length - at < 4) return null;
      const length = bytes.readUInt32LE(at);
      if (length > maxBytes) throw tooLarge();
      if (bytes.length - at - 4 < length) return null;
      items.push(bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    this.#received = bytes.subarray(at);
    return items;
  }
}

function tooLarge(): WritError {
  return new WritError('request_too_large', `a message of more than ${maxBytes} bytes or ${maxItems} parts`);
}
