/** A governance bundle: an organisation and its policies, loaded whole or not at all. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../model/canonical-json.ts';
import { checkPolicies } from './check-policies.ts';
import { organisationFile, type Organisation } from './organisation.ts';
import { parsePolicies, type Policy } from './policies.ts';
import { error, quoted, warning, type PolicyProblem } from './problem.ts';
import { checkReferences } from './references.ts';
import { readStock, resolveProfiles, type StockGovernance } from './stock.ts';
import { readYaml } from './yaml-file.ts';

export type { Policy } from './policies.ts';
export type { PolicyProblem } from './problem.ts';
export type { StockGovernance } from './stock.ts';

export interface Bundle {
  /** Hex SHA-256 over the organisation's files and the stock data: what decided, to the byte. */
  readonly version: string;
  /** With stock profiles, bundles and host sets merged in. */
  readonly organisation: Organisation;
  readonly policies: readonly Policy[];
}

export interface LoadedBundle {
  /** Null as soon as there is one error. */
  readonly bundle: Bundle | null;
  /** In the order of files and lines, errors and warnings. */
  readonly problems: readonly PolicyProblem[];
}

const mainFile = 'organisation.yaml';
const largestFile = 1024 * 1024;
const mostFiles = 500;

/**
 * @param files the organisation's folder: `organisation.yaml` and `policies/*.cedar`, by path relative to it
 * @param stock the program's own `governance/` folder
 */
export function loadBundle(files: Readonly<Record<string, string>>, stock: StockGovernance): LoadedBundle {
  const refused = fileProblems(files);
  if (refused.length > 0) return { bundle: null, problems: refused };
  const version = versionOf(files, stock);
  if (last?.version === version) return last.loaded;
  const loaded = load(files, stock, version);
  last = { version, loaded };
  return loaded;
}

/** Authority and guard of one process load the same files one after the other, at 50 ms each. */
let last: { readonly version: string; readonly loaded: LoadedBundle } | null = null;

function load(
  files: Readonly<Record<string, string>>,
  stock: StockGovernance,
  version: string,
): LoadedBundle {
  const stockRead = readStock(stock);
  const schema = stock['writ.cedarschema'];
  if (stockRead.problems.length > 0 || schema === undefined) {
    const place = { file: 'stock/writ.cedarschema', line: 1, column: 1 };
    const missing =
      schema === undefined
        ? [error('stock_broken', place, 'the schema is missing', 'Install Writ again.')]
        : [];
    return { bundle: null, problems: [...stockRead.problems, ...missing] };
  }

  const yaml = readYaml(mainFile, files[mainFile] ?? '', organisationFile);
  const cedarFiles = Object.entries(files).filter(([name]) => name !== mainFile);
  const parsed = parsePolicies(cedarFiles.sort(([a], [b]) => (a < b ? -1 : 1)));
  const problems: PolicyProblem[] = [...yaml.problems, ...parsed.problems];
  if (yaml.value === null) return { bundle: null, problems: inOrder(problems) };

  const own = yaml.value;
  const { data } = stockRead;
  const resolved = resolveProfiles(data.profiles, own.profiles, yaml);
  const organisation: Organisation = {
    ...own,
    bundles: { ...(data.bundles as Organisation['bundles']), ...own.bundles },
    hostSets: { ...(data.hostSets as Organisation['hostSets']), ...own.hostSets },
    profiles: resolved.profiles,
  };
  problems.push(...resolved.problems, ...checkReferences(own, organisation, yaml));
  problems.push(...checkPolicies(parsed.policies, schema, organisation, yaml));
  if (parsed.policies.length === 0 && parsed.problems.length === 0) {
    const place = { file: mainFile, line: 1, column: 1 };
    problems.push(
      warning(
        'policies_missing',
        place,
        'there is no policy, so that everything is denied',
        'Put Cedar files into policies/.',
      ),
    );
  }
  const sound = problems.every((problem) => problem.severity !== 'error');
  const bundle = sound ? { version, organisation, policies: parsed.policies } : null;
  return { bundle, problems: inOrder(problems) };
}

function fileProblems(files: Readonly<Record<string, string>>): PolicyProblem[] {
  const names = Object.keys(files);
  const top = { file: mainFile, line: 1, column: 1 };
  if (!Object.hasOwn(files, mainFile))
    return [error('file_missing', top, `${mainFile} is missing`, 'Make a start with: writ init')];
  if (names.length > mostFiles) return [error('files_too_many', top, `more than ${mostFiles} files`)];
  return names.flatMap((file): PolicyProblem[] => {
    const place = { file, line: 1, column: 1 };
    const text = files[file] ?? '';
    if (file !== mainFile && !/^policies\/[^\0]+\.cedar$/.test(file)) {
      return [
        error(
          'file_unexpected',
          place,
          `${quoted(file)} is not part of a governance folder`,
          `It holds ${mainFile} and policies/*.cedar.`,
        ),
      ];
    }
    if (text.length > largestFile) return [error('file_too_large', place, 'the file is larger than 1 MiB')];
    if (!text.isWellFormed() || !file.isWellFormed() || text.includes('\0')) {
      return [error('text_malformed', place, 'the file is not plain UTF-8 text')];
    }
    return [];
  });
}

function versionOf(files: Readonly<Record<string, string>>, stock: StockGovernance): string {
  return createHash('sha256').update(canonicalJson({ files, stock })).digest('hex');
}

function inOrder(problems: readonly PolicyProblem[]): readonly PolicyProblem[] {
  const rank = (file: string) => (file === mainFile ? '' : file);
  return [...problems].sort((a, b) => {
    const [left, right] = [rank(a.place.file), rank(b.place.file)];
    if (left !== right) return left < right ? -1 : 1;
    return a.place.line - b.place.line || a.place.column - b.place.column;
  });
}
