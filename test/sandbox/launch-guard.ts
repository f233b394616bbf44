/** Run as a process of its own by the tests: a guard that plans each sandbox from a file, and leaves the result in one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WritError } from '../../src/core/model/errors.ts';
import { createCgroups } from '../../src/guard/sandbox/cgroup.ts';
import { launchSpec, type SandboxRequest } from '../../src/guard/sandbox/launch-spec.ts';
import { detectMachine } from '../../src/guard/sandbox/machine.ts';
import type { Channel } from '../../src/guard/session.ts';
import { listen, resultOf } from './launching.ts';

const [home = '', runs = ''] = process.argv.slice(2);
const machine = detectMachine();
interface Run {
  readonly channel: Channel;
  readonly killAfterMs: number | undefined;
}
const running = new Map<string, Run>();

await listen(home, {
  async open({ job }, channel) {
    const name = join(runs, job ?? '');
    try {
      const request = JSON.parse(readFileSync(`${name}.json`, 'utf8')) as SandboxRequest & Partial<Run>;
      const cgroups = createCgroups(`test-${job ?? ''}`, request.limits);
      const spec = launchSpec({ ...request, cgroups }, machine);
      running.set(name, { channel, killAfterMs: request.killAfterMs });
      channel.closed.addEventListener('abort', () => cgroups.remove());
      channel.send({ type: 'launch', session: name, spec });
      channel.send({ type: 'start' });
    } catch (error) {
      if (error instanceof WritError) {
        const { code, message } = error;
        writeFileSync(`${name}.result`, JSON.stringify({ error: { code, message } }));
      }
      throw error;
    }
  },
  started(name) {
    writeFileSync(`${name}.result.started`, '');
    const run = running.get(name);
    const kill = () => run?.channel.send({ type: 'kill', reason: 'the test says so' });
    if (run?.killAfterMs !== undefined) setTimeout(kill, run.killAfterMs);
  },
  async end(name, end) {
    writeFileSync(`${name}.result`, JSON.stringify(resultOf(end)));
    return [];
  },
  report: (error) => process.stderr.write(`${String(error)}\n`),
});
