/** Where a connection is asked to go, in its one spelling; or why that is no place. */
import { parseAddress, type Address } from '../../core/policy/addresses.ts';

export interface Endpoint {
  /** Lower case, without the root's dot; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Of an address written out; null for a name. */
  readonly address: Address | null;
}

export interface Malformed {
  /** A clause. */
  readonly malformed: string;
}

/** RFC 1035 section 2.3.4. */
const longestName = 253;
const longestLabel = 63;

/** `host:port`, with brackets around IPv6. Without a port only where there is a usual one. */
export function parseAuthority(text: string, usualPort: number | null): Endpoint | Malformed {
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text);
  if (parts === null) return { malformed: 'it is not host:port' };
  const [, bracketed, plain = '', port] = parts;
  if (bracketed !== undefined && !bracketed.includes(':'))
    return { malformed: 'only IPv6 stands in brackets' };
  const number = port === undefined ? usualPort : Number(port);
  if (number === null) return { malformed: 'it does not say to which port' };
  return parseEndpoint(bracketed ?? plain, number);
}

/** @param host a name, or an address in any of the notations that programs take for one */
export function parseEndpoint(host: string, port: number): Endpoint | Malformed {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return { malformed: 'it names no valid port' };
  if (host.includes(':')) {
    const address = parseAddress(host);
    if (address === null) return { malformed: 'it is no IPv6 address' };
    return { host: new URL(`http://[${host}]/`).hostname.slice(1, -1), port, address };
  }
  const name = host.toLowerCase().replace(/\.$/, '');
  const fault = faultOf(name);
  if (fault !== null) return { malformed: fault };
  // The URL parser knows every notation of IPv4 that resolvers accept.
  const canonical = URL.parse(`http://${name}/`)?.hostname ?? '';
  const address = parseAddress(canonical);
  if (address !== null) return { host: canonical, port, address };
  return canonical === name
    ? { host: name, port, address: null }
    : { malformed: 'its host is no valid name' };
}

/** Letters beyond ASCII must come as their xn-- form: how to fold others is a matter on which programs differ. */
function faultOf(name: string): string | null {
  if (name === '') return 'it names no host';
  if (name.length > longestName) return 'its host is longer than a name can be';
  if (!/^[a-z0-9._-]+$/.test(name)) return 'its host holds characters that no name has';
  const labels = name.split('.');
  if (labels.some((label) => label === '' || label.length > longestLabel)) {
    return 'its host has a part that is empty or too long';
  }
  return labels.some((label) => /^-|-$/.test(label))
    ? 'its host has a part that begins or ends with -'
    : null;
}
