import type { ToolModel } from '../tool.ts';
import { coreUtilities } from './core-utilities.ts';

const families: readonly ReadonlyMap<string, ToolModel>[] = [coreUtilities];

const models = new Map<string, ToolModel>(families.flatMap((family) => [...family]));

/** The model of a program by its name; versions in names (`python3.12`, `gcc-14`) are passed over. */
export function modelOf(name: string): ToolModel | undefined {
  const exact = models.get(name);
  if (exact !== undefined) return exact;
  const bare = /^([a-z][a-z+_-]*?)-?\d+(\.\d+)*$/.exec(name)?.[1];
  return bare === undefined ? undefined : models.get(bare);
}
