/** Run as a process of its own by the tests: launches one sandbox and leaves the result in a file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { WritError } from '../../src/core/model/errors.ts';
import { launch } from '../../src/guard/sandbox/launcher.ts';
import { launchSpec, type SandboxRequest } from '../../src/guard/sandbox/launch-spec.ts';
import { detectMachine } from '../../src/guard/sandbox/machine.ts';

const [requestFile = '', resultFile = ''] = process.argv.slice(2);
try {
  const request = JSON.parse(readFileSync(requestFile, 'utf8')) as SandboxRequest & { killAfterMs?: number };
  const stop = new AbortController();
  const spec = JSON.parse(JSON.stringify(launchSpec(request, detectMachine())));
  const result = await launch(spec, {
    signal: stop.signal,
    onStarted() {
      writeFileSync(`${resultFile}.started`, '');
      if (request.killAfterMs !== undefined) setTimeout(() => stop.abort(), request.killAfterMs);
    },
  });
  writeFileSync(resultFile, JSON.stringify(result));
  process.exitCode = result.exitCode;
} catch (error) {
  if (!(error instanceof WritError)) throw error;
  writeFileSync(resultFile, JSON.stringify({ error: { code: error.code, message: error.message } }));
  process.exitCode = 125;
}
