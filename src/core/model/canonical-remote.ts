/**
 * The one name of a repository among all the ways of writing its address: `host[:port]/path` in lower case,
 * without `.git`. Policy registers repositories by it, the guard makes it of what a clone's configuration says.
 */
import { WritError, type ErrorDetails } from './errors.ts';

export type RemoteErrorCode =
  | 'remote_local' // a path or file:// address: names a place on this machine, not a repository
  | 'remote_hostile' // written so that it could start a program or read as another address
  | 'remote_unsupported' // a transport that Writ does not know
  | 'remote_invalid' // no host, no path, a bad port
  | 'remote_too_long';

/** Longest address accepted, UTF-16 units. */
const maxLength = 2048;

const defaultPorts: Readonly<Record<string, number>> = {
  https: 443,
  http: 80,
  ssh: 22,
  'git+ssh': 22,
  'ssh+git': 22,
  git: 9418,
};

interface Address {
  readonly userinfo: string;
  /** Name, IPv4 or bracketed IPv6, as written. */
  readonly host: string;
  readonly port: number | null;
  readonly path: string;
}

/**
 * Takes https, http, ssh and git URLs, scp-like `user@host:path`, and canonical names themselves, so that
 * canonicalRemote(canonicalRemote(x)) === canonicalRemote(x). A scheme's default port is dropped, any other is
 * part of the name. ASCII letters fold to lower case, nothing else does: other letters have look-alikes.
 * The user is dropped: on a plain SSH host, register absolute paths, since `ann@host:x` and `bob@host:x` are one here.
 * @throws WritError<RemoteErrorCode>
 */
export function canonicalRemote(text: string): string {
  assertPlain(text);
  return nameOf(parseUrl(text) ?? parseName(text) ?? parseScp(text) ?? local(text));
}

/**
 * The same for what git itself would connect to. Git takes `host/path` for a folder, and `host:22/path` for
 * the path `22/path`; as names they would mean another repository, so both are refused here.
 * @throws WritError<RemoteErrorCode>
 */
export function canonicalGitUrl(url: string): string {
  assertPlain(url);
  const address = parseUrl(url);
  if (address !== null) return nameOf(address);
  if (parseName(url) !== null) {
    if (!/^[^/]*:/.test(url)) return local(url);
    throw fault('remote_hostile', 'the address can be read as a port and as a path', {
      hint: 'Write it with its scheme: ssh://host:port/path',
    });
  }
  return nameOf(parseScp(url) ?? local(url));
}

/**
 * The path on the server as the address spells it, for servers that tell letters' cases apart: `Acme/Shop.git`.
 * @param url one that `canonicalGitUrl` takes
 */
export function pathOnServer(url: string): string {
  const { path } = parseUrl(url) ?? parseScp(url) ?? local(url);
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .join('/');
}

function assertPlain(text: string): void {
  if (text.length > maxLength) {
    throw fault('remote_too_long', `a remote's address has at most ${maxLength} characters`);
  }
  // Invisible and reordering characters, spaces of any kind, and what shells and URL parsers disagree about.
  if (/[\p{C}\p{Z}\\?#"'`<>|^{}]/u.test(text)) {
    throw fault('remote_hostile', 'the address holds characters that no repository address needs');
  }
  if (/^[A-Za-z0-9+.-]*::/.test(text)) {
    throw fault('remote_hostile', 'the address names a remote helper, which is a program to run', {
      hint: 'Use an https or ssh address',
    });
  }
}

function parseUrl(text: string): Address | null {
  const match = /^([^:/]*):\/\/([^/]*)(.*)$/.exec(text);
  if (match === null) return null;
  const [, scheme = '', authority = '', path = ''] = match;
  const known = scheme.toLowerCase();
  if (known === 'file') return local(text);
  const usual = Object.hasOwn(defaultPorts, known) ? defaultPorts[known] : undefined;
  if (usual === undefined) {
    throw fault('remote_unsupported', 'only https, http, ssh and git addresses are known', {
      hint: 'Use an https or ssh address',
    });
  }
  const { userinfo, rest } = splitUser(authority);
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(rest) ?? [];
  const number = port === '' ? null : portNumber(port);
  return { userinfo, host, port: number === usual ? null : number, path: decodeOnce(path) };
}

/** A canonical name: nothing before the host, and either no colon or one that a port follows. */
function parseName(text: string): Address | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:/@[\]]+)(?::(\d{1,5}))?\/(.*)$/i.exec(text);
  if (match === null || /^[.~]|^$/.test(match[1] ?? '')) return null;
  const [, host = '', port, path = ''] = match;
  return { userinfo: '', host, port: port === undefined ? null : portNumber(port), path: decodeOnce(path) };
}

/** `[user@]host:path`, `[user@][v6]:path` and `[user@][host:port]:path`: git's own rule is a colon before any slash. */
function parseScp(text: string): Address | null {
  const match = /^([^:/[]*@)?(?:\[([^\]/@]*)\]|([^:/[\]@]+)):(.*)$/.exec(text);
  if (match === null) return null;
  const [, user = '', bracketed, plain, path = ''] = match;
  if (plain?.length === 1 && user === '') return local(text); // a drive letter
  const { userinfo } = splitUser(user);
  if (bracketed === undefined) return { userinfo, host: plain ?? '', port: null, path: decodeOnce(path) };
  const [, host, port] = /^([^:]*):(\d{1,5})$/.exec(bracketed) ?? [];
  if (host === undefined || port === undefined) {
    return {
      userinfo,
      host: bracketed.includes(':') ? `[${bracketed}]` : bracketed,
      port: null,
      path: decodeOnce(path),
    };
  }
  const number = portNumber(port);
  return { userinfo, host, port: number === 22 ? null : number, path: decodeOnce(path) };
}

function splitUser(authority: string): { readonly userinfo: string; readonly rest: string } {
  const at = authority.indexOf('@');
  if (at !== authority.lastIndexOf('@')) {
    throw fault('remote_hostile', 'the address holds more than one @, so its host is ambiguous');
  }
  return { userinfo: authority.slice(0, Math.max(at, 0)), rest: authority.slice(at + 1) };
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw fault('remote_invalid', 'the port must be between 1 and 65535');
  return port;
}

function decodeOnce(path: string): string {
  if (!path.includes('%')) return path;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw fault('remote_invalid', 'the path holds a broken percent-encoding');
  }
  // What decoding brings must not change the path's structure, nor decode further the next time.
  const brought = decoded.split('/').length !== path.split('/').length;
  if (brought || decoded.includes('%')) {
    throw fault('remote_hostile', 'the path encodes a slash or a percent sign');
  }
  assertPlain(decoded);
  return decoded;
}

function nameOf({ userinfo, host, port, path }: Address): string {
  if (userinfo.startsWith('-')) throw fault('remote_hostile', 'the user would be read as an option');
  const given = path.split('/').filter((segment) => segment !== '');
  const folded = given.join('/').replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const repository = folded.replace(/(?:\/?\.git)+$/, '');
  const segments = [...given, ...repository.split('/')];
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    throw fault('remote_hostile', 'the path holds . or ..');
  }
  if (repository.startsWith('-')) throw fault('remote_hostile', 'the path would be read as an option');
  if (repository === '') throw fault('remote_invalid', 'the address names no repository on its host');
  return `${canonicalHost(host)}${port === null ? '' : `:${port}`}/${repository}`;
}

function canonicalHost(host: string): string {
  if (host.startsWith('-')) throw fault('remote_hostile', 'the host would be read as an option');
  if (host.includes('%')) throw fault('remote_hostile', 'the host is percent-encoded');
  // The URL parser does IDNA (UTS 46) and folds the many ways of writing an IP address.
  const name = URL.canParse(`https://${host}/`)
    ? new URL(`https://${host}/`).hostname.replace(/\.$/, '')
    : '';
  const good = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.|$))+$/.test(name) && !name.endsWith('.');
  if (name.length > 253 || (!good && !name.startsWith('['))) {
    throw fault('remote_invalid', 'the address names no valid host');
  }
  return name;
}

function local(text: string): never {
  throw fault(
    'remote_local',
    `${JSON.stringify(text.slice(0, 200))} is a place on this machine and not a remote`,
    {
      hint: 'Set the address of the repository on its server: git remote set-url origin URL',
    },
  );
}

function fault(
  code: RemoteErrorCode,
  message: string,
  details: ErrorDetails = {},
): WritError<RemoteErrorCode> {
  return new WritError(code, message, details);
}
