/** What the shell opens for a command. */
import type { Redirection } from 'unbash';
import type { Input } from './call.ts';
import type { ExpansionHost } from './expansion-host.ts';
import { literal, type Field } from './field.ts';
import type { Findings } from './findings.ts';
import { endpointTarget, parseHostPort } from './hosts.ts';
import { addPaths } from './path-operations.ts';
import type { Place } from './paths.ts';
import { isNumeric } from './shell-state.ts';
import { expandHereDocument, expandSingle, expandWord } from './words.ts';

export interface RedirectionHost extends ExpansionHost {
  readonly findings: Findings;
  readonly place: Place;
}

/** Adds the operations of all redirections; returns what standard input becomes, null where it stays. */
export function redirect(redirections: readonly Redirection[], host: RedirectionHost): Input | null {
  let input: Input | null = null;
  for (const redirection of redirections) {
    const opened = redirectOne(redirection, host);
    const { descriptor } = redirection;
    if (
      opened !== null &&
      (descriptor === undefined || (descriptor.type === 'FileDescriptor' && descriptor.value === 0))
    )
      input = opened;
  }
  return input;
}

function redirectOne(redirection: Redirection, host: RedirectionHost): Input | null {
  if (redirection.descriptor?.type === 'FileDescriptorVariable')
    host.state.assign(redirection.descriptor.name, 'numeric');
  if (redirection.type === 'HereDoc') {
    const { body, delimiter } = redirection;
    const parts = delimiter?.quoted === true ? undefined : body.parts;
    const text = redirection.operator === '<<-' ? body.text.replace(/^\t+/gm, '') : body.text;
    const field =
      parts === undefined
        ? literal(text, host.spanOf(body))
        : expandHereDocument(text, parts, host.spanOf(body), host);
    // Tabs that `<<-` removes shift nothing that matters; an escape at a line's end would.
    const plain = delimiter?.quoted === true || parts !== undefined || !/[\\$`]/.test(text);
    return {
      kind: 'text',
      text:
        plain && !(redirection.operator === '<<-' && parts !== undefined)
          ? field
          : { ...field, known: false },
    };
  }
  if (redirection.target === undefined) return null;
  if (redirection.type === 'HereString') {
    return { kind: 'text', text: expandSingle(redirection.target, host) };
  }
  const { operator } = redirection;
  const fields = expandWord(redirection.target, 'argument', host);
  const [target] = fields;
  if (target === undefined) return null;
  const field: Field = fields.length > 1 || target.many ? { ...target, known: false } : target;
  if (operator === '<&' || operator === '>&') {
    if (field.known && /^(\d+-?|-)$/.test(field.text))
      return operator === '<&' && field.text !== '-' ? { kind: 'pipe' } : null;
    if (operator === '<&') return { kind: 'pipe' };
    const variable = /^"?\$\{?([A-Za-z_]\w*)\}?"?$/.exec(field.text)?.[1];
    if (!field.known && variable !== undefined && isNumeric(host.state.variable(variable))) return null;
  }
  const writes = operator !== '<';
  const readsToo = operator === '<' || operator === '<>';
  const text = field.known ? field.text : field.prefix;
  const socket = /^\/+dev\/+(?:tcp|udp)\/+/.test(text.replace(/\/\.\//g, '/'));
  if (socket) {
    connectSocket(field, text, host);
    return operator === '<' || operator === '<>' ? { kind: 'pipe' } : null;
  }
  if (
    !field.known &&
    !field.stream &&
    (text === '' || '/dev/tcp/'.startsWith(text) || '/dev/udp/'.startsWith(text))
  ) {
    host.findings.opaque(
      'connect',
      field.text,
      'the shell opens connections for /dev/tcp, and the file cannot be told',
      field.span,
    );
  }
  const paths = { findings: host.findings, place: host.place, directories: host.state.directories };
  if (writes) addPaths('write', field, paths, { by: 'redirection' });
  if (readsToo) addPaths('read', field, paths, { by: 'redirection' });
  return readsToo ? { kind: 'file', file: field } : null;
}

function connectSocket(field: Field, text: string, host: RedirectionHost): void {
  const match = /^\/dev\/(?:tcp|udp)\/([^/]+)\/(\d+)$/.exec(text);
  const endpoint = match === null || !field.known ? null : parseHostPort(`${match[1]}:${match[2]}`);
  if (endpoint === null) {
    host.findings.opaque('connect', field.text, 'the host cannot be told', field.span);
    return;
  }
  host.findings.add({
    kind: 'connect',
    target: endpointTarget(endpoint),
    host: endpoint.host,
    port: endpoint.port,
    by: 'redirection',
    span: field.span,
  });
}
