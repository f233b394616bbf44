/** What services rely on, the same on SQLite and on PostgreSQL. */
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { backends } from './backends.ts';
import { commitsConform } from './conformance/commits.ts';
import { leasesConform } from './conformance/leases.ts';
import { logConform } from './conformance/log.ts';
import type { OnBackend } from './conformance/on-backend.ts';
import { rowsConform } from './conformance/rows.ts';
import { searchConform } from './conformance/search.ts';
import { tamperingConform } from './conformance/tampering.ts';

describe.each(backends())('on $name', (backend) => {
  const on = { backend } as OnBackend;
  beforeAll(() => backend.start());
  afterAll(() => backend.stop());
  beforeEach(async () => {
    on.place = await backend.newPlace();
    on.store = await on.place.open();
  });
  afterEach(() => on.store.close());

  describe('rows', () => {
    rowsConform(on);
  });
  describe('leases', () => {
    leasesConform(on);
  });
  describe('commits', () => {
    commitsConform(on);
  });
  describe('the log', () => {
    logConform(on);
  });
  describe('search', () => {
    searchConform(on);
  });
  describe('tampering is noticed on opening', () => {
    tamperingConform(on);
  });
});
