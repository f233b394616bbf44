/** Which model API the guard forwards to, and with which credential: the guard's own configuration. */
import { readFileSync } from 'node:fs';
import { WritError } from '../../core/model/errors.ts';
import type { ModelUpstream } from './model-relay.ts';

const standardBase = 'https://api.anthropic.com';

/**
 * ANTHROPIC_BASE_URL and one of ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN (sent as a bearer token) and
 * WRIT_MODEL_KEY_FILE (a file that holds an API key), as the guard itself was started with.
 * @throws WritError `model_key_missing`, `model_base_invalid`
 */
export function modelUpstream(environment: Readonly<Record<string, string | undefined>>): ModelUpstream {
  const base = URL.parse(environment['ANTHROPIC_BASE_URL'] ?? standardBase);
  const loopback = base !== null && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(base.hostname);
  const allowed = base?.protocol === 'https:' || (base?.protocol === 'http:' && loopback);
  if (base === null || !allowed || base.username !== '' || base.search !== '' || base.hash !== '') {
    throw new WritError(
      'model_base_invalid',
      "the guard's ANTHROPIC_BASE_URL is not the address of a model API",
      {
        hint: 'It must be https, or http on loopback, without credentials and query',
      },
    );
  }
  return { base, credential: credential(environment) };
}

function credential(environment: Readonly<Record<string, string | undefined>>): ModelUpstream['credential'] {
  const key = environment['ANTHROPIC_API_KEY'] ?? keyFrom(environment['WRIT_MODEL_KEY_FILE']);
  if (key !== undefined && isHeaderValue(key)) return { header: 'x-api-key', value: key };
  const token = environment['ANTHROPIC_AUTH_TOKEN'];
  if (token !== undefined && isHeaderValue(token))
    return { header: 'authorization', value: `Bearer ${token}` };
  throw new WritError('model_key_missing', 'the guard has no credential for the model API', {
    hint: 'Start it with ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN or WRIT_MODEL_KEY_FILE: writ down, then writ up',
  });
}

function keyFrom(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new WritError('model_key_missing', 'the file that WRIT_MODEL_KEY_FILE names cannot be read', {
      cause,
    });
  }
}

function isHeaderValue(value: string): boolean {
  return /^[!-~]{1,4096}$/.test(value);
}
