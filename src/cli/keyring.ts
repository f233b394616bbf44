/** The kernel's keyring of the user that Writ runs as; Node has no call for it, so that the small C program asks. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findWritExec } from '../guard/sandbox/machine.ts';

const run = promisify(execFile);

/** The content of a key of type `user`; undefined where there is none. */
export async function fromKeyring(description: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(findWritExec(), ['keyring', description], { env: {}, timeout: 10_000 });
    return stdout;
  } catch {
    return undefined;
  }
}
