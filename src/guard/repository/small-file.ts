import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { fault } from './faults.ts';

/**
 * The whole of a small regular file, null where there is none. Links, pipes, sockets and devices are refused
 * without being read: what a hostile repository puts in the place of a file must not block or lead elsewhere.
 * Read at once: a dozen of them stand before each command, and each turn of another thread costs more than a read.
 * @throws WritError `repository_format`, or `configuration_too_large` over `limit` bytes
 */
export async function readSmallFile(path: string, limit: number): Promise<Buffer | null> {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw fault('repository_format', `${path} cannot be read (${code})`, {
      hint: 'It must be a regular file that you may read, not a symbolic link',
      cause: error,
    });
  }
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) throw fault('repository_format', `${path} is not a regular file`);
    const content = readUpTo(file, limit + 1, facts.size + 1);
    if (content.length > limit) {
      throw fault(
        'configuration_too_large',
        `${path} is larger than the ${limit} bytes that Writ reads of it`,
      );
    }
    return content;
  } finally {
    closeSync(file);
  }
}

/** @param room for what is expected; it may have grown since */
function readUpTo(file: number, most: number, room: number): Buffer {
  let buffer = Buffer.alloc(Math.min(most, room));
  let length = 0;
  for (let read = 1; read > 0 && length < most; length += read) {
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(most, 2 * length));
    read = readSync(file, buffer, length, buffer.length - length, null);
  }
  return buffer.subarray(0, length);
}
