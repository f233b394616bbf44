/** Names of tasks as SPIFFE IDs (SPIFFE-ID specification, section 2). */

const longestId = 2048;
const longestTrustDomain = 255;
const trustDomainText = /^[a-z0-9._-]+$/;
const segmentText = /^[A-Za-z0-9._-]+$/;

export interface SpiffeId {
  readonly trustDomain: string;
  /** Empty for a trust domain itself. */
  readonly segments: readonly string[];
}

/** Null for what is no SPIFFE ID. Only the spelling that the specification gives is read: lower-case domain, no escapes. */
export function parseSpiffeId(text: string): SpiffeId | null {
  const prefix = 'spiffe://';
  if (text.length > longestId || !text.startsWith(prefix)) return null;
  const [trustDomain = '', ...segments] = text.slice(prefix.length).split('/');
  const valid =
    trustDomain.length <= longestTrustDomain &&
    trustDomainText.test(trustDomain) &&
    segments.every((one) => segmentText.test(one) && one !== '.' && one !== '..');
  return valid ? { trustDomain, segments } : null;
}

export function trustDomainId(trustDomain: string): string {
  return checked(`spiffe://${trustDomain}`);
}

/** @param task id of the writ: a task is what runs under one writ. @throws RangeError */
export function taskId(trustDomain: string, assistant: string, task: string): string {
  return checked(`spiffe://${trustDomain}/assistant/${assistant}/task/${task}`);
}

export function assistantId(trustDomain: string, assistant: string): string {
  return checked(`spiffe://${trustDomain}/assistant/${assistant}`);
}

/** The task that an id of this trust domain names; null for any other id. */
export function taskOf(id: string, trustDomain: string): { assistant: string; task: string } | null {
  const parsed = parseSpiffeId(id);
  const [kind, assistant = '', part, task = '', ...rest] = parsed?.segments ?? [];
  if (parsed?.trustDomain !== trustDomain || kind !== 'assistant' || part !== 'task') return null;
  return task === '' || rest.length > 0 ? null : { assistant, task };
}

function checked(id: string): string {
  if (parseSpiffeId(id) === null) throw new RangeError(`${id} is no SPIFFE ID`);
  return id;
}
