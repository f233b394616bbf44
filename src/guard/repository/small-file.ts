import { constants, open, type FileHandle } from 'node:fs/promises';
import { fault } from './faults.ts';

/**
 * The whole of a small regular file, null where there is none. Links, pipes, sockets and devices are refused
 * without being read: what a hostile repository puts in the place of a file must not block or lead elsewhere.
 * @throws WritError `repository_format`, or `configuration_too_large` over `limit` bytes
 */
export async function readSmallFile(path: string, limit: number): Promise<Buffer | null> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw fault('repository_format', `${path} cannot be read (${code})`, {
      hint: 'It must be a regular file that you may read, not a symbolic link',
      cause: error,
    });
  }
  try {
    if (!(await file.stat()).isFile()) throw fault('repository_format', `${path} is not a regular file`);
    const buffer = Buffer.alloc(limit + 1);
    let length = 0;
    for (let read = 1; read > 0 && length <= limit; length += read) {
      read = (await file.read(buffer, length, limit + 1 - length)).bytesRead;
    }
    if (length > limit) {
      throw fault(
        'configuration_too_large',
        `${path} is larger than the ${limit} bytes that Writ reads of it`,
      );
    }
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}
