/** Operations as one short line each, for tables of tests. */
import type { Operation } from '../model/operation.ts';
import { analyze, analyzeArgv, type AnalysisContext } from './analyze.ts';

export const testContext: AnalysisContext = { cwd: '/repo', repository: '/repo', home: '/home/writ' };

export function operationsOf(text: string, context: AnalysisContext = testContext): readonly string[] {
  return analyze(text, context).operations.map(notation);
}

export function operationsOfArgv(argv: readonly string[]): readonly string[] {
  return analyzeArgv(argv, testContext).operations.map(notation);
}

/** `exec git push [publishes network]`, `read /etc/hosts (toolchain)`: what is usual is left out. */
function notation(operation: Operation): string {
  switch (operation.kind) {
    case 'exec': {
      const { target, subcommand, traits, via, cwd } = operation;
      const name = subcommand === null ? target : `${target} ${subcommand}`;
      const effects = traits.length === 0 ? '' : ` [${traits.join(' ')}]`;
      const where = cwd === testContext.cwd ? '' : ` in ${cwd ?? '?'}`;
      return `exec ${name}${effects}${via.length === 0 ? '' : ` via ${via.join(' ')}`}${where}`;
    }
    case 'read':
    case 'write': {
      const { kind, target, pattern, recursive, area, sensitivity } = operation;
      const notes = [
        area === 'repository' ? '' : area,
        sensitivity ?? '',
        pattern ? 'glob' : '',
        recursive ? 'tree' : '',
      ];
      const shown = notes.filter((note) => note !== '').join(' ');
      return `${kind} ${target}${shown === '' ? '' : ` (${shown})`}`;
    }
    case 'opaque':
      return `opaque ${operation.of}: ${operation.target}`;
    default:
      return `${operation.kind} ${operation.target}`;
  }
}
