/**
 * Tools that do the same whatever they are told, such as expr, basename and true: under a policy that does not look at
 * their words either, one verdict holds for all of these.
 */
import { ignoresWords } from '../../core/command/tool.ts';
import { modelOf } from '../../core/command/tools/registry.ts';
import { readsArguments, toolFiles, type Situation } from './decide-process.ts';
import { classify, isMultiCall } from './programs.ts';
import type { Attempt } from './protocol.ts';

export function isIndifferent(
  { images }: Attempt,
  { bundle, task, view, evidence }: Pick<Situation, 'bundle' | 'task' | 'view' | 'evidence'>,
): boolean {
  const [image] = images;
  // What somebody approved was approved with its words.
  if (image === undefined || images.length > 1 || evidence.length > 0 || isMultiCall(image.path))
    return false;
  const kind = classify(image.path, toolFiles({ bundle, task, view }), view);
  if (kind.kind !== 'tool' || kind.names.length === 0) return false;
  const models = kind.names.map(modelOf);
  return (
    models.every((model) => model !== undefined && ignoresWords(model)) &&
    !readsArguments(bundle, task.profile)
  );
}
