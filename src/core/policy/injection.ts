/** Where a secret may be put into requests: settings of the brokers `inject` and `static`, and what they let through. */
import { z } from 'zod';

const hostForm =
  /^(?=.{1,253}(:|$))[a-z0-9_]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9-]*[a-z0-9])?)+(:\d{1,5})?$/;
const host = z
  .string()
  .regex(hostForm, 'must be the name of one host, or host:port, in lower case')
  .refine((text) => !/^[\d.]+(:\d+)?$/.test(text), 'must be a name, not an address')
  .refine((text) => Number(/:(\d+)$/.exec(text)?.[1] ?? usualPort) <= 65_535, 'must have a valid port');
const usualPort = 443;

/** RFC 9110 section 5.1; framing and routing are never a secret's place. */
const header = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,99}$/, 'must be the name of a header, in lower case')
  .refine(
    (name) =>
      !/^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|proxy-.*|accept.*|cookie|range|if-range|via|forwarded)$/.test(
        name,
      ),
    'must not be a header that says how or where a message goes',
  );

const place = z.union(
  [
    z.strictObject({
      header,
      /** Stands before the secret, with the space that separates them: `'Bearer '`. */
      prefix: z
        .string()
        .regex(/^[!-~ ]{0,50}$/, 'must be printable')
        .default(''),
    }),
    /** RFC 7617: the secret is the password. */
    z.strictObject({ basic: z.string().regex(/^[!-9;-~]{1,100}$/, 'must be a user name without colon') }),
  ],
  'must be { header: NAME, prefix: TEXT } or { basic: USER }; an address is no place for a secret',
);
export type InjectionPlace = z.output<typeof place>;

const pathPattern = z
  .string()
  .max(500)
  .regex(
    /^(\/(\*\*$|\*|[A-Za-z0-9._~!$&'()+,=:@-]*))+$/,
    'must begin with /; * is one segment, /** at the end all below',
  )
  .refine(
    (text) => text === '/' || !/\/(\.{0,2}\/|\.{1,2}$)/.test(text),
    'must hold no empty or dot segments',
  );

const method = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const requestRule = z.strictObject({
  methods: z.array(method).min(1).max(7),
  paths: z.array(pathPattern).min(1).max(50),
});

/** Of every credential that is only ever put into requests. */
export const injectionFields = {
  hosts: z.array(host).min(1).max(20),
  place,
  requests: z.array(requestRule).min(1).max(50),
  /** Variables that hold the placeholder inside. */
  variables: z
    .array(
      z
        .string()
        .regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'must be the name of a variable')
        .regex(/(KEY|TOKEN|SECRET|PASSWORD)$/, 'must end in KEY, TOKEN, SECRET or PASSWORD'),
    )
    .max(10)
    .default([]),
};

export interface Injection {
  readonly hosts: readonly string[];
  readonly place: InjectionPlace;
  readonly requests: readonly z.output<typeof requestRule>[];
}

interface Destination {
  readonly host: string;
  readonly port: number;
}

export function isInjectionHost({ hosts }: Pick<Injection, 'hosts'>, { host, port }: Destination): boolean {
  return hosts.includes(`${host}:${port}`) || (port === usualPort && hosts.includes(host));
}

/** @param path without query, as it goes to the server */
export function mayInject(injection: Injection, to: Destination, asked: string, path: string): boolean {
  return (
    isInjectionHost(injection, to) &&
    hasOneReading(path) &&
    injection.requests.some(
      ({ methods, paths }) =>
        methods.some((method) => method === asked) && paths.some((pattern) => pathMatches(pattern, path)),
    )
  );
}

/** What servers are known to read differently gets no secret: encodings, parameters, empty and dot segments. */
function hasOneReading(path: string): boolean {
  return /^(\/[A-Za-z0-9._~!$&'()*+,=:@-]*)+$/.test(path) && !/\/(\/|\.{1,2}(\/|$))/.test(path);
}

function pathMatches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const below = wanted.at(-1) === '**';
  if (below) wanted.pop();
  const enough = below ? given.length > wanted.length : given.length === wanted.length;
  return (
    enough && wanted.every((segment, at) => (segment === '*' ? given[at] !== '' : segment === given[at]))
  );
}

/** What policy may speak of, and people read: `host:api.example`, `GET /v1/issues`. */
export function injectionScopes({ hosts, requests }: Omit<Injection, 'place'>): readonly string[] {
  const asked = requests.flatMap(({ methods, paths }) =>
    methods.flatMap((one) => paths.map((path) => `${one} ${path}`)),
  );
  return [...new Set([...hosts.map((one) => `host:${one}`), ...asked])].sort();
}
