/** The guard's side of one session's supervision: each attempt is decided, recorded and answered. */
import { timingSafeEqual } from 'node:crypto';
import { lstatSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Decision } from '../../core/model/decision.ts';
import type { Bundle } from '../../core/policy/bundle.ts';
import type { Guard } from '../guard.ts';
import { BlockReader } from '../launcher/blocks.ts';
import { describeTask } from '../place.ts';
import type { Session } from '../session.ts';
import { decideProcess, type Situation } from './decide-process.ts';
import { isIndifferent } from './indifferent.ts';
import { digestOf, isLoaderCopy } from './digests.ts';
import type { GuardRecord } from '../authority-port.ts';
import { commandText } from '../command-text.ts';
import { disagreementData, type Disagreement, type Seen } from '../reconcile.ts';
import { mismatchRecord, processRecord, type Recorded, type Whose } from './entries.ts';
import { Lineages } from './lineages.ts';
import { ProcessLog } from './process-log.ts';
import { OwnFolders } from './own-folders.ts';
import type { ProgramView } from './programs.ts';
import { lineages, parseBlock, scope, type Attempt, type Message } from './protocol.ts';

/** linux/errno: permission denied. */
const EACCES = 13;
const longestReason = 900;
/** UTF-16 units. */
const longestCommand = 8000;
/** Verdicts, each with what it was about. */
const mostKept = 10_000;
const forgottenAfterMs = 10_000;

export interface SupervisorOptions {
  readonly guard: Guard;
  readonly session: Session;
  readonly view: ProgramView;
  readonly token: string;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #log: ProcessLog;
  readonly #begun: number;
  readonly #lineages = new Lineages();
  /** What kept verdicts stand for, by the request that they answered. */
  #kept = new Map<number, Recorded>();
  /** Of before the supervisor was told to forget: it may have used them meanwhile. */
  readonly #keptBefore: Map<number, Recorded>[] = [];
  readonly #gone = Promise.withResolvers<void>();
  #connection: Socket | null = null;
  #process = 0;
  #landlock: number | null = null;
  #forgotten = 0;
  /** The policy in force since it was last forgotten: asking for it each time would be most of the cost. */
  #bundle: Promise<Bundle> | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { guard } = options;
    this.#begun = guard.clock();
    this.#log = new ProcessLog(
      (records) => guard.authority.record(records),
      (error) => {
        guard.report(error);
        this.end();
      },
    );
  }

  /** The first connection is the supervisor's, and any other nobody's. */
  accept(connection: Socket): void {
    connection.on('error', () => connection.destroy());
    if (this.#connection !== null) {
      connection.destroy();
      return;
    }
    this.#connection = connection;
    connection.once('close', () => this.#gone.resolve());
    const reader = new BlockReader();
    connection.on('data', (chunk: Buffer) => {
      try {
        for (const block of reader.read(chunk)) this.#take(parseBlock(block));
      } catch (error) {
        this.#options.guard.report(error);
        connection.destroy();
      }
    });
  }

  /** Version of the kernel's Landlock that was enforced, 0 for none; null before the command started. */
  get landlock(): number | null {
    return this.#landlock;
  }

  /** Ends everything that runs in the session. */
  end(): void {
    this.#say('end');
  }

  /** Verdicts that were given are asked for again. */
  forget(): void {
    this.#forgotten += 1;
    this.#bundle = null;
    this.#keptBefore.push(this.#kept);
    this.#kept = new Map();
    setTimeout(() => this.#keptBefore.shift(), forgottenAfterMs).unref();
    this.#say('forget');
  }

  /** Resolves when the supervisor is gone, with what it reported and is not on record yet. */
  async settled(): Promise<readonly GuardRecord[]> {
    if (this.#connection !== null) await this.#gone.promise;
    await this.#work;
    return this.#log.rest();
  }

  #take(message: Message): void {
    if (this.#process === 0) {
      this.#process = this.#greeted(message);
      return;
    }
    switch (message.type) {
      case 'hello':
        throw new RangeError('a supervisor greets once');
      case 'ready':
        this.#landlock = message.landlock;
        return;
      case 'exec':
        this.#follow(this.#decide(message.attempt));
        return;
      case 'repeat':
        this.#repeat(message);
        return;
      case 'mismatch':
        this.#log.add(mismatchRecord(this.#whose(), this.#masked(message)));
        void this.#log.flush();
        return;
    }
  }

  #greeted(message: Message): number {
    const wanted = Buffer.from(this.#options.token);
    const given = message.type === 'hello' ? Buffer.from(message.token) : Buffer.alloc(0);
    if (message.type !== 'hello' || given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw new RangeError('somebody else than the supervisor speaks');
    }
    if (!isOurs(message.process)) throw new RangeError('the supervisor is not the process that it says');
    return message.process;
  }

  /** Attempts are decided at the same time, and `settled` waits for all of them. */
  #follow(work: Promise<void>): void {
    const done = work.catch((error: unknown) => {
      this.#options.guard.report(error);
      this.#connection?.destroy();
    });
    this.#work = Promise.all([this.#work, done]).then(() => undefined);
  }

  async #decide(attempt: Attempt): Promise<void> {
    const { guard, session, view } = this.#options;
    const lineage = this.#lineages.of(attempt.lineage, attempt.starter);
    const announced = session.announced.evidenceFor(attempt.argv);
    const [first] = attempt.images;
    const last = attempt.images.at(-1);
    const [sha256, interpreterSha256] = await Promise.all([
      first === undefined ? null : digestOf(first, this.#process),
      last === undefined || last === first ? null : digestOf(last, this.#process),
    ]);
    const before = this.#forgotten;
    this.#bundle ??= guard.bundle();
    const bundle = await this.#bundle;
    const folders = new OwnFolders({
      root: guard.machine.confinement.kind === 'in-place' ? null : `/proc/${attempt.process}/root`,
      worktree: session.place.repository.worktree,
      since: this.#begun,
    });
    const situation: Situation = {
      bundle,
      task: describeTask(session.writ, session.place),
      view,
      context: {
        ...session.place.context,
        removable: folders.removable,
        ownRepository: folders.ownRepository,
      },
      lineage,
      evidence: announced ?? [],
      isLoader: (await isLoaderCopy(sha256)) || (await isLoaderCopy(interpreterSha256)),
      now: guard.clock(),
    };
    const { decision, program, byFileAlone } = decideProcess(attempt, situation);
    const recorded: Recorded = {
      attempt,
      decision,
      program,
      starter: lineage.program,
      announced: announced !== null,
      sha256,
      interpreterSha256,
      enforcement: session.writ.claims.enforcement,
    };
    const record = processRecord(this.#whose(), this.#masked(recorded));
    this.#reconcile({ starter: attempt.starter, argv: attempt.argv, decision: decision.decision });
    if (decision.decision !== 'allow' || session.ended) {
      await guard.authority.record([record]);
      this.#say(`deny ${attempt.request} ${EACCES} ${sentence(decision, program)}`);
      return;
    }
    this.#log.add(record);
    const isFirm = attempt.lineage !== lineages.lost && before === this.#forgotten && !folders.momentary;
    const whateverWords = byFileAlone || isIndifferent(attempt, situation);
    const reach = !isFirm ? scope.once : whateverWords ? scope.files : scope.same;
    if (this.#kept.size >= mostKept) this.forget();
    if (reach !== scope.once) this.#kept.set(attempt.request, recorded);
    this.#say(`allow ${attempt.request} ${this.#lineages.after(lineage, program).id} ${reach}`);
  }

  #repeat({ request, process, parent, again }: Message & { type: 'repeat' }): void {
    const kept = [this.#kept, ...this.#keptBefore].find((map) => map.has(request))?.get(request);
    if (kept === undefined) throw new RangeError('a repetition of what was never allowed');
    const attempt = { ...kept.attempt, process, parent, ...again };
    const announced = this.#options.session.announced.evidenceFor(attempt.argv) !== null;
    this.#log.add(processRecord(this.#whose(), this.#masked({ ...kept, attempt, announced })));
    if (again !== null) this.#reconcile({ starter: attempt.starter, argv: attempt.argv, decision: 'allow' });
  }

  #reconcile(seen: Seen): void {
    const disagreement = this.#options.session.reconciler.saw(seen);
    if (disagreement === null) return;
    this.#log.add(disagreementRecord(this.#whose(), disagreement, this.#masked(seen)));
  }

  /** Without what the session was lent: arguments are the task's to choose. */
  #masked<T>(value: T): T {
    return this.#options.session.lent.masked(value);
  }

  #say(line: string): void {
    if (this.#connection?.writable === true) this.#connection.write(`${line}\n`);
  }

  #whose() {
    const { session } = this.#options;
    return { writ: session.writ.claims.id, session: session.id };
  }
}

function disagreementRecord(whose: Whose, disagreement: Disagreement, seen: Seen): GuardRecord {
  const command = commandText(seen.argv).slice(0, longestCommand).toWellFormed();
  return { type: 'alert', ...whose, command, decision: null, data: disagreementData(disagreement, seen) };
}

/** One line for the command's standard error. */
function sentence(decision: Decision, program: string): string {
  const more = decision.missing.length > 0 ? ` (needs ${decision.missing.join(', ')})` : '';
  const advice = decision.advice === null ? '' : ` ${decision.advice}`;
  const text = `${program}: ${decision.reason}${more}.${advice}`;
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').slice(0, longestReason);
}

/** A process of this user's, or of root's. */
function isOurs(process_: number): boolean {
  const owner = lstatSync(`/proc/${process_}`, { throwIfNoEntry: false })?.uid;
  return owner === process.getuid?.() || owner === 0;
}
