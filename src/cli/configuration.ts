/** The little that is remembered per WRIT_HOME: which governance folder is in force here. */
import { lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { WritError } from '../core/model/errors.ts';
import type { Home } from './home.ts';

const configurationSchema = z.strictObject({
  version: z.literal(1),
  /** Absolute path of the governance folder. */
  governance: z.string().startsWith('/'),
  /** Absolute path of a file that holds a PostgreSQL URL; without it, SQLite in the state folder. */
  database: z.string().startsWith('/').optional(),
  /** Hours between two runs of `writ doctor` by the running Writ; 0 for none, 24 where it is not said. */
  probeHours: z.number().min(0).max(8760).optional(),
  /** Where the public endpoints are offered over TCP; nowhere unless it is said. */
  listen: z
    .strictObject({
      address: z.string().min(3).max(300),
      /** Absolute paths of PEM files, for TLS. */
      certificate: z.string().startsWith('/').optional(),
      key: z.string().startsWith('/').optional(),
    })
    .optional(),
});
export type Configuration = z.infer<typeof configurationSchema>;

/** Null when nothing was configured yet. @throws WritError `configuration_invalid` */
export function readConfiguration(home: Home): Configuration | null {
  let text: string;
  try {
    text = readFileSync(home.configuration, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const parsed = configurationSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new WritError('configuration_invalid', `${home.configuration} cannot be understood`, {
    hint: 'Choose the governance folder again with: writ init, or writ up --policy DIR',
    cause: parsed.error,
  });
}

/** Replaces the file whole, so that a crash leaves the old or the new one. */
export function writeConfiguration(home: Home, configuration: Configuration): void {
  const draft = `${home.configuration}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(configuration, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, home.configuration);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The URL holds a password, so its file must be its owner's alone. @throws WritError `database_url_invalid` */
export function readDatabaseUrl(file: string): string {
  const facts = lstatSync(file, { throwIfNoEntry: false });
  if (facts === undefined || !facts.isFile()) throw unusableUrl(`${file} is not a regular file`);
  if ((facts.mode & 0o077) !== 0) throw unusableUrl(`${file} can be read by other people`);
  const url = readFileSync(file, 'utf8').trim();
  if (/^postgres(ql)?:\/\/\S+$/.test(url)) return url;
  throw unusableUrl(`${file} does not hold one URL that begins with postgresql://`);
}

function unusableUrl(fault: string): WritError {
  return new WritError('database_url_invalid', fault, {
    hint: 'Put postgresql://USER:PASSWORD@HOST/DATABASE into a file of yours with mode 600, and start: writ up --database FILE',
  });
}
