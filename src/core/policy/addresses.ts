/** IP addresses as numbers: what a range holds, and which addresses lead to no host on the public internet. */

export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface AddressRange extends Address {
  /** Leading bits that all its addresses share. */
  readonly prefix: number;
}

/**
 * Dotted decimal (RFC 6943 section 3.1.1, strict form) or IPv6 (RFC 4291 section 2.2) without a zone; null for
 * everything else.
 */
export function parseAddress(text: string): Address | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (parts !== undefined) {
    const plain = parts.every((part) => String(Number(part)) === part && Number(part) < 256);
    return plain ? { bits: 32, value: joined(parts.map(BigInt), 8n) } : null;
  }
  if (!text.includes(':') || !/^[0-9a-f:.]{2,45}$/i.test(text) || !URL.canParse(`http://[${text}]/`)) {
    return null;
  }
  const [head = '', tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::');
  const groups = (half: string | undefined) =>
    (half ?? '')
      .split(':')
      .filter((group) => group !== '')
      .map((group) => BigInt(`0x${group}`));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0n);
  return { bits: 128, value: joined([...before, ...zeros, ...after], 16n) };
}

function joined(parts: readonly bigint[], width: bigint): bigint {
  return parts.reduce((sum, part) => (sum << width) | part, 0n);
}

/** An address, or `address/bits` of which no bit beyond the prefix is set. */
export function parseRange(text: string): AddressRange | null {
  const [, base = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseAddress(base);
  if (address === null) return null;
  const prefix = length === undefined ? address.bits : Number(length);
  if (prefix > address.bits) return null;
  const range = { ...address, prefix };
  return (address.value >> rest(range)) << rest(range) === address.value ? range : null;
}

export function holds(range: AddressRange, address: Address): boolean {
  return range.bits === address.bits && range.value >> rest(range) === address.value >> rest(range);
}

function rest({ bits, prefix }: AddressRange): bigint {
  return BigInt(bits - prefix);
}

function ranges(texts: string): readonly AddressRange[] {
  return texts
    .trim()
    .split(/\s+/)
    .map((text) => {
      const range = parseRange(text);
      if (range === null) throw new Error(`${text} is not a range of addresses`);
      return range;
    });
}

/** Where clouds answer any process of a machine with the machine's own credentials. */
const metadata = ranges(`
  169.254.169.254 169.254.170.2 169.254.170.23 169.254.169.253 169.254.169.123 169.254.0.23 100.100.100.200
  168.63.129.16 192.0.0.192 fd00:ec2::254 fd00:ec2::253 fd00:ec2::23 fd20:ce::254 fe80::a9fe:a9fe`);

/** IANA's special-purpose address registries (RFC 6890 and its updates), and what embeds an IPv4 address. */
const special: readonly (readonly [what: string, ranges: readonly AddressRange[]])[] = [
  ['a loopback address', ranges('127.0.0.0/8 ::1')],
  ['an unspecified address', ranges('0.0.0.0/8 ::')],
  ['a private address', ranges('10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10')],
  ['an address shared behind a carrier', ranges('100.64.0.0/10')],
  ['a link-local address', ranges('169.254.0.0/16 fe80::/10')],
  ['a multicast address', ranges('224.0.0.0/4 ff00::/8')],
  [
    'an IPv4 address in the form of an IPv6 address',
    ranges('::ffff:0:0/96 ::/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 2002::/16 2001::/32'),
  ],
  [
    'an address reserved for special use',
    ranges(`192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
      2001::/23 2001:db8::/32 3fff::/20`),
  ],
];
const [globalUnicast] = ranges('2000::/3');

/**
 * Why nothing may connect to the address: a noun phrase, or null.
 * @param named ranges that policy names for this very host. A cloud's metadata service must be named by its address.
 */
export function whyRefused(address: Address, named: readonly AddressRange[]): string | null {
  if (metadata.some((one) => holds(one, address))) {
    const exact = named.some((range) => range.prefix === range.bits && holds(range, address));
    return exact ? null : "a cloud's metadata service";
  }
  const what = special.find(([, list]) => list.some((range) => holds(range, address)))?.[0] ?? null;
  const outside = address.bits === 128 && globalUnicast !== undefined && !holds(globalUnicast, address);
  if (what === null && !outside) return null;
  if (named.some((range) => holds(range, address))) return null;
  return what ?? 'an address reserved for special use';
}
