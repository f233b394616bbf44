/** A process that is about to start, decided: which file it is, what it would do, and who starts it. */
import { basename } from 'node:path';
import { analyzeArgv } from '../../core/command/analyze.ts';
import { builtins } from '../../core/command/builtins.ts';
import type { AnalysisContext } from '../../core/command/context.ts';
import type { Decision } from '../../core/model/decision.ts';
import type { Evidence } from '../../core/model/evidence.ts';
import type { ExecOperation, Operation } from '../../core/model/operation.ts';
import type { Bundle } from '../../core/policy/bundle.ts';
import { decideCommand, type ProcessFacts, type Task } from '../../core/policy/decide.ts';
import { sliceFor } from '../../core/policy/slice.ts';
import { profileOf } from './profile.ts';
import { isTooLarge } from './digests.ts';
import type { Lineage } from './lineages.ts';
import {
  belongsTo,
  classify,
  findToolFiles,
  gitSubcommand,
  innerFolders,
  toolNames,
  isLoader,
  isMultiCall,
  type Program,
  type ProgramView,
  type ToolFiles,
} from './programs.ts';
import { isBelow } from '../sandbox/view.ts';
import type { Attempt, Image } from './protocol.ts';

/** Also in src/guard/sandbox/view.ts. */
const ownProgram = '/run/writ/writ-exec';
/** What it is for inside: the way out for ssh, an assistant's hook, its model. The rest is for outside. */
const ownCommands: readonly (string | undefined)[] = ['connect', 'hook', 'relay'];

export interface Situation {
  readonly bundle: Bundle;
  readonly task: Task;
  readonly view: ProgramView;
  readonly context: AnalysisContext;
  readonly lineage: Lineage;
  readonly evidence: readonly Evidence[];
  /** It is the system's dynamic loader, whatever it is called. */
  readonly isLoader: boolean;
  readonly now: number;
}

export interface ProcessDecision {
  readonly decision: Decision;
  /** By what name it is spoken of. */
  readonly program: string;
  /** What it is decided by does not depend on its arguments or directory. */
  readonly byFileAlone: boolean;
}

export function decideProcess(attempt: Attempt, situation: Situation): ProcessDecision {
  const [image] = attempt.images;
  if (image === undefined) throw new RangeError('an attempt has a file');
  const listed = listedBy(attempt);
  const refusal =
    attempt.images.map((one) => refusedFile(one, listed)).find((reason) => reason !== null) ?? null;
  const reason =
    refusal ??
    (situation.isLoader && listed === null ? refusedLoader : null) ??
    refusedCommand(attempt, image);
  if (reason !== null) return refuse(image, reason, situation);
  const tools = toolFiles(situation);
  const { operations, facts, program } = describe(attempt, image, tools, situation);
  const { bundle, task, evidence, now } = situation;
  const later = programsOfText(attempt, operations, tools);
  const known = operations.filter(
    (one, index) =>
      index === 0 || (!startsLater(one, tools) && !readsOwnProgram(one) && !belongsToOne(later, one)),
  );
  const decision = decideCommand(bundle, task, known, evidence, now, facts);
  return {
    decision: { ...decision, advice: adviceOn(decision, facts, program, situation) },
    program,
    byFileAlone:
      (operations.length === 0 && image.path !== ownProgram) ||
      (facts.program === 'inner' && listed === null && !readsArguments(bundle, task.profile)),
  };
}

/** Whether some policy could decide an inner program by more than its file and who starts it. */
export function readsArguments(bundle: Bundle, profile: string): boolean {
  const { attributes, whole } = sliceFor(bundle, 'exec', profile);
  return whole.has('context') || ['command', 'arguments', 'cwd'].some((name) => attributes.has(name));
}

/** ssh's shell names it; every task can read it, and it is decided again when it starts. */
function readsOwnProgram(operation: Operation): boolean {
  return operation.kind === 'read' && operation.target === ownProgram;
}

/**
 * A name in a shell's text of which nothing is known, such as that of a package's program, whatever the text made of
 * the environment before. Which file it means is seen when it starts, and decided then.
 */
function startsLater(operation: Operation, tools: ToolFiles): boolean {
  if (operation.kind !== 'exec' || builtins.has(operation.target)) return false;
  const nothingKnown = operation.traits.every((trait) => trait === 'unknown' || trait === 'runs-code');
  return nothingKnown && !toolNames(tools).has(operation.target);
}

/** These start what their words name as processes; other shells have builtins for some of it, Python its modules. */
const starters = /^(bash|dash|sh|env|find|flock|ionice|nice|nohup|setsid|stdbuf|taskset|time|timeout|xargs)$/;

/**
 * The programs that a shell's text or a wrapper's words name, except for builtins. They are decided when they start,
 * if they do, by the words that they are then given; the text could only say what each of its branches might do.
 */
function programsOfText(
  { images }: Attempt,
  operations: readonly Operation[],
  tools: ToolFiles,
): ReadonlySet<string> {
  const [image] = images;
  if (image === undefined || images.length > 1 || !starters.test(basename(image.path))) return new Set();
  const [own, ...others] = operations.flatMap((one) => (one.kind === 'exec' ? [one.target] : []));
  return new Set(others.filter((name) => name !== own && toolNames(tools).has(name) && !builtins.has(name)));
}

function belongsToOne(programs: ReadonlySet<string>, operation: Operation): boolean {
  if (operation.kind === 'exec') return programs.has(operation.target);
  return 'by' in operation && programs.has(operation.by);
}

/** Files that are never run, whatever policy says: what would run is not what the file is. */
const refusedLoader =
  'the dynamic loader would run whatever file it is given; what FILE loads is told by its --list FILE, for which ldd would start FILE';

/**
 * Of the system's loader that only says what a file loads, and runs nothing of it (ld.so(8)): that file, or itself
 * where it says its own version. Only in these words, since any other leads to a program.
 */
function listedBy({ images, argv }: Attempt): string | null {
  const [image] = images;
  const [, option = '', file = '-'] = argv;
  const isSystem =
    image !== undefined && isLoader(image.path) && innerFolders.some((one) => isBelow(image.path, one));
  if (!isSystem || images.length !== 1) return null;
  if (argv.length === 2 && /^--(version|help)$/.test(option)) return image.path;
  return argv.length === 3 && /^--(list|verify)$/.test(option) && !file.startsWith('-') ? file : null;
}

function refusedCommand({ argv }: Attempt, { path }: Image): string | null {
  return path === ownProgram && !ownCommands.includes(argv[1])
    ? `of it only ${ownCommands.join(', ')} are for inside`
    : null;
}

function refusedFile(image: Image, listed: string | null): string | null {
  const { kind, path } = image;
  if (isTooLarge(image)) return 'the file is too large to be looked at';
  if (kind === 'nameless') return 'it is in memory or deleted, and no file that can be looked at';
  if (kind === 'foreign') return 'it is a program for another kind of machine';
  if (kind === 'unreadable') return 'the file cannot be read';
  return isLoader(path) && listed === null ? refusedLoader : null;
}

function refuse(image: Image, reason: string, { bundle }: Situation): ProcessDecision {
  const program = basename(image.path);
  return {
    decision: {
      decision: 'deny',
      operations: [],
      missing: [],
      reason: `running ${program}: ${reason}`,
      advice: null,
      policyVersion: bundle.version,
    },
    program,
    byFileAlone: false,
  };
}

interface Description {
  /** The process itself first; none for Writ's own programs. */
  readonly operations: readonly Operation[];
  readonly facts: ProcessFacts;
  readonly program: string;
}

function describe(attempt: Attempt, image: Image, tools: ToolFiles, situation: Situation): Description {
  const { lineage, view, context } = situation;
  const kind = classify(image.path, tools, view);
  const program = nameOf(attempt, image, kind);
  const facts = (known: ProcessFacts['program']): ProcessFacts => ({
    program: known,
    parent: lineage.program,
    ancestors: lineage.names,
  });
  const within = { ...context, cwd: attempt.directory };
  const args = attempt.argv.slice(1);
  const listed = listedBy(attempt);
  if (listed !== null) {
    const [, ...reading] = analyzeArgv(['cat', listed], within).operations;
    return { operations: [plain(program, attempt), ...reading], facts: facts('inner'), program };
  }
  const git = gitSubcommand(image.path);
  if (git !== null) {
    return {
      operations: analyzeArgv(['git', git, ...args], within).operations,
      facts: facts('tool'),
      program: `git-${git}`,
    };
  }
  switch (kind.kind) {
    case 'writ':
      return { operations: [], facts: facts('tool'), program };
    case 'tool':
      return {
        operations: analyzeArgv([program, ...args], within).operations,
        facts: facts('tool'),
        program,
      };
    case 'inner': {
      const own = belongsTo(image.path, lineage.names, view);
      return { operations: [plain(program, attempt)], facts: facts(own ? 'inner' : 'system'), program };
    }
    case 'system':
      return {
        operations: analyzeArgv([program, ...args], within).operations,
        facts: facts('system'),
        program,
      };
    case 'repository':
      return {
        operations: [
          ...analyzeArgv([image.path, ...args], within).operations,
          ...interpreters(attempt, tools, situation),
        ],
        facts: facts('repository'),
        program,
      };
  }
}

/** What runs a script of the repository is decided like any program; what runs a tool's own script is part of the tool. */
function interpreters(
  attempt: Attempt,
  tools: ToolFiles,
  { view, context }: Situation,
): readonly Operation[] {
  const last = attempt.images.at(-1);
  if (last === undefined || attempt.images.length === 1) return [];
  const kind = classify(last.path, tools, view);
  const program = nameOf({ named: attempt.effective[0] ?? '', argv: attempt.effective }, last, kind);
  const argv = [kind.kind === 'repository' ? last.path : program, ...attempt.effective.slice(1)];
  return analyzeArgv(argv, { ...context, cwd: attempt.directory }).operations;
}

/**
 * A tool is spoken of by the name that it was started by, if that name leads to it; a program that is many programs
 * is what its first argument says.
 */
function nameOf({ named, argv }: Pick<Attempt, 'named' | 'argv'>, image: Image, kind: Program): string {
  const asked = basename(named);
  const told = basename(argv[0] ?? '').replace(/^-/, '');
  if (isMultiCall(image.path)) return told;
  if (kind.kind !== 'tool') return basename(image.path);
  return [told, asked].find((name) => kind.names.includes(name)) ?? kind.names[0] ?? asked;
}

/** The insides of a tool are its own affair: nothing is known of them but that they run. */
function plain(program: string, attempt: Attempt): ExecOperation {
  return {
    kind: 'exec',
    target: program,
    argv: [program, ...attempt.argv.slice(1)],
    unknown: [],
    subcommand: null,
    traits: [],
    cwd: attempt.directory,
    environment: {},
    via: [],
    span: { start: 0, end: 0 },
  };
}

/** Of a program that no bundle of the profile names: which one to add. */
function adviceOn(
  decision: Decision,
  { program: kind }: ProcessFacts,
  program: string,
  { bundle, task }: Situation,
): string | null {
  if (decision.decision === 'allow' || kind !== 'system') return decision.advice;
  const { bundles } = bundle.organisation;
  const named = profileOf(bundle, task.profile)?.tools ?? [];
  if (named.some((name) => bundles[name]?.includes(program))) return decision.advice;
  const holding = Object.keys(bundles).find((name) => bundles[name]?.includes(program));
  return holding === undefined
    ? `No bundle has ${program}: add it to one in organisation.yaml that the profile ${task.profile} names.`
    : `${program} is in the bundle ${holding}: add that to the tools of the profile ${task.profile}.`;
}

const filesByBundle = new WeakMap<Bundle, Map<string, ToolFiles>>();

/** Looked up once for each policy, profile and state of what is installed; a session keeps what it began with. */
export function toolFiles({ bundle, task, view }: Pick<Situation, 'bundle' | 'task' | 'view'>): ToolFiles {
  const known = filesByBundle.get(bundle) ?? new Map<string, ToolFiles>();
  filesByBundle.set(bundle, known);
  const profile = profileOf(bundle, task.profile);
  const key = JSON.stringify([task.profile, view.searchPath, view.installed]);
  const files =
    known.get(key) ?? findToolFiles(bundle.organisation, profile ?? { tools: [] }, view.searchPath);
  known.set(key, files);
  return files;
}
