/**
 * Symbolic links. The analysis does no I/O: whoever asks for it says what links there are, and links that the text
 * itself makes are noted while it is followed.
 */
import { matchesSegment } from './patterns.ts';

/** What is known of the symbolic links of the machine, as the command would find them. */
export interface Links {
  /** The text that the symbolic link at this absolute path holds; null where there is none. */
  at(path: string): string | null;
  /** Names of the symbolic links that lie directly in this absolute directory. */
  in(directory: string): readonly string[];
}

/** Links that the text makes: by absolute path, what they may hold; null for what cannot be told. */
export type MadeLinks = ReadonlyMap<string, ReadonlySet<string | null>>;

export interface LinkSource {
  readonly links?: Links | null;
}

/** As Linux: more is a loop. */
const mostHops = 40;
const mostPaths = 16;
const mostSteps = 10_000;
const wild = /[*?[]/;

export interface Following {
  readonly source: LinkSource;
  readonly made: MadeLinks;
  /** Whether the last component is followed if it is a link itself: not so by what removes it. */
  readonly last: boolean;
}

/**
 * The paths that the kernel would reach by `path` from `cwd`: links followed, `..` taken from where they lead.
 * Null where a link's text cannot be told. Wildcards stay, and match links too.
 */
export function realPaths(path: string, cwd: string, following: Following): readonly string[] | null {
  const start = path.startsWith('/') ? path : `${cwd}/${path}`;
  // Nothing that could make a difference to the path as written.
  if (!following.source.links && following.made.size === 0 && !builtIn.test(start)) return [];
  const walk = new Walk(following, cwd);
  walk.go([], start.split('/'), 0);
  return walk.doubtful ? null : [...walk.found];
}

/** Links that are on every Linux. The magic ones of /proc lead where the process itself is. */
const builtIn = /\/(proc|dev|var)\//;

class Walk {
  readonly found = new Set<string>();
  doubtful = false;
  readonly #following: Following;
  readonly #cwd: string;
  #steps = 0;

  constructor(following: Following, cwd: string) {
    this.#following = following;
    this.#cwd = cwd;
  }

  go(above: readonly string[], rest: readonly string[], hops: number): void {
    const at = [...above];
    for (let index = 0; index < rest.length; index += 1) {
      this.#steps += 1;
      if (this.#steps > mostSteps) this.doubtful = true;
      if (this.doubtful) return;
      const segment = rest[index] ?? '';
      if (segment === '' || segment === '.') continue;
      if (segment === '..') {
        at.pop();
        continue;
      }
      const after = rest.slice(index + 1);
      if (this.#following.last || after.some((one) => one !== '')) {
        if (wild.test(segment))
          for (const name of this.#matching(at, segment)) this.#follow(at, name, after, hops);
        else if (this.#follow(at, segment, after, hops)) return;
      }
      at.push(segment);
    }
    if (this.found.size >= mostPaths) this.doubtful = true;
    else this.found.add(`/${at.join('/')}`);
  }

  /** True where the path leads on through the link alone. */
  #follow(at: readonly string[], name: string, after: readonly string[], hops: number): boolean {
    const path = `/${[...at, name].join('/')}`;
    const made = this.#following.made.get(path);
    const there = builtInLink(path, this.#cwd) ?? this.#following.source.links?.at(path) ?? null;
    if (made === undefined && there === null) return false;
    const texts = [...(made ?? []), ...(there === null ? [] : [there])];
    for (const text of texts) {
      if (text === null || hops >= mostHops) this.doubtful = true;
      else this.go(text.startsWith('/') ? [] : at, [...text.split('/'), ...after], hops + 1);
    }
    return made === undefined;
  }

  #matching(at: readonly string[], segment: string): readonly string[] {
    const directory = `/${at.join('/')}`;
    const names = new Set(this.#following.source.links?.in(directory));
    const below = directory === '/' ? '/' : `${directory}/`;
    for (const path of this.#following.made.keys())
      if (path.startsWith(below) && !path.slice(below.length).includes('/'))
        names.add(path.slice(below.length));
    return [...names].filter((name) => matchesSegment(segment, name));
  }
}

function builtInLink(path: string, cwd: string): string | null {
  if (path.startsWith('/proc/')) {
    const link = /^\/proc\/(?:self|thread-self)\/(?:task\/[^/]+\/)?(root|cwd)$/.exec(path);
    return link === null ? null : link[1] === 'cwd' ? cwd : '/';
  }
  if (path === '/dev/fd') return '/proc/self/fd';
  if (path === '/var/run') return '/run';
  return null;
}
