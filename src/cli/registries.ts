/** Which package registries this machine is set up to use, asked of nobody but the package managers' own configuration. */
import { spawnSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAddress, whyRefused } from '../core/policy/addresses.ts';

export interface MachineRegistries {
  /** Addresses of services, without any login, and further hosts; by symbolic registry name. */
  readonly registries: Readonly<Record<string, readonly string[]>>;
  /** Of the hosts among them that lead to addresses which are not public: to which. */
  readonly private: Readonly<Record<string, readonly string[]>>;
}

type Question = readonly [registry: string, program: string, ...args: string[]];

/** The first that has an answer counts. */
const questions: readonly Question[] = [
  ['npm', 'npm', 'config', 'get', 'registry'],
  ['pypi', 'pip', 'config', 'get', 'global.index-url'],
  [
    'pypi',
    'python3',
    '-c',
    'from pip._internal.models.index import PyPI; print(PyPI.simple_url, PyPI.file_storage_domain)',
  ],
  ['go', 'go', 'env', 'GOPROXY'],
];
const hostName = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const programsAnswerWithinMs = 5000;
const namesAnswerWithinMs = 3000;

export async function machineRegistries(): Promise<MachineRegistries> {
  const registries: Record<string, readonly string[]> = {};
  for (const question of questions) {
    const [registry] = question;
    const places = Object.hasOwn(registries, registry) ? [] : answered(question);
    if (places.length > 0) registries[registry] = places;
  }
  const found = await Promise.all(Object.values(registries).flat().map(privateAddresses));
  return { registries, private: Object.fromEntries(found.flat()) };
}

function answered([, program, ...args]: Question): readonly string[] {
  const { stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: programsAnswerWithinMs,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [service = '', ...hosts] = (stdout ?? '').trim().split(/[\s,|]+/);
  const url = URL.parse(service);
  if (!url?.hostname || !/^https?:$/.test(url.protocol)) return [];
  return [`${url.origin}${url.pathname}`, ...hosts.filter((host) => hostName.test(host))];
}

async function privateAddresses(place: string): Promise<readonly (readonly [string, readonly string[]])[]> {
  const host = URL.parse(place)?.hostname ?? place;
  if (!hostName.test(host)) return [];
  const late = sleep(namesAnswerWithinMs, [], { ref: false });
  const all = await Promise.race([lookup(host, { all: true }).catch(() => []), late]);
  const addresses = all.map(({ address }) => address).filter(isNoPublicAddress);
  return addresses.length === 0 ? [] : [[host, addresses]];
}

function isNoPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  return address !== null && whyRefused(address, []) !== null;
}
