/** Ends every test run with `N passed, N failed, N skipped`, the line that CI and people read, and ends it in any case. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** Minutes. A test that waits without yielding cannot be timed out by its own worker, and would keep everybody waiting. */
const patience = 27;

export default class ClosingLineReporter implements Reporter {
  readonly #running = new Set<string>();
  readonly #ended: TestModule[] = [];
  #timer: NodeJS.Timeout | undefined;

  onTestRunStart(): void {
    this.#timer = setTimeout(() => this.#giveUp(), patience * 60_000).unref();
  }

  onTestModuleStart(module: TestModule): void {
    this.#running.add(module.relativeModuleId);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module.relativeModuleId);
    this.#ended.push(module);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    clearTimeout(this.#timer);
    const line = closingLine(modules, unhandledErrors.length);
    process.on('exit', () => process.stdout.write(line));
  }

  #giveUp(): never {
    process.stdout.write(`not over after ${patience} minutes: ${[...this.#running].join(', ')}\n`);
    process.stdout.write(closingLine(this.#ended, this.#running.size));
    killChildren(process.pid);
    process.exit(1);
  }
}

function closingLine(modules: readonly TestModule[], otherFailures: number): string {
  const count = { passed: 0, failed: otherFailures, skipped: 0 };
  for (const module of modules) {
    // A file that cannot be loaded has no tests, and must count as a failure all the same.
    if (module.errors().length > 0) count.failed += 1;
    for (const test of module.children.allTests()) {
      const state = test.result().state;
      count[state === 'pending' ? 'skipped' : state] += 1;
    }
  }
  return `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`;
}

/** The workers and what they started, which hold our output open. */
function killChildren(parent: number): void {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || parentOf(name) !== parent) continue;
    killChildren(Number(name));
    try {
      process.kill(Number(name), 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}

function parentOf(id: string): number {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${id}/stat`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}
