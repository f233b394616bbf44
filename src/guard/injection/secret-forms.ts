/** How a secret may come back in an answer: as itself, and in the encodings that servers write values in. */

/** Shorter ones would be found by chance. */
const shortest = 6;

/** Latin-1 bytes of each, without doubles. */
export function secretForms(secret: string): readonly Buffer[] {
  const bytes = Buffer.from(secret, 'latin1');
  const quoted = JSON.stringify(secret).slice(1, -1);
  const percent = encodeURIComponent(secret);
  const hex = bytes.toString('hex');
  const forms = [
    secret,
    quoted,
    quoted.replaceAll('/', String.raw`\/`),
    percent,
    percent.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
    htmlEscaped(secret),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => base64Inside(bytes, offset)),
  ];
  return [...new Set(forms)]
    .filter(({ length }) => length >= shortest)
    .map((form) => Buffer.from(form, 'latin1'));
}

/** What is certain of the encoding where so many bytes (modulo 3) stand before the secret, and others after it. */
function base64Inside(bytes: Buffer, offset: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
  const text = whole.toString('base64').replace(/=+$/, '');
  const certain = text.slice(Math.ceil((offset * 4) / 3), whole.length % 3 === 0 ? undefined : -1);
  return [certain, certain.replaceAll('+', '-').replaceAll('/', '_')];
}

function htmlEscaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
