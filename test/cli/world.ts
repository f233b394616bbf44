/** A developer, a repository and a Writ of their own, apart from everything else on the machine. */
import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseDocument, type Document } from 'yaml';

const program = resolve('bin/writ');

/** Milliseconds; what has not ended by then never will, and must not keep all tests waiting. */
const patience = 150_000;

export interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class World {
  readonly root = mkdtempSync(join(tmpdir(), 'writ-cli-'));
  readonly repository = join(this.root, 'shop');
  readonly home = join(this.root, 'developer');
  readonly writHome = join(this.root, 'state');
  readonly environment: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: this.home,
    WRIT_HOME: this.writHome,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    GIT_CONFIG_NOSYSTEM: '1',
  };

  readonly #prefix: readonly string[];

  /** @param prefix what to put before a command so that it runs on the machine that is meant */
  constructor(prefix: readonly string[] = []) {
    this.#prefix = prefix;
    mkdirSync(join(this.home, '.ssh'), { recursive: true, mode: 0o700 });
    mkdirSync(this.repository);
    this.makeKey('ada', join(this.home, '.ssh', 'id_ed25519'));
    this.git('init', '--quiet', '--initial-branch=main');
    this.git('remote', 'add', 'origin', 'https://git.example/acme/shop.git');
    this.write('README.md', '# Shop\n');
    this.git('add', '.');
    this.git('-c', 'user.name=Ada', '-c', 'user.email=ada@acme.example', 'commit', '--quiet', '-m', 'Start');
  }

  makeKey(owner: string, file = join(this.root, owner)): string {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${owner}@test`, '-f', file]);
    return file;
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: this.repository, env: this.environment, encoding: 'utf8' });
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.repository, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.repository, name), 'utf8');
  }

  writ(
    args: readonly string[],
    options: { input?: string | Buffer; cwd?: string; env?: NodeJS.ProcessEnv } = {},
  ): Result {
    const [first = '', ...rest] = [...this.#prefix, program, ...args];
    const { status, stdout, stderr, error } = spawnSync(first, rest, {
      cwd: options.cwd ?? this.repository,
      env: { ...this.environment, ...options.env },
      encoding: 'utf8',
      input: options.input ?? '',
      maxBuffer: 1 << 30,
      timeout: patience,
      killSignal: 'SIGKILL',
    });
    if (error) throw error;
    return { status: status ?? -1, stdout, stderr };
  }

  /** The one JSON value that `--json` promises. */
  json(...args: readonly string[]): unknown {
    return JSON.parse(this.writ([...args, '--json']).stdout);
  }

  /** For what a test stands on. */
  must(...args: readonly string[]): void {
    const { status, stderr } = this.writ(args);
    if (status !== 0) throw new Error(`writ ${args.join(' ')} ended with ${status}: ${stderr}`);
  }

  start(args: readonly string[]): ChildProcessWithoutNullStreams {
    const [first = '', ...rest] = [...this.#prefix, program, ...args];
    return spawn(first, rest, { cwd: this.repository, env: this.environment });
  }

  /** Edits organisation.yaml as an administrator would. */
  organisation(edit: (document: Document) => void): void {
    const file = join(this.repository, 'governance', 'organisation.yaml');
    const document = parseDocument(readFileSync(file, 'utf8'));
    edit(document);
    writeFileSync(file, String(document));
  }

  /** A second person with a key, in every group but the enablers. Returns the private key's file. */
  addApprover(name: string): string {
    const key = this.makeKey(name);
    this.organisation((document) => {
      const publicKey = readFileSync(`${key}.pub`, 'utf8').trim();
      document.setIn(['people', name], document.createNode({ name, sshKeys: [publicKey] }));
      const groups = document.toJS() as { groups: Record<string, string[]> };
      for (const group of Object.keys(groups.groups)) {
        if (group !== 'enablers') document.addIn(['groups', group], name);
      }
    });
    return key;
  }

  dispose(): void {
    this.writ(['down']);
    rmSync(this.root, { recursive: true, force: true });
  }
}
