/** The data that ships with Writ: tool bundles, host sets and profiles, and how an organisation's own join them. */
import { z } from 'zod';
import {
  entityName,
  hosts,
  profilePatch,
  tools,
  type OrganisationFile,
  type Profile,
  type ProfilePatch,
} from './organisation.ts';
import { error, type PolicyProblem } from './problem.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';
import type { Place } from '../model/errors.ts';

/** The folder `governance/` of the program: path relative to it -> text. */
export type StockGovernance = Readonly<Record<string, string>>;

const bundlesFile = z.strictObject({ version: z.literal(1), bundles: z.record(entityName, tools) });
const hostsFile = z.strictObject({ version: z.literal(1), hostSets: z.record(entityName, hosts) });
const profilesFile = z.strictObject({ version: z.literal(1), profiles: z.record(entityName, profilePatch) });

export interface StockData {
  readonly bundles: Readonly<Record<string, readonly string[]>>;
  readonly hostSets: Readonly<Record<string, readonly string[]>>;
  readonly profiles: Readonly<Record<string, ProfilePatch>>;
}

export function readStock(stock: StockGovernance): { data: StockData; problems: readonly PolicyProblem[] } {
  const problems: PolicyProblem[] = [];
  const read = <Schema extends z.ZodType>(name: string, schema: Schema): z.output<Schema> | null => {
    const text = stock[name];
    const place: Place = { file: `stock/${name}`, line: 1, column: 1 };
    if (text === undefined) {
      problems.push(
        error('stock_broken', place, `the program's own ${name} is missing`, 'Install Writ again.'),
      );
      return null;
    }
    const file: YamlFile<z.output<Schema>> = readYaml(place.file, text, schema);
    problems.push(...file.problems.map((problem) => ({ ...problem, code: 'stock_broken' as const })));
    return file.value;
  };
  const data = {
    bundles: read('bundles.yaml', bundlesFile)?.bundles ?? {},
    hostSets: read('hosts.yaml', hostsFile)?.hostSets ?? {},
    profiles: read('profiles.yaml', profilesFile)?.profiles ?? {},
  };
  return { data, problems };
}

/**
 * Fills in what profiles inherit. An entry under a stock profile's name changes that profile; any other is a
 * new one, complete by itself or through `extends`.
 */
export function resolveProfiles(
  stock: StockData['profiles'],
  own: OrganisationFile['profiles'],
  file: Pick<YamlFile<unknown>, 'placeOfKey'>,
): { profiles: Record<string, Profile>; problems: PolicyProblem[] } {
  const problems: PolicyProblem[] = [];
  const profiles: Record<string, Profile> = {};
  const patchOf = (name: string): ProfilePatch | null => {
    const [base, changes] = [stock, own].map((all) => (Object.hasOwn(all, name) ? all[name] : undefined));
    if (base === undefined && changes === undefined) return null;
    return base === undefined
      ? { ...changes }
      : changes === undefined
        ? { ...base }
        : extended(base, changes);
  };
  const resolve = (name: string, below: readonly string[]): ProfilePatch | null => {
    const place = () => file.placeOfKey(['profiles', below[0] ?? name, 'extends']);
    if (below.includes(name)) {
      problems.push(
        error('profile_cycle', place(), `profiles extend each other: ${[...below, name].join(' -> ')}`),
      );
      return null;
    }
    const patch = patchOf(name);
    if (patch === null) return null; // reported as an unknown reference
    if (patch.extends === undefined) return patch;
    const parent = resolve(patch.extends, [...below, name]);
    return parent === null ? null : extended(parent, patch);
  };
  for (const name of new Set([...Object.keys(stock), ...Object.keys(own)])) {
    const patch = resolve(name, []);
    if (patch === null) continue;
    const parent = patchOf(name)?.extends ?? null;
    const {
      description,
      repository,
      repositoryPrograms = repository === 'read-write',
      tools,
      hosts,
      environment = [],
      credentials = [],
      limits,
      task = {},
      record = false,
      enforcement,
      ttl = null,
    } = patch;
    const missing = Object.entries({ description, repository, tools, hosts, enforcement })
      .filter(([, value]) => value === undefined)
      .map(([key]) => key)
      .concat(limitNames.filter((limit) => limits?.[limit] === undefined).map((limit) => `limits.${limit}`));
    if (missing.length > 0) {
      const message = `the profile "${name}" lacks ${missing.join(', ')}`;
      const hint = 'Give them, or begin from another profile with: extends: develop';
      problems.push(error('profile_incomplete', file.placeOfKey(['profiles', name]), message, hint));
      continue;
    }
    profiles[name] = {
      description,
      repository,
      repositoryPrograms,
      tools,
      hosts,
      environment,
      credentials,
      limits,
      task,
      record,
      enforcement,
      ttl,
      extends: parent,
    } as Profile;
  }
  return { profiles, problems };
}

/** Field by field; of limits, figure by figure. */
function extended(base: ProfilePatch, changes: ProfilePatch): ProfilePatch {
  return {
    ...base,
    ...changes,
    limits: { ...base.limits, ...changes.limits },
    task: { ...base.task, ...changes.task },
  };
}

const limitNames = [
  'cpuSeconds',
  'processes',
  'fileSizeMiB',
  'openFiles',
  'wallSeconds',
  'memoryMiB',
] as const;
