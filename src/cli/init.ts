/** `writ init`: a commented, working governance for the repository one stands in. */
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { startingGovernance } from '../core/policy/start.ts';
import { loadBundle } from '../core/policy/bundle.ts';
import { WritError } from '../core/model/errors.ts';
import { repositoryHere } from './repository-here.ts';
import { readConfiguration, writeConfiguration } from './configuration.ts';
import { readGovernance, stockGovernance } from './governance.ts';
import { locateHome, prepareHome, type Home } from './home.ts';
import { addRepository } from './add-repository.ts';
import { print, printJson } from './output.ts';
import { currentFullName, currentLogin, publicSshKeys } from './people.ts';
import { machineRegistries, type MachineRegistries } from './registries.ts';
import { connect } from './authority-client.ts';
import { socketFetch } from './connection.ts';
import { daemonStatus, stopDaemon } from './daemon-client.ts';

interface InitOptions {
  readonly yes?: boolean;
  readonly policy?: string;
  readonly json?: boolean;
}

export async function init(_args: readonly string[], options: InitOptions): Promise<void> {
  const home = locateHome(process.env);
  prepareHome(home);
  const repository = await repositoryHere(process.cwd());
  const inForce = governanceInForce(home);
  const folder = resolve(options.policy ?? inForce ?? join(repository.worktree, 'governance'));
  const exists = existsSync(join(folder, 'organisation.yaml'));

  if (options.yes !== true && !(await confirmed(folder, exists))) return;
  const machine = exists ? null : await machineRegistries();
  const written =
    machine === null
      ? joinOrganisation(folder, repository.remote)
      : writeStart(folder, repository.remote, machine);
  const chosen = realpathSync(folder);
  writeConfiguration(home, { ...readConfiguration(home), version: 1, governance: chosen });
  await inForceWithOwnAssistant(home, chosen);

  const keys = publicSshKeys();
  if (options.json === true) {
    printJson({ governance: folder, repository: repository.remote, written, approvalKeys: keys.length });
    return;
  }
  print(
    written.length > 0
      ? `Wrote ${written.map((file) => join(folder, file)).join('\n      ')}`
      : `${folder} already has this repository.`,
  );
  print(
    `\nRepository  ${repository.remote}\nOwner       ${currentLogin()}, who may also enable assistants and approve what others ask`,
  );
  for (const [host, addresses] of Object.entries(machine?.private ?? {})) {
    print(`Registry    ${host} leads to ${addresses.join(', ')}, not public: named under network.private`);
  }
  if (keys.length === 0) {
    print(
      'No SSH key was found in ~/.ssh, so nothing can be approved yet: add a public key under people: in organisation.yaml.',
    );
  }
  print('\nNext:\n  writ exec -- git status\n  writ check --explain "git push"\n  writ policy check');
}

/** The start works at once: it is published, and the assistant that stands for this keyboard may execute. */
async function inForceWithOwnAssistant(home: Home, folder: string): Promise<void> {
  const status = await daemonStatus(home);
  if (status !== null && status.governance !== folder) await stopDaemon(home);
  if (status?.governance === folder) await socketFetch(home)('/daemon/policy', { body: { folder } });
  const client = await connect();
  const assistants = await client.get<{ name: string; mode: string }[]>('/assistants');
  if (assistants.some(({ name, mode }) => name === 'local' && mode === 'registered')) {
    await client.post('/assistants/local/mode', {
      mode: 'enabled',
      reason: 'writ init: by the owner, for their own commands',
    });
  }
}

function governanceInForce(home: Home): string | null {
  const folder = readConfiguration(home)?.governance;
  return folder !== undefined && existsSync(join(folder, 'organisation.yaml')) ? folder : null;
}

async function confirmed(folder: string, exists: boolean): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new WritError('confirmation_needed', 'writ init would write files and cannot ask here', {
      hint: 'Say yes beforehand: writ init --yes',
    });
  }
  const question = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await question.question(
    `${exists ? 'Register this repository in' : 'Write a start to'} ${folder}? [Y/n] `,
  );
  question.close();
  return !/^n/i.test(answer.trim());
}

function writeStart(folder: string, remote: string, machine: MachineRegistries): string[] {
  const login = currentLogin();
  const files = startingGovernance(
    {
      person: login.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '-'),
      name: currentFullName(),
      login,
      sshKeys: publicSshKeys().map(({ key }) => key),
      trustDomain: 'writ.local',
      remote,
      ...machine,
    },
    stockGovernance(),
  );
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
  }
  assertSound(folder, () => rmSync(folder, { recursive: true, force: true }));
  return Object.keys(files);
}

function joinOrganisation(folder: string, remote: string): string[] {
  const path = join(folder, 'organisation.yaml');
  const before = readFileSync(path, 'utf8');
  const after = addRepository(before, remote);
  if (after === before) return [];
  writeFileSync(path, after);
  assertSound(folder, () => writeFileSync(path, before));
  return ['organisation.yaml'];
}

/** Nothing is left half-written: what does not load is taken back. */
function assertSound(folder: string, undo: () => void): void {
  const { bundle, problems } = loadBundle(readGovernance(folder), stockGovernance());
  if (bundle !== null) return;
  undo();
  const first = problems.find((problem) => problem.severity === 'error');
  throw new WritError(
    'start_unsound',
    `the governance in ${folder} does not load: ${first?.message ?? 'unknown fault'}`,
    {
      hint: `See all faults with: writ policy check ${folder}`,
      ...(first === undefined ? {} : { place: first.place }),
    },
  );
}
