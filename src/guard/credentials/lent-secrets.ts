/** The secrets that a session was lent. Whatever a task does with one, no record of the session holds it. */
import { secretForms } from '../injection/secret-forms.ts';

/** Of what brokers bring: the rest are hosts, names and authorities. */
const secretFields = new Set([
  'password',
  'token',
  'value',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
]);

export class LentSecrets {
  readonly #forms = new Set<string>();

  /** @param secret what a lease brought, by field */
  note(secret: unknown): void {
    if (typeof secret !== 'object' || secret === null) return;
    for (const [field, value] of Object.entries(secret)) {
      if (!secretFields.has(field) || typeof value !== 'string') continue;
      for (const form of secretForms(value)) this.#forms.add(form.toString('latin1'));
    }
  }

  /** The same with every secret in its texts overwritten. Before anything is cut off: a part of a secret is not found. */
  masked<T>(value: T): T {
    return this.#forms.size === 0 ? value : (this.#covered(value) as T);
  }

  #covered(value: unknown): unknown {
    if (typeof value === 'string') return this.#coveredText(value);
    if (Array.isArray(value)) return value.map((item) => this.#covered(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#covered(item)]));
  }

  #coveredText(text: string): string {
    let covered = text;
    for (const form of this.#forms) covered = covered.replaceAll(form, '*'.repeat(form.length));
    return covered;
  }
}
