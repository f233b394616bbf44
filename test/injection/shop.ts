/** A Writ whose tasks are lent secrets of an API on loopback, by the built program, in real sandboxes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Site } from '../egress/site.ts';
import { Api } from './api.ts';

export const apiHost = 'api.acme.example';
export const codeHost = 'code.acme.example';
export const otherHost = 'other.acme.example';
const hosts = [apiHost, codeHost, otherHost];

export class Shop implements AsyncDisposable {
  readonly site = new Site(() => ['127.0.0.1']);
  readonly api = new Api(hosts);
  port = 0;

  /** @param credentials as `organisation.yaml` has them, but for where the API is and whom to trust there */
  async open(credentials: (shop: Shop) => Readonly<Record<string, object>>): Promise<this> {
    this.port = await this.api.listen();
    await this.site.open({ private: { '*.acme.example': ['127.0.0.1'] } }, hosts);
    const common = () => ({ hosts: [`${apiHost}:${this.port}`], ca: this.api.certified.authority });
    const all = Object.entries(credentials(this)).map(
      ([name, own]) => [name, { ...common(), ...own }] as const,
    );
    this.site.world.organisation((document) => {
      document.set('credentials', document.createNode(Object.fromEntries(all)));
      document.setIn(
        ['profiles', 'develop', 'credentials'],
        all.map(([name]) => name),
      );
    });
    const { status, stdout } = this.site.world.writ(['policy', 'check']);
    if (status !== 0) throw new Error(stdout);
    this.site.world.must('up');
    return this;
  }

  url(path: string, host = apiHost): string {
    return `https://${host}:${this.port}${path}`;
  }

  /** A file of the authority's, outside of the repository. */
  secretFile(name: string, secret: string): string {
    const file = join(this.site.world.root, name);
    writeFileSync(file, `${secret}\n`, { mode: 0o600 });
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
    await this.api[Symbol.asyncDispose]();
  }
}
