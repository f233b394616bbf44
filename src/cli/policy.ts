/** `writ policy check`: every fault of a governance folder with its place and a way on. */
import { join, resolve } from 'node:path';
import { loadBundle, type PolicyProblem } from '../core/policy/bundle.ts';
import { readConfiguration } from './configuration.ts';
import { exit } from './exit.ts';
import { readGovernance, stockGovernance } from './governance.ts';
import { locateHome } from './home.ts';
import { counted, paint, print, printJson, say, visible } from './output.ts';

export async function policy(args: readonly string[], options: { readonly json?: boolean }): Promise<void> {
  const [action, named] = args;
  if (action !== 'check') {
    say(`writ policy knows "check", not "${action ?? ''}"`);
    process.exitCode = exit.usage;
    return;
  }
  const folder = resolve(named ?? readConfiguration(locateHome(process.env))?.governance ?? 'governance');
  const { bundle, problems } = loadBundle(readGovernance(folder), stockGovernance());
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  if (options.json === true) {
    printJson({ folder, valid: bundle !== null, version: bundle?.version ?? null, problems });
  } else {
    for (const problem of problems) print(describe(folder, problem));
    const warnings = problems.length - errors;
    if (bundle === null)
      print(
        `\n${counted(errors, 'error')}, ${counted(warnings, 'warning')}: this folder would not be loaded.`,
      );
    else
      print(
        `${folder} is sound${warnings > 0 ? `, with ${counted(warnings, 'warning')}` : ''}. Version ${bundle.version.slice(0, 16)}`,
      );
  }
  process.exitCode = bundle === null ? exit.failed : exit.done;
}

function describe(folder: string, { place, severity, code, message, hint }: PolicyProblem): string {
  const where = `${join(folder, place.file)}:${place.line}:${place.column}`;
  const label = paint(severity === 'error' ? 'red' : 'yellow', severity);
  const advice = hint === null ? '' : `\n    ${visible(hint)}`;
  return `${where}: ${label}: ${visible(message)} [${code}]${advice}`;
}
