/** Which secrets one request is to be given: where its placeholders stand, and whether the settings allow it there. */
import type { IncomingMessage } from 'node:http';
import { isInjectionHost, mayInject, type Injection } from '../../core/policy/injection.ts';
import type { LeaseHolder } from '../credentials/lease-holder.ts';
import type { Endpoint } from '../egress/endpoint.ts';

/** A credential that is put into requests, as the policy in force has it. */
export interface Placed {
  readonly name: string;
  readonly placeholder: string;
  readonly injection: Injection;
  readonly holder: LeaseHolder;
}

export interface Filling {
  readonly from: Placed;
  readonly header: string;
  readonly value: (secret: string) => string;
}

/**
 * Either side: a clause why the request may not go on, or what to fill in. Where a header is some credential's place,
 * nothing else goes there: a server that has two values would choose between them.
 */
export function fillings(
  { rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>,
  to: Endpoint,
  asked: { readonly method: string; readonly path: string },
  all: readonly Placed[],
): readonly Filling[] | { readonly refused: string } {
  const here = all.filter(({ injection }) => isInjectionHost(injection, to));
  const filled: Filling[] = [];
  for (const header of new Set(here.map(({ injection }) => headerOf(injection)))) {
    const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === header);
    const [value, ...more] = values;
    if (value === undefined) continue;
    const from = here.find((one) => headerOf(one.injection) === header && holds(one, value));
    if (from === undefined || more.length > 0) {
      return { refused: `its header ${header} is for the placeholder of a credential alone` };
    }
    if (!mayInject(from.injection, to, asked.method, asked.path)) {
      return { refused: `the credential ${from.name} is not for this method and path` };
    }
    filled.push({ from, header, value: (secret) => filledIn(from.injection, secret) });
  }
  return filled;
}

function headerOf({ place }: Injection): string {
  return 'header' in place ? place.header : 'authorization';
}

function holds({ injection: { place }, placeholder }: Placed, value: string): boolean {
  if ('header' in place) {
    const { prefix } = place;
    return (
      value.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase() &&
      value.slice(prefix.length) === placeholder
    );
  }
  const [, encoded = ''] = /^basic ([A-Za-z0-9+/=]+)$/i.exec(value) ?? [];
  const login = Buffer.from(encoded, 'base64').toString('latin1');
  return login.slice(login.indexOf(':') + 1) === placeholder;
}

function filledIn({ place }: Injection, secret: string): string {
  if ('header' in place) return place.prefix + secret;
  return `Basic ${Buffer.from(`${place.basic}:${secret}`, 'latin1').toString('base64')}`;
}
