/** The text of one element of an answer in XML, of those that hold text alone. */
import { WritError } from '../../core/model/errors.ts';

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** @throws WritError `upstream_failed` where it is not there */
export function elementOf(body: string, name: string): string {
  const [, text] = new RegExp(`<${name}>([^<>]+)</${name}>`).exec(body) ?? [];
  if (text === undefined)
    throw new WritError('upstream_failed', 'the upstream answers in another form than it is known for');
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? '').trim();
}
