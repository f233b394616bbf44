/** Where Writ keeps its state on this machine: `WRIT_HOME`, else the XDG state folder. */
import { lstatSync, mkdirSync, openSync, constants, closeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { WritError } from '../core/model/errors.ts';

export type HomeErrorCode = 'home_invalid' | 'home_not_private';

export interface Home {
  readonly root: string;
  /** Sockets and per-session folders; nothing in it outlives the program. */
  readonly run: string;
  readonly keys: string;
  readonly database: string;
  readonly configuration: string;
  readonly daemonLog: string;
  /** The log's public key, for verifying without a running Writ. */
  readonly verifierKey: string;
}

export function locateHome(environment: NodeJS.ProcessEnv): Home {
  const named = environment['WRIT_HOME'];
  if (named !== undefined && !isAbsolute(named)) {
    throw new WritError<HomeErrorCode>('home_invalid', `WRIT_HOME is "${named}"`, {
      hint: 'Set WRIT_HOME to an absolute path.',
    });
  }
  const stateHome =
    environment['XDG_STATE_HOME'] ?? join(environment['HOME'] ?? homedir(), '.local', 'state');
  const root = named ?? join(stateHome, 'writ');
  return {
    root,
    run: join(root, 'run'),
    keys: join(root, 'keys'),
    database: join(root, 'writ.db'),
    configuration: join(root, 'config.json'),
    daemonLog: join(root, 'writ.log'),
    verifierKey: join(root, 'log.vkey'),
  };
}

/** Makes the folders, and refuses those that other people could read or replace. */
export function prepareHome(home: Home): void {
  for (const folder of [home.root, home.run, home.keys]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const facts = lstatSync(folder);
    const mine = facts.uid === process.getuid?.();
    if (!facts.isDirectory() || !mine || (facts.mode & 0o077) !== 0) {
      throw new WritError<HomeErrorCode>('home_not_private', `${folder} can be reached by other people`, {
        hint: `Make it yours alone: chmod 700 ${folder}`,
      });
    }
  }
}

/**
 * A path to the socket that fits the 107 bytes of sockaddr_un however deep the folder lies,
 * and that cannot be swapped by renaming the folder.
 */
export function socketAddress(home: Home, name: string): { path: string; release: () => void } {
  const descriptor = openSync(home.run, constants.O_RDONLY | constants.O_DIRECTORY);
  return { path: `/proc/self/fd/${descriptor}/${name}`, release: () => closeSync(descriptor) };
}

/** Of the guard that keeps its state here, unlike that of any other on a shared log. */
export function guardName({ root }: Home): string {
  return `${hostname()}/${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;
}
