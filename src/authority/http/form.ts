/** Parameters of an OAuth request, read strictly (RFC 6749 section 3.2 and appendix B). */
import { oauthError } from '../services/oauth-error.ts';

/** An encoded form, each escape whole. */
const encoded = /^(?:[A-Za-z0-9*._~!'()+=&-]|%[0-9A-Fa-f]{2})*$/;
const mostParameters = 50;

export type Form = ReadonlyMap<string, string>;

/** @throws WritError `invalid_request` for another type, a broken escape, or a parameter that stands there twice */
export async function readForm(request: Request): Promise<Form> {
  const type = (request.headers.get('content-type') ?? '').toLowerCase();
  if (!/^application\/x-www-form-urlencoded *(; *charset="?utf-8"? *)?$/.test(type)) {
    throw oauthError('invalid_request', 'the request must be application/x-www-form-urlencoded');
  }
  const body = await request.text();
  if (!encoded.test(body)) throw oauthError('invalid_request', 'the form is not well encoded');
  const form = new Map<string, string>();
  for (const pair of body === '' ? [] : body.split('&')) {
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    if (form.has(name)) throw oauthError('invalid_request', `${name} must stand there once`);
    form.set(name, at < 0 ? '' : decode(pair.slice(at + 1)));
    if (form.size > mostParameters) throw oauthError('invalid_request', 'there are too many parameters');
  }
  return form;
}

/** A parameter without a value counts as absent (RFC 6749 section 3.2). */
export function optional(form: Form, name: string): string | null {
  return form.get(name) || null;
}

/** @throws WritError `invalid_request` */
export function required(form: Form, name: string): string {
  const value = optional(form, name);
  if (value === null) throw oauthError('invalid_request', `${name} is missing`);
  return value;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    throw oauthError('invalid_request', 'the form is not UTF-8', error);
  }
}
