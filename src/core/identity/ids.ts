/** Ids that sort by time and cannot be guessed: a prefix, 9 digits of milliseconds, 16 of randomness (base 32). */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
export const idRandomBytes = 10;

export type IdPrefix = 'writ' | 'apr' | 'ses' | 'lse';

/** @param random at least 10 bytes, used once */
export function newId(prefix: IdPrefix, timeMs: number, random: Uint8Array): string {
  if (random.length < idRandomBytes) throw new RangeError(`an id needs ${idRandomBytes} random bytes`);
  let time = '';
  for (let rest = Math.floor(timeMs), i = 0; i < 9; i += 1, rest = Math.floor(rest / 32)) {
    time = alphabet.charAt(rest % 32) + time;
  }
  let bits = 0n;
  for (const byte of random.subarray(0, idRandomBytes)) bits = (bits << 8n) | BigInt(byte);
  let tail = '';
  for (let i = 0; i < 16; i += 1, bits >>= 5n) tail = alphabet.charAt(Number(bits & 31n)) + tail;
  return `${prefix}_${time}${tail}`;
}

export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-9a-hjkmnp-tv-z]{25}$/.test(text.slice(prefix.length + 1));
}
