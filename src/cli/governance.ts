/** Reads governance from folders: the stock data that ships with Writ, and an organisation's own. */
import { existsSync, globSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WritError } from '../core/model/errors.ts';

export type GovernanceErrorCode = 'governance_missing' | 'governance_unreadable' | 'stock_missing';

const largestFile = 1024 * 1024;
const mostFiles = 500;

/** @throws WritError `governance_missing`, `governance_unreadable` */
export function readGovernance(folder: string): Record<string, string> {
  if (!existsSync(join(folder, 'organisation.yaml'))) {
    throw new WritError<GovernanceErrorCode>('governance_missing', `${folder} has no organisation.yaml`, {
      hint: 'Make a working start with: writ init',
    });
  }
  const names = ['organisation.yaml', ...globSync('policies/**/*.cedar', { cwd: folder }).sort()];
  if (names.length > mostFiles) {
    throw new WritError<GovernanceErrorCode>(
      'governance_unreadable',
      `${folder} has more than ${mostFiles} files`,
    );
  }
  const root = realpathSync(folder);
  return Object.fromEntries(
    names.map((name) => [name, readRegularFile(join(folder, name), join(root, name))]),
  );
}

/** @param expected where the file lies when no link leads to it */
function readRegularFile(path: string, expected: string): string {
  const facts = lstatSync(path);
  if (!facts.isFile() || realpathSync(path) !== expected) {
    throw new WritError<GovernanceErrorCode>('governance_unreadable', `${path} is not a regular file`, {
      hint: 'Governance is read from plain files only, never through symbolic links.',
    });
  }
  if (facts.size > largestFile) {
    throw new WritError<GovernanceErrorCode>('governance_unreadable', `${path} is larger than 1 MiB`);
  }
  return readFileSync(path, 'utf8');
}

let stock: Record<string, string> | null = null;

/** The `governance/` folder of this installation: path relative to it -> text. */
export function stockGovernance(): Record<string, string> {
  if (stock !== null) return stock;
  const folder = findStock(import.meta.dirname);
  const names = globSync('**/*.{yaml,cedar,cedarschema}', { cwd: folder }).sort();
  stock = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  return stock;
}

function findStock(from: string): string {
  const candidate = join(from, 'governance');
  if (existsSync(join(candidate, 'writ.cedarschema'))) return candidate;
  const parent = dirname(from);
  if (parent === from) {
    throw new WritError<GovernanceErrorCode>(
      'stock_missing',
      'the stock governance of this installation is missing',
      {
        hint: 'Install Writ again.',
      },
    );
  }
  return findStock(parent);
}
