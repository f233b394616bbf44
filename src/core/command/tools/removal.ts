/** Which removals of whole folders can be had back: what builds and package managers make, and what lies deeper. */
import type { Call } from '../call.ts';
import type { Field } from '../field.ts';
import { isWithin, resolvePath } from '../paths.ts';

/** Folders that tools make and make again. */
const made =
  /^(node_modules|bower_components|jspm_packages|vendor|deps|bin|obj|pkg|target|dist|out|build|builds|_build|_site|site|coverage|htmlcov|bundle|tmp|temp|log|logs|venv|env|virtualenv|__pycache__|__pypackages__|wheelhouse|derivedData|elm-stuff|zig-out|test-results|playwright-report|storybook-static|\.(next|nuxt|output|turbo|parcel-cache|svelte-kit|vite|angular|astro|docusaurus|expo|gradle|tox|nox|venv|eggs|nyc_output|terraform|serverless|dart_tool|hypothesis|ipynb_checkpoints|stack-work|vercel|netlify|wrangler|yarn|pnpm-store|nx|swc|kotlin|bundle|build|tmp|temp|coverage|cargo|rush|zig-cache))$/i;
/** Names that say so: `my-build`, `test_output`, `.mypy_cache`, `cmake-build-debug`, `shop.egg-info`. */
const saysMade =
  /(^|[-_.])(tmp|temp|cache|dist|build|builds|out|output|outputs|coverage|generated|logs?|results?|reports?|artifacts?|bak|backup|old|scratch|playground|egg-info|debug|release)$|cache$|^(tmp|temp|cache|dist|build|out|output|coverage|generated|scratch|cmake-build|bazel)[-_.]/i;
/** `a.txt`, `shop.db`: one file, whatever the option says. */
const hasEnding = /[^.]\.[A-Za-z0-9]{1,12}$/;

/** What tools make again, or a single file by its name. */
export function isExpendable(name: string): boolean {
  return made.test(name) || saysMade.test(name) || hasEnding.test(name);
}

/**
 * Whether removing the tree cannot be undone: a folder at the top of the repository that is not made by tools, all
 * that lies in one, the repository, its history, a home, or what cannot be told.
 */
export function destroysTree(call: Call, tree: Field): boolean {
  if (!tree.known) return !isExpendable(tailOf(tree));
  if (call.directories === null)
    return !isExpendable(tailOf(tree)) && !/^\/tmp\/./.test(resolvePath(tree.text, '/'));
  return call.directories.some((from) => destroysPath(call, resolvePath(tree.text, from), tree.pattern));
}

function destroysPath({ place }: Call, path: string, pattern: boolean): boolean {
  const scratch = ['/tmp', '/var/tmp', place.home].find((one) => isWithin(path, one));
  if (scratch !== undefined && !isWithin(path, place.repository)) {
    const below = path.slice(scratch.length + 1);
    return below === '' || (pattern && /^[*?.[]/.test(below));
  }
  if (!isWithin(path, place.repository)) return true;
  const segments = path
    .slice(place.repository.length)
    .split('/')
    .filter((part) => part !== '');
  const [top, ...deeper] = segments;
  if (top === undefined || top.toLowerCase() === '.git') return true;
  // `*` and `src/*` take what `.` and `src` take.
  const wild = pattern && /^[*?.[\]]*$/.test(segments.at(-1) ?? '');
  if (deeper.length > (wild ? 1 : 0)) return false;
  if (wild && deeper.length === 0) return true;
  if (pattern && /[*?[]/.test(top))
    return !isExpendable(top.replace(/[*?[\]]+/g, '')) && /^[*?.[]/.test(top) && !hasEnding.test(top);
  return !isExpendable(top) && (pattern || place.removable?.(path) !== true);
}

/** The last part of a path of which only the source is known: `dist` of `"$d/dist"`. */
function tailOf({ text, ends }: Field): string {
  if (ends !== undefined) return ends;
  // A variable that is named for a temporary file, or a name below /tmp.
  if (/^"?\$\{?\w*te?mp\w*\}?"?$|^"?\/(var\/)?tmp\/[\w.-]+/i.test(text)) return 'tmp';
  return /\/([\w.-]+)\/?"?$/.exec(text)?.[1] ?? '';
}
