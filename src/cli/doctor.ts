/** `writ doctor`: is what should stop a command really in force, here and now? Fired at, and on the log. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import type { StoredEntry } from '../authority/store/port.ts';
import { WritError } from '../core/model/errors.ts';
import { layBaits, type LaidBaits } from '../guard/doctor/baits.ts';
import { readFindings, type Finding, type ProbeReport } from '../guard/doctor/findings.ts';
import { lostInPlace } from '../guard/doctor/lost.ts';
import { kernelOffer, type KernelOffer } from '../guard/doctor/kernel.ts';
import { probeScript } from '../guard/doctor/probe-script.ts';
import { probeJob } from '../guard/doctor/probe-session.ts';
import { detectMachine } from '../guard/sandbox/machine.ts';
import { connect, type Client } from './authority-client.ts';
import { ensureRunning, type DaemonStatus } from './daemon-client.ts';
import { exit } from './exit.ts';
import { locateHome } from './home.ts';
import { paint, print, printJson, table } from './output.ts';

interface DoctorOptions {
  readonly profile?: string;
  readonly assistant?: string;
  readonly json?: boolean;
}

interface Diagnosis extends ProbeReport {
  readonly live: boolean;
  /** Of the writ that was probed. */
  readonly enforcement: number;
  readonly kernel: KernelOffer;
  /** What commands here do without, and why. */
  readonly lost: readonly string[];
  readonly refusal: string | null;
}

export async function doctor(_args: readonly string[], options: DoctorOptions): Promise<void> {
  const home = locateHome(process.env);
  const status = await ensureRunning(home);
  const client = await connect();
  await using laid = await layBaits({
    stateFile: home.verifierKey,
    governanceFile: join(status.governance, 'organisation.yaml'),
  });
  const decision = await decisionFinding(options);
  const diagnosis = await diagnose(client, status, decision, laid, options);
  if (options.json === true) printJson(diagnosis);
  else print(describe(diagnosis));
  if (!diagnosis.live) process.exitCode = exit.failed;
}

async function diagnose(
  client: Client,
  status: DaemonStatus,
  decision: Finding,
  laid: LaidBaits,
  options: DoctorOptions,
): Promise<Diagnosis> {
  const machine = detectMachine();
  const inPlace = machine.confinement.kind === 'in-place';
  const run = await governed(['bash', '-s'], options, {
    input: probeScript(laid.baits, inPlace),
    environment: laid.environment,
  });
  const probed = readFindings(run.stdout, status.enforcement, inPlace);
  if (probed.session === null) {
    throw new WritError('probe_failed', `the probe did not run: ${run.stderr.trim()}`, {
      hint: 'Try another profile with --profile: it must allow bash to read from standard input',
    });
  }
  const findings = [decision, ...probed.findings];
  const { writ, enforcement } = await startOf(client, probed.session);
  const diagnosis = {
    live: findings.every(({ state }) => state === 'live'),
    session: probed.session,
    enforcement,
    findings,
    kernel: kernelOffer(machine),
    lost: inPlace ? lostInPlace : [],
    refusal: machine.confinement.kind === 'in-place' ? machine.confinement.refusal.message : null,
  };
  await record(client, writ, diagnosis);
  return diagnosis;
}

/** The decision on the text is taken before anything is launched. */
async function decisionFinding(options: DoctorOptions): Promise<Finding> {
  const { status } = await governed(['sudo', 'true'], options, { input: '', environment: {} });
  return {
    layer: 'decision',
    probe: 'a denied command',
    state: status === exit.denied || status === exit.stepUp ? 'live' : 'not firing',
  };
}

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As anybody runs a command under a writ: this program, as a process of its own. */
async function governed(
  argv: readonly string[],
  { profile, assistant }: DoctorOptions,
  { input, environment }: { input: string; environment: Readonly<Record<string, string>> },
): Promise<Run> {
  const chosen = Object.entries({ profile, assistant, job: probeJob }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const args = [...process.execArgv, process.argv[1] ?? '', 'exec', ...chosen, '--', ...argv];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...environment } });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? -1));
  });
  // A command that is refused does not read.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, stdout, stderr };
}

async function startOf(client: Client, session: string): Promise<{ writ: string; enforcement: number }> {
  const [start] = await client.get<StoredEntry[]>('/entries', {
    session,
    type: 'execution.started',
    limit: 1,
  });
  const enforcement = start?.entry.data['enforcement'];
  if (typeof start?.entry.writ !== 'string' || typeof enforcement !== 'number')
    throw new WritError('probe_failed', `the log has no start of the session ${session}`);
  return { writ: start.entry.writ, enforcement };
}

async function record(client: Client, writ: string, { session, ...data }: Diagnosis): Promise<void> {
  const report = { type: 'enforcement.probed', writ, session, command: null, decision: null, data };
  await client.post('/entries', { reports: [report] });
}

function describe({ findings, kernel, enforcement, live, lost, refusal }: Diagnosis): string {
  const colours = { live: 'green', 'not firing': 'red', 'not tried': 'yellow' } as const;
  const words = {
    live: 'live',
    'not firing': 'registered but not firing',
    'not tried': 'not tried',
  } as const;
  const probes = table(
    findings.map(({ layer, probe, state }) => [layer, probe, paint(colours[state], words[state])]),
  );
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  const machine = table([
    ['enforcement', `level ${enforcement}`],
    ['namespaces', yes(kernel.namespaces)],
    ['seccomp user notification', yes(kernel.userNotification)],
    ['Landlock', kernel.landlockAbi === 0 ? 'no' : `ABI ${kernel.landlockAbi}`],
    ['cgroup delegation', yes(kernel.cgroupDelegation)],
  ]);
  const verdict = live ? 'Every layer is live.' : paint('red', 'Not every layer is live.');
  const without = refusal === null ? '' : `${withoutNamespaces(refusal, lost)}\n\n`;
  return `${probes}\n\n${machine}\n\n${without}${verdict}`;
}

function withoutNamespaces(refusal: string, lost: readonly string[]): string {
  return [
    'Commands run in place, since ' + refusal + '. Lost by that:',
    ...lost.map((one) => `- ${one}`),
  ].join('\n');
}
