/** What of an HTTP/1.1 message goes on from one connection to the next, and how a path is read. */

/** RFC 9110 section 7.6.1, RFC 9112 section 3.2.2, and what is between client and proxy alone. */
const hopByHop =
  names(`connection proxy-connection keep-alive te trailer transfer-encoding upgrade http2-settings
  proxy-authenticate proxy-authorization proxy-authentication-info expect host`);

/**
 * The path without needless percent-encodings (RFC 3986 section 6.2.2.2), the rest of them in upper case. Null where
 * a server may see another path in it: dot segments in any spelling, backslashes, encodings that are broken or double.
 */
export function plainPath(path: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (decoded.split('/').some((segment) => segment === '.' || segment === '..')) return null;
  if (/[\\\0-\x1f\x7f]|%[0-9a-f]{2}/i.test(decoded)) return null;
  return path.replaceAll(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
}

/** Fields that go on, as they came. @param connection names further ones that do not */
export function keptFields(raw: readonly string[], connection: string | undefined): string[] {
  // A body whose length is left out would be read as the next message.
  const listed = names((connection ?? '').replaceAll(',', ' ').toLowerCase());
  listed.delete('content-length');
  const fields: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (!hopByHop.has(name.toLowerCase()) && !listed.has(name.toLowerCase()))
      fields.push(name, raw[at + 1] ?? '');
  }
  return fields;
}

function names(text: string): Set<string> {
  return new Set(text.trim().split(/\s+/));
}
