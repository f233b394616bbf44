/** The folder that the policy in force is read from: adopted at the start and after every change of it. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from '../authority/authority.ts';
import { publishPolicy } from '../authority/services/publish-policy.ts';
import { WritError } from '../core/model/errors.ts';
import { readGovernance } from './governance.ts';
import { counted, say } from './output.ts';

/** Names and times of at most 500 files; watching for events would miss folders that are replaced. */
const lookEveryMs = 250;

export class GovernanceFolder {
  readonly path: string;
  /** Why the folder cannot be read as it is now, if so; the last good policy stays in force. */
  fault: string | null = null;
  readonly #authority: Authority;
  #seen = '';
  #timer: NodeJS.Timeout | null = null;
  #looking = Promise.resolve();

  constructor(authority: Authority, path: string) {
    this.#authority = authority;
    this.path = path;
  }

  /** A broken folder leaves the last good policy in force. @throws WritError when there is none to start with */
  async adopt(): Promise<void> {
    const { context } = this.#authority;
    // Taken before reading, so that what changes meanwhile is seen the next time.
    this.#seen = fingerprint(this.path);
    try {
      const { outcome, problems } = await publishPolicy(context, readGovernance(this.path), null);
      this.fault = null;
      const first = problems.find(({ severity }) => severity === 'error');
      if (outcome !== 'rejected' || first === undefined) return;
      say(`the governance in ${this.path} has ${counted(problems.length, 'fault')} and was not loaded`);
      if (context.policy.bundle !== null) return;
      const place = { ...first.place, file: join(this.path, first.place.file) };
      const hint = 'See all faults with: writ policy check';
      throw new WritError('governance_invalid', first.message, { place, hint });
    } catch (error) {
      if (context.policy.bundle === null || !(error instanceof WritError)) throw error;
      this.fault = error.message;
      say(`${error.message}; the last good policy stays in force`);
    }
  }

  watch(): void {
    let busy = false;
    this.#timer = setInterval(() => {
      if (busy || fingerprint(this.path) === this.#seen) return;
      busy = true;
      this.#looking = this.adopt()
        .catch((error: unknown) => say(String(error)))
        .finally(() => (busy = false));
    }, lookEveryMs);
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
  }
}

/** Changes whenever a file of the folder does: by content (change time, size), by replacement (inode), by name. */
function fingerprint(folder: string): string {
  return ['organisation.yaml', ...policyFiles(folder)].map((name) => factsOf(join(folder, name))).join('\n');
}

function policyFiles(folder: string): string[] {
  try {
    return readdirSync(join(folder, 'policies'), { recursive: true, encoding: 'utf8' })
      .map((name) => join('policies', name))
      .sort();
  } catch {
    return [];
  }
}

function factsOf(path: string): string {
  const facts = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return facts === undefined
    ? `${path} -`
    : `${path} ${facts.dev} ${facts.ino} ${facts.size} ${facts.ctimeNs}`;
}
