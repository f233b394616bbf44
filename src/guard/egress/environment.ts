/** How programs inside are told of the proxy and of the organisation's registries: by the variables that they heed. */
import { registryUrlOf } from '../../core/policy/network.ts';
import type { Organisation } from '../../core/policy/organisation.ts';

/** On the sandbox's own loopback, where nothing else listens before the command does. */
export const proxyPort = 3128;

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'] as const;

/** The sandbox's own loopback is not behind the proxy. */
const direct = 'localhost,127.0.0.1,::1';

/** Of package managers that take another registry from a variable; npm's would outdo the repository's own .npmrc. */
const registryVariables: readonly (readonly [registry: string, ...variables: string[]])[] = [
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

/** npm's configuration of least precedence; empty where the organisation names no address for npm. */
export function npmConfiguration({ network }: Pick<Organisation, 'network'>): string {
  const url = registryUrlOf(network, 'npm');
  return url === null ? '' : `registry=${url}\n`;
}
