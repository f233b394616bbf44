/** Which store of the catalogue a path or a variable belongs to. */
import { credentialCatalogue } from './credential-catalogue.ts';

interface Place {
  readonly store: string;
  /** Lower case, with what lies below it. */
  readonly matches: (path: string) => boolean;
}

/** By the first name of the path, so that few are tried. */
type Index = ReadonlyMap<string, readonly Place[]>;

const inHome = index(
  credentialCatalogue.flatMap(({ name, home = [] }) => home.map((path) => [path, name] as const)),
);
const onMachine = index(
  credentialCatalogue.flatMap(({ name, machine = [], agents = [] }) =>
    [...machine, ...agents].map((path) => [path.slice(1), name] as const),
  ),
);

function index(entries: readonly (readonly [path: string, store: string])[]): Index {
  const places = new Map<string, Place[]>();
  for (const [path, store] of entries) {
    const folded = path.toLowerCase();
    const pattern = new RegExp(`^${folded.replace(/[.+()]/g, '\\$&').replaceAll('*', '[^/]*')}(/|$)`);
    const matches = folded.includes('*')
      ? (tried: string) => pattern.test(tried)
      : (tried: string) =>
          tried.startsWith(folded) && (tried.length === folded.length || tried[folded.length] === '/');
    const first = firstName(folded);
    places.set(first, [...(places.get(first) ?? []), { store, matches }]);
  }
  return places;
}

function firstName(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? path : path.slice(0, slash);
}

function storeIn(places: Index, path: string): string | null {
  return places.get(firstName(path))?.find(({ matches }) => matches(path))?.store ?? null;
}

/** The store that a folded absolute path is, or is within; null for none. */
export function credentialStoreOf(path: string, home: string): string | null {
  const below = relativeToHome(path, home);
  return (below === null ? null : storeIn(inHome, below)) ?? storeIn(onMachine, path.slice(1));
}

function relativeToHome(path: string, home: string): string | null {
  if (home !== '/' && path.startsWith(`${home}/`)) return path.slice(home.length + 1);
  const other = /^\/(?:home|users)\/[^/]+\/(.*)$|^\/root\/(.*)$/.exec(path);
  return other === null ? null : (other[1] ?? other[2] ?? null);
}

const variables = credentialCatalogue.flatMap(({ name, variables: names = [] }) =>
  names.map((pattern) => ({ store: name, pattern: new RegExp(`^${pattern.replaceAll('*', '.*')}$`) })),
);

/** The store that a variable holds a login of, or leads to the agent of; null for none. */
export function credentialVariableOf(name: string): string | null {
  return variables.find(({ pattern }) => pattern.test(name))?.store ?? null;
}

/** What a glob outside of the repository is tried against. */
export function credentialFiles(home: string): readonly string[] {
  const cached = examples.get(home);
  if (cached !== undefined) return cached;
  const files = [
    '/etc/sudoers',
    '/etc/ssl/private/key.pem',
    // `/tmp/*` stands for what is in a private folder: who means an agent's socket names it.
    ...credentialCatalogue
      .flatMap(({ machine = [], agents = [] }) => [...machine, ...agents])
      .filter((path) => !path.startsWith('/tmp/'))
      .map((path) => path.toLowerCase().replaceAll('*', '0')),
    ...[home, '/root', '/home/user'].flatMap((base) =>
      credentialCatalogue.flatMap(({ home: paths = [] }) =>
        paths.flatMap((path) => {
          const folded = path.toLowerCase();
          return [`${base}/${folded}`, `${base}/${folded}/id_rsa`];
        }),
      ),
    ),
  ];
  if (examples.size > 16) examples.clear();
  examples.set(home, files);
  return files;
}

const examples = new Map<string, readonly string[]>();
