/**
 * The clone's own configuration, as data. Writ reads the files, and git only parses the text that it is given
 * on its standard input: no repository is opened, so nothing that the text says can take effect.
 */
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import type { Place } from '../../core/model/errors.ts';
import { fault } from './faults.ts';
import { Memory } from './memory.ts';
import { runProgram } from './run-program.ts';
import { readSmallFile } from './small-file.ts';
import type { Worktree } from './worktree.ts';

export interface Setting {
  /** Section and variable in lower case, the subsection as written: `remote.origin.url`. */
  readonly key: string;
  /** Null for a variable without `=`, which git takes for true. */
  readonly value: string | null;
  readonly place: Place;
  /** Comes from a file that another one includes. */
  readonly included: boolean;
}

export interface Configuration {
  readonly settings: readonly Setting[];
  /** Files that are included but lie where Writ does not look: in somebody's home. */
  readonly unread: readonly string[];
}

const maxFileBytes = 1024 * 1024;
const maxFiles = 32;

/** @throws WritError `configuration_invalid`, `configuration_too_large`, `repository_format`, `git_*` */
export async function readConfiguration(git: string, worktree: Worktree): Promise<Configuration> {
  const settings: Setting[] = [];
  const unread: string[] = [];
  let files = 0;

  const add = async (file: string, included: boolean): Promise<boolean> => {
    const text = await readSmallFile(file, maxFileBytes);
    if (text === null) return false;
    if (++files > maxFiles) {
      throw fault(
        'configuration_too_large',
        `${file}: more than ${maxFiles} configuration files include each other`,
      );
    }
    for (const setting of await parse(git, file, text, included)) {
      settings.push(setting);
      // Whether an includeIf holds can change with the branch: whatever it may bring counts.
      if (!/^include(if\..*)?\.path$/s.test(setting.key) || setting.value === null) continue;
      if (/^[~%]/.test(setting.value)) unread.push(setting.value);
      else await add(resolve(dirname(file), setting.value), true);
    }
    return true;
  };

  if (!(await add(join(worktree.commonDirectory, 'config'), false))) {
    throw fault('repository_format', `${worktree.commonDirectory} has no configuration`);
  }
  if (isTrue(last(settings, 'extensions.worktreeconfig'))) {
    await add(join(worktree.gitDirectory, 'config.worktree'), false);
  }
  return { settings, unread };
}

export function all(settings: readonly Setting[], key: string): Setting[] {
  return settings.filter((setting) => setting.key === key);
}

export function last(settings: readonly Setting[], key: string): Setting | null {
  return settings.findLast((setting) => setting.key === key) ?? null;
}

export function isTrue(setting: Setting | null): boolean {
  return setting !== null && (setting.value === null || /^(true|yes|on|[1-9]\d*)$/i.test(setting.value));
}

interface Parsed {
  readonly key: string;
  readonly value: string | null;
  readonly line: number;
}

/** By the text itself, on which alone the answer depends. */
const parsedBefore = new Memory<readonly Parsed[]>(64);

async function parse(git: string, file: string, text: Buffer, included: boolean): Promise<Setting[]> {
  const key = createHash('sha256').update(text).digest('base64');
  const parsed = parsedBefore.get(key) ?? (await parseAnew(git, file, text));
  parsedBefore.keep(key, parsed);
  return parsed.map(({ line, ...setting }) => ({ ...setting, place: { file, line, column: 1 }, included }));
}

async function parseAnew(git: string, file: string, text: Buffer): Promise<Parsed[]> {
  const { code, stdout, stderr } = await runProgram(
    git,
    ['config', '--file', '-', '--no-includes', '--null', '--list'],
    {
      cwd: '/',
      environment: { GIT_DIR: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
      input: text,
    },
  );
  if (code !== 0) {
    const line = Number(/line (\d+)/.exec(stderr)?.[1] ?? 1);
    throw fault('configuration_invalid', `${file}:${line} is not git configuration`, {
      place: { file, line, column: 1 },
    });
  }
  const lines = placesOf(text.toString('utf8'));
  const seen = new Map<string, number>();
  return stdout
    .toString('utf8')
    .split('\0')
    .slice(0, -1)
    .map((record) => {
      const end = record.indexOf('\n');
      const key = end < 0 ? record : record.slice(0, end);
      const nth = seen.get(key) ?? 0;
      seen.set(key, nth + 1);
      return { key, value: end < 0 ? null : record.slice(end + 1), line: lines.get(key)?.[nth] ?? 1 };
    });
}

/** Line numbers of each key's occurrences. git itself does not tell them; they only serve to point people there. */
function placesOf(text: string): Map<string, number[]> {
  const places = new Map<string, number[]>();
  let section = '';
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\](.*)$/.exec(line);
    if (header !== null) {
      const [, name = '', subsection] = header;
      section =
        name.toLowerCase() + (subsection === undefined ? '' : `.${subsection.replace(/\\(.)/g, '$1')}`);
    }
    const variable = /^\s*([A-Za-z][A-Za-z0-9-]*)/.exec(header === null ? line : (header[3] ?? ''))?.[1];
    if (variable === undefined) continue;
    const key = `${section}.${variable.toLowerCase()}`;
    places.set(key, [...(places.get(key) ?? []), index + 1]);
  }
  return places;
}
