/** The secrets that went out in one session, so that none of them comes back in. */
import { z } from 'zod';
import { secretForms } from './secret-forms.ts';

/** What a lease of the brokers `inject` and `static` brings. */
const lent = z.object({ value: z.string().min(8) });

export class SeenSecrets {
  readonly #known = new Set<string>();
  #forms: readonly Buffer[] = [];

  /** @returns the secret itself */
  note(secret: unknown): string {
    const { value } = lent.parse(secret);
    if (!this.#known.has(value)) {
      this.#known.add(value);
      this.#forms = [...this.#forms, ...secretForms(value)];
    }
    return value;
  }

  forms(): readonly Buffer[] {
    return this.#forms;
  }
}
