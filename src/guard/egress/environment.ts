/** How programs inside are told of the proxy and of the organisation's registries: by the variables that they heed. */
import { registryUrlOf } from '../../core/policy/network.ts';
import type { Organisation } from '../../core/policy/organisation.ts';

/** On the sandbox's own loopback, where nothing else listens before the command does. */
export const proxyPort = 3128;

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'] as const;

/** The sandbox's own loopback is not behind the proxy. */
const direct = 'localhost,127.0.0.1,::1';

/** Of package managers that can be pointed to another registry from outside of the repository. */
const registryVariables: readonly (readonly [registry: string, ...variables: string[]])[] = [
  ['npm', 'npm_config_registry'],
  ['pypi', 'PIP_INDEX_URL', 'UV_DEFAULT_INDEX'],
  ['go', 'GOPROXY'],
];

export function egressEnvironment({ network }: Pick<Organisation, 'network'>): Record<string, string> {
  // An http address for ALL_PROXY too: several programs fail at start on a socks address that they cannot use.
  const address = `http://127.0.0.1:${proxyPort}`;
  const named = (names: readonly string[], value: string) =>
    names.flatMap((name) => [name, name.toLowerCase()]).map((name) => [name, value] as const);
  const registries = registryVariables.flatMap(([registry, ...variables]) => {
    const url = registryUrlOf(network, registry);
    return url === null ? [] : variables.map((name) => [name, url] as const);
  });
  return Object.fromEntries([
    ...named(proxyVariables, address),
    ...named(['NO_PROXY'], direct),
    ['NODE_USE_ENV_PROXY', '1'],
    ...registries,
  ]);
}
