/** Where attempts are made: a developer with secrets, services and running programs, and an assistant's repository. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { World } from '../cli/world.ts';
import { compile } from '../sandbox/workshop.ts';

/** What victim.py has running, as it says itself. */
interface Victim {
  readonly pid: number;
  /** Of a page of its memory. */
  readonly address: string;
  readonly tcp: number;
  readonly tcp6: number;
  readonly udp: number;
  readonly outward: readonly [address: string, port: number];
  readonly abstract: string;
  readonly agent: string;
  /** System V IPC. */
  readonly key: string;
  /** POSIX shared memory and message queue. */
  readonly name: string;
  readonly temporary: string;
}

export interface Printed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms?: number;
}

/**
 * How the same program fares outside, which shows that the attempt is a real one.
 * - `same`: it succeeds as the same user;
 * - `root`: it succeeds for root, who is therefore who the tests should run as;
 * - `namespaces`: it succeeds with all rights over namespaces of its own;
 * - `cloud`: likewise, where a machine of a cloud is imitated;
 * - `answer`: it would harm the machine, or not every machine has it: root gets another answer than the sandbox gives.
 */
type Control = 'same' | 'root' | 'namespaces' | 'cloud' | 'answer';

export interface Attempt {
  readonly name: string;
  /** Why somebody would try this. */
  readonly story: string;
  /** Prints `reached` as a line, or the secret, when it succeeds. */
  readonly argv: readonly string[];
  readonly control: Control;
}

/** A shell's command, or a program with its arguments. */
export function attempt(
  name: string,
  story: string,
  program: string | readonly string[],
  control: Control = 'same',
): Attempt {
  return { name, story, argv: typeof program === 'string' ? ['sh', '-c', program] : program, control };
}

/** With all rights over them, also for somebody who has none. */
const namespaces = [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  '--net',
  '--ipc',
  '--uts',
  '--cgroup',
  '--pid',
  '--fork',
  '--mount-proc',
];

const programs = join(import.meta.dirname, 'programs');
const searchPath = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

export class Stage extends World {
  /** Stands in everything that must not be read. */
  readonly secret = `secret-${randomBytes(12).toString('hex')}`;
  readonly neighbour = join(this.root, 'neighbour');
  readonly services = join(this.root, 'services');
  readonly tools = join(this.repository, 'tools');
  readonly governance = join(this.repository, 'governance');
  #victim: ChildProcess | null = null;
  #facts: Victim | null = null;

  get victim(): Victim {
    if (this.#facts === null) throw new Error('the stage is not set');
    return this.#facts;
  }

  async set(): Promise<void> {
    for (const folder of [this.neighbour, this.services, this.tools, join(this.home, '.aws')])
      mkdirSync(folder);
    writeFileSync(join(this.home, 'notes.txt'), `${this.secret}\n`);
    writeFileSync(join(this.home, '.aws', 'credentials'), `aws_secret_access_key = ${this.secret}\n`);
    writeFileSync(join(this.neighbour, 'secret.txt'), `${this.secret}\n`);
    cpSync(programs, this.tools, { recursive: true });
    for (const name of readdirSync(programs).filter((file) => file.endsWith('.c')))
      compile(join(programs, name), join(this.tools, name.slice(0, -2)));
    this.must('init', '--yes');
    this.#facts = await this.#startVictim();
  }

  async #startVictim(): Promise<Victim> {
    this.#victim = spawn(
      '/usr/bin/python3',
      [join(programs, 'victim.py'), this.services, join(this.home, 'notes.txt'), this.secret],
      { cwd: this.home, env: { PATH: searchPath, TOKEN: this.secret }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(this.#victim.stdout!, 'data')) as [Buffer];
    return JSON.parse(line.toString()) as Victim;
  }

  /** One governed command for all of them. */
  inside(attempts: readonly Attempt[]): Record<string, Printed> {
    const { status, stdout, stderr } = this.writ(['exec', '--', ...this.#runner(attempts)]);
    if (status !== 0) throw new Error(`the attempts did not run inside: ${stderr}`);
    return JSON.parse(stdout) as Record<string, Printed>;
  }

  /** Those that are a shell's text once more, as scripts, whose text is not read: the kernel alone is in their way. */
  scripted(attempts: readonly Attempt[]): Attempt[] {
    return attempts.flatMap((one, index) => {
      if (one.argv[0] !== 'sh') return [];
      this.write(`tools/${index}.sh`, one.argv[2] ?? '');
      return [{ ...one, name: `${one.name}, in a script`, argv: ['sh', join(this.tools, `${index}.sh`)] }];
    });
  }

  /** A governed command of its own. */
  insideAlone({ argv }: Attempt): Printed {
    return this.writ(['exec', '--', ...argv]);
  }

  outside(attempts: readonly Attempt[]): Record<string, Printed> {
    const cloud = ['/usr/bin/python3', join(this.tools, 'cloud.py'), this.secret];
    const wrapped = { namespaces, cloud: [...namespaces, ...cloud], same: [], root: [], answer: [] };
    return this.#bare(
      this.#runner(attempts.map((one) => ({ ...one, argv: [...wrapped[one.control], ...one.argv] }))),
    );
  }

  #runner(attempts: readonly Attempt[]): string[] {
    this.write('attempts.json', JSON.stringify(attempts.map(({ name, argv }) => [name, argv])));
    return ['/usr/bin/python3', join(this.tools, 'run.py'), join(this.repository, 'attempts.json')];
  }

  #bare([program = '', ...args]: readonly string[]): Record<string, Printed> {
    const { stdout, stderr, status } = spawnSync(program, args, {
      cwd: this.repository,
      env: { PATH: searchPath, HOME: this.home, GIT_CONFIG_NOSYSTEM: '1' },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(`the control did not run: ${stderr}`);
    return JSON.parse(stdout) as Record<string, Printed>;
  }

  /** Names of the victim's services that were contacted. */
  contacts(): string[] {
    const list = join(this.services, 'contacts');
    return existsSync(list) ? readFileSync(list, 'utf8').trim().split('\n') : [];
  }

  victimLives(): boolean {
    return this.#victim?.exitCode === null && this.#victim.signalCode === null;
  }

  /** Everything that no command may change, as text. */
  guarded(): Record<string, string> {
    const roots = [
      this.home,
      this.neighbour,
      this.governance,
      join(this.repository, '.git', 'config'),
      join(this.repository, '.git', 'hooks'),
    ];
    return Object.fromEntries(roots.flatMap((root) => describe(root)));
  }

  override dispose(): void {
    this.#victim?.kill('SIGTERM');
    super.dispose();
    rmSync(`/dev/shm${this.#facts?.name ?? '/none'}`, { force: true });
  }
}

/** Path, mode, owner and content of whatever is there. */
function describe(path: string): (readonly [string, string])[] {
  const file = lstatSync(path);
  const head = `${file.mode.toString(8)} ${file.uid}:${file.gid}`;
  if (file.isDirectory())
    return [
      [path, head],
      ...readdirSync(path)
        .sort()
        .flatMap((name) => describe(join(path, name))),
    ];
  if (file.isSymbolicLink()) return [[path, `${head} -> ${readlinkSync(path)}`]];
  return [[path, file.isFile() ? `${head} ${readFileSync(path, 'base64')}` : head]];
}
