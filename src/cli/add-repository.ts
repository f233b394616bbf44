import { parseDocument, isMap } from 'yaml';
import { WritError } from '../core/model/errors.ts';

/**
 * Registers a repository in the text of an organisation.yaml, keeping everybody's comments and order.
 * @throws WritError `organisation_unreadable`
 */
export function addRepository(text: string, remote: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new WritError('organisation_unreadable', 'organisation.yaml cannot be parsed', {
      hint: 'See why with: writ policy check',
    });
  }
  if (document.hasIn(['repositories', remote])) return text;
  document.setIn(['repositories', remote], document.createNode({ sensitivity: 'internal' }));
  return String(document);
}
