/** Which package registries this machine is set up to use, asked of nobody but the package managers' own configuration. */
import { spawnSync } from 'node:child_process';

const questions: readonly (readonly [registry: string, program: string, ...args: string[]])[] = [
  ['npm', 'npm', 'config', 'get', 'registry'],
  ['pypi', 'pip', 'config', 'get', 'global.index-url'],
];

/** Address by symbolic registry name, without any login. */
export function configuredRegistries(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [registry, program, ...args] of questions) {
    const { stdout } = spawnSync(program, args, {
      encoding: 'utf8',
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const url = URL.parse((stdout ?? '').trim());
    if (url?.hostname && /^https?:$/.test(url.protocol)) found[registry] = `${url.origin}${url.pathname}`;
  }
  return found;
}
