/** Hosts and ports out of what commands name them with. Null where the text does not fix the host. */
export interface Endpoint {
  readonly host: string;
  readonly port: number | null;
}

const portsByScheme: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  ftp: 21,
  ftps: 990,
  sftp: 22,
  scp: 22,
  ssh: 22,
  'git+ssh': 22,
  'ssh+git': 22,
  'git+https': 443,
  'git+http': 80,
  git: 9418,
  rsync: 873,
  ldap: 389,
  ldaps: 636,
  telnet: 23,
  smtp: 25,
  smtps: 465,
  imap: 143,
  imaps: 993,
  pop3: 110,
  pop3s: 995,
  mqtt: 1883,
  gopher: 70,
  dict: 2628,
  redis: 6379,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mongodb: 27017,
  smb: 445,
  tftp: 69,
};

export interface ParsedUrl extends Endpoint {
  readonly scheme: string;
  readonly path: string;
}

/**
 * A URL with a scheme; its host part must be spelled plainly, since tools disagree on anything else.
 * `whole` is false where only a beginning of it is known: then the host must be closed by a slash.
 */
export function parseUrl(text: string, whole = true): ParsedUrl | null {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#\\\s]*)(.?)/s.exec(text);
  if (match === null) return null;
  const scheme = (match[1] ?? '').toLowerCase();
  const after = match[3] ?? '';
  if (after === '\\' || (after === '' && !whole)) return null;
  const path = text.slice((match[1] ?? '').length + 3 + (match[2] ?? '').length);
  if (scheme === 'file') return { scheme, host: '', port: null, path };
  const authority = match[2] ?? '';
  const at = authority.lastIndexOf('@');
  if (authority.indexOf('@') !== at) return null;
  const endpoint = parseHostPort(authority.slice(at + 1));
  if (endpoint === null) return null;
  return { scheme, host: endpoint.host, port: endpoint.port ?? portsByScheme[scheme] ?? null, path };
}

/** `host`, `host:port`, `[address]:port`. */
export function parseHostPort(text: string): Endpoint | null {
  const bracketed = /^\[([0-9A-Fa-f:.]+)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed !== null) {
    const host = (bracketed[1] ?? '').toLowerCase();
    return isIPv6(host) ? withPort(host, bracketed[2]) : null;
  }
  if (isIPv6(text)) return { host: text.toLowerCase(), port: null };
  const plain = /^([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?)(?::(\d{0,5}))?$/.exec(text);
  if (plain === null) return null;
  const host = canonicalHost(plain[1] ?? '');
  return host === null ? null : withPort(host, plain[2]);
}

function withPort(host: string, port: string | undefined): Endpoint | null {
  if (port === undefined || port === '') return { host, port: null };
  const number = Number(port);
  return number > 0 && number < 65_536 ? { host, port: number } : null;
}

function isIPv6(text: string): boolean {
  return /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(text) && URL.canParse(`http://[${text}]/`);
}

/** Lower case, without the root's dot; `127.1` and `0x7f000001` as the address they are. */
function canonicalHost(host: string): string | null {
  const lower = host.toLowerCase().replace(/\.$/, '');
  if (!/^(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*$/.test(lower)) return lower;
  const parts = lower
    .split('.')
    .map((part) => Number(part.startsWith('0') && /^0\d+$/.test(part) ? `0o${part.slice(1)}` : part));
  if (parts.length > 4 || parts.some((part) => !Number.isInteger(part))) return null;
  const last = parts.pop() ?? 0;
  if (parts.some((part) => part > 255) || last >= 256 ** (4 - parts.length)) return null;
  const address = parts.reduce((sum, part, index) => sum + part * 256 ** (3 - index), 0) + last;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** Whether the host is this machine itself. */
export function isLoopback(host: string): boolean {
  return /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|::1)$/.test(host);
}

/** `user@host:path` of scp, rsync and git; null for a local path. */
export function parseScpLike(text: string): { readonly host: string; readonly path: string } | null {
  const match = /^(?:[^@/\s]*@)?(\[[0-9A-Fa-f:.]+\]|[^:/\s[\]]+):(?!:)(.*)$/s.exec(text);
  if (match === null || text.startsWith('-')) return null;
  const endpoint = parseHostPort(match[1] ?? '');
  return endpoint === null ? null : { host: endpoint.host, path: match[2] ?? '' };
}

/** As a connect operation's target. */
export function endpointTarget({ host, port }: Endpoint): string {
  if (port === null) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
