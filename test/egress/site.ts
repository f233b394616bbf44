/** A Writ whose names are resolved by a test's own DNS server, run without holding up the servers of the test. */
import { once } from 'node:events';
import { World } from '../cli/world.ts';
import { DnsServer } from './dns-server.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Entry {
  readonly type: string;
  readonly decision: string | null;
  readonly command: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export class Site implements AsyncDisposable {
  readonly world = new World();
  readonly dns: DnsServer;
  /** The key of somebody who may approve. */
  approver = '';

  constructor(answer: (name: string, time: number) => readonly string[]) {
    this.dns = new DnsServer(answer);
  }

  /** @param network what the organisation says under `network` */
  async open(network: object, hosts: readonly string[]): Promise<this> {
    this.world.environment['WRIT_DNS_SERVER'] = await this.dns.listen();
    this.world.must('init', '--yes');
    this.world.organisation((document) => {
      document.setIn(['network'], document.createNode(network));
      document.setIn(['hostSets', 'test-hosts'], document.createNode(hosts));
      const sets = ['package-registries', 'repository-remotes', 'test-hosts'];
      document.setIn(['profiles'], document.createNode({ develop: { hosts: sets } }));
    });
    this.approver = this.world.addApprover('bob');
    this.world.must('down');
    return this;
  }

  async writ(...args: readonly string[]): Promise<Ran> {
    const child = this.world.start(args);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
    }
    child.stdin.end();
    const [status] = (await once(child, 'close')) as [number | null];
    return { status: status ?? -1, ...output };
  }

  /** One governed command. */
  exec(...command: readonly string[]): Promise<Ran> {
    return this.writ('exec', '--', ...command);
  }

  /** A governed script of the repository, so that only the proxy sees which hosts it goes to. */
  async script(text: string): Promise<Ran> {
    this.world.write('task.sh', text);
    return this.exec('sh', 'task.sh');
  }

  async entries(...types: readonly string[]): Promise<Entry[]> {
    const options = types.flatMap((type) => ['--type', type]);
    const { stdout, stderr } = await this.writ('log', 'search', ...options, '--json');
    if (stdout === '') throw new Error(stderr);
    return (JSON.parse(stdout) as { entry: Entry }[]).map(({ entry }) => entry);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.world.dispose();
    this.dns[Symbol.dispose]();
  }
}
