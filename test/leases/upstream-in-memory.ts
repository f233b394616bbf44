/** An upstream that keeps in memory what is alive, and fails as a test asks: before it acts, or after. */
import { setImmediate } from 'node:timers/promises';
import { brokers } from '../../src/authority/brokers/all.ts';
import type { Broker, Leasing } from '../../src/authority/brokers/broker.ts';
import { sealingKey } from '../../src/authority/brokers/seal.ts';
import { WritError } from '../../src/core/model/errors.ts';

type Act = 'issue' | 'renew' | 'revoke';

export class UpstreamInMemory {
  /** Handles of what would be let in now. */
  readonly alive = new Set<string>();
  /** Every handle that ever was alive. */
  readonly made = new Set<string>();
  /** Secrets given out, and those that came back for revocation. */
  readonly secrets = new Map<string, string>();
  /** Throws to fail an act; told whether it has been done already. */
  fail: (act: Act, done: boolean) => void = () => {};
  /** Holds every answer until it resolves. */
  hold: Promise<void> = Promise.resolve();
  endsByItself = false;

  get leasing(): Leasing {
    return {
      brokers: { ...brokers, postgres: this.#broker() },
      sealingKey: sealingKey(Buffer.alloc(32, 4)),
      secret: async () => 'x',
    };
  }

  #broker(): Broker {
    const endsByItself = () => this.endsByItself;
    return {
      get endsByItself() {
        return endsByItself();
      },
      describe: (_settings, { repository }) => ({
        description: `the test data of ${repository.remote}`,
        scopes: ['select'],
      }),
      prepare: (_settings, { lease }) => ({ role: lease }),
      issue: async (_settings, { expiresAt }, handle) => {
        const role = handle['role'] ?? '';
        const secret = `secret-of-${role}`;
        await this.#act('issue', () => {
          this.alive.add(role);
          this.made.add(role);
          this.secrets.set(role, secret);
        });
        return { secret: { password: secret }, handle, expiresAt, toSeal: secret };
      },
      renew: (_settings, lease) =>
        this.#act('renew', () => {
          if (!this.alive.has(lease.handle['role'] ?? '')) throw new Error('dead');
        }),
      revoke: (_settings, lease, unsealed) => {
        const role = lease.handle['role'] ?? '';
        if (unsealed !== null && unsealed !== this.secrets.get(role)) throw new Error('another secret');
        return this.#act('revoke', () => this.alive.delete(role));
      },
    };
  }

  async #act(act: Act, does: () => void): Promise<void> {
    await this.hold;
    this.fail(act, false);
    await setImmediate();
    does();
    await setImmediate();
    this.fail(act, true);
  }
}

export function unreachable(): never {
  throw new WritError('upstream_unreachable', 'the database does not answer');
}
