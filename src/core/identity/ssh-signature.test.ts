import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { OpenSsh } from '../../../test/ssh/openssh.ts';
import {
  armor,
  dearmor,
  ecdsa,
  ed25519,
  envelope,
  field,
  mpint,
  rsa,
  securityKey,
  signedData,
  sshsig,
  uint32,
  type Envelope,
  type SshKey,
} from '../../../test/ssh/sshsig.ts';
import { WritError } from '../model/errors.ts';
import { verifySshSignature } from './ssh-signature.ts';

const namespace = 'writ-approval@v1';
const message = '{"approval":"apr_1","decision":"grant"}';

const openssh = new OpenSsh();
afterAll(() => openssh.remove());

const blobOf = (publicLine: string) => Buffer.from(publicLine.split(' ')[1] ?? '', 'base64');

/** Who signed, or the code of the refusal. */
function verdict(armored: string, blobs: readonly Buffer[], said = message, wanted = namespace): string {
  try {
    return verifySshSignature(
      armored,
      said,
      wanted,
      blobs.map((blob, index) => ({ person: `person-${index}`, blob })),
    );
  } catch (error) {
    return error instanceof WritError ? error.code : `not typed: ${String(error)}`;
  }
}

const kinds: readonly (readonly [name: string, ...options: string[]])[] = [
  ['ed25519', 'ed25519'],
  ['ecdsa 256', 'ecdsa', '-b', '256'],
  ['ecdsa 384', 'ecdsa', '-b', '384'],
  ['ecdsa 521', 'ecdsa', '-b', '521'],
  ['rsa 2048', 'rsa', '-b', '2048'],
  ['rsa 3072', 'rsa', '-b', '3072'],
];

describe('what ssh-keygen signs', () => {
  const other = openssh.publicLine(openssh.generate('ed25519'));

  test.each(kinds)('with %s verifies here as it does there, for both hashes', (_, ...options) => {
    const file = openssh.generate(...options);
    const line = openssh.publicLine(file);
    for (const hash of ['sha256', 'sha512']) {
      for (const said of [message, '', 'naïve\r\n\0 text']) {
        const armored = openssh.sign(file, said, namespace, '-O', `hashalg=${hash}`);
        const ours = (...rest: [string[], string?, string?]) =>
          verdict(armored, rest[0].map(blobOf), rest[1] ?? said, rest[2] ?? namespace);
        expect(ours([other, line])).toBe('person-1');
        expect(ours([other])).toBe('signature_key_unknown');
        expect(ours([line], `${said} `)).toBe('signature_wrong');
        expect(ours([line], said, 'git')).toBe('signature_namespace');
        expect(openssh.verifies(armored, said, namespace, line)).toBe(true);
        expect(openssh.verifies(armored, `${said} `, namespace, line)).toBe(false);
      }
    }
  });

  test.each(kinds)(
    'with %s and was then changed anywhere is accepted here only if there',
    (_, ...options) => {
      const file = openssh.generate(...options);
      const line = openssh.publicLine(file);
      const blob = dearmor(openssh.sign(file, message, namespace));
      const change = fc.record({ at: fc.nat(blob.length - 1), by: fc.integer({ min: 1, max: 255 }) });
      fc.assert(
        fc.property(change, ({ at, by }) => {
          const changed = Buffer.from(blob);
          changed[at] = (changed[at] ?? 0) ^ by;
          const armored = armor(changed);
          expect(verdict(armored, [blobOf(line)])).toMatch(/^signature_/);
          expect(openssh.verifies(armored, message, namespace, line)).toBe(false);
        }),
        { numRuns: 25 },
      );
    },
  );
});

describe('what is signed here by hand', () => {
  const keys: readonly SshKey[] = [
    ed25519(Buffer.alloc(32, 1)),
    ecdsa(256),
    ecdsa(384),
    ecdsa(521),
    rsa(2048, 'rsa-sha2-256'),
    rsa(2048, 'rsa-sha2-512'),
    rsa(3072, 'rsa-sha2-512'),
    securityKey('ed25519', 1),
    securityKey('ecdsa', 1),
    securityKey('ed25519', 5, 'ssh:work'),
    securityKey('ecdsa', 5, 'ssh:work'),
  ];

  test.each(keys.map((key) => [key.type, key] as const))('with %s verifies here and there', (_, key) => {
    const armored = sshsig(key, message, namespace);
    expect(verdict(armored, [key.blob])).toBe('person-0');
    expect(verdict(armored, [key.blob], `${message} `)).toBe('signature_wrong');
    expect(openssh.verifies(armored, message, namespace, key.line)).toBe(true);
    expect(openssh.verifies(armored, `${message} `, namespace, key.line)).toBe(false);
  });

  test.each(keys.map((key) => [key.type, key] as const))('with %s and cut anywhere is refused', (_, key) => {
    const blob = dearmor(sshsig(key, message, namespace));
    for (let end = 0; end < blob.length; end += 1) {
      expect(verdict(armor(blob.subarray(0, end)), [key.blob])).toBe('signature_malformed');
    }
  });
});

const maria = ed25519(Buffer.alloc(32, 1));
const mallory = ed25519(Buffer.alloc(32, 2));
const p256 = ecdsa(256);
const p384 = ecdsa(384);
const rsa2048 = rsa(2048, 'rsa-sha2-512');
const oldRsa = rsa(2048, 'ssh-rsa');
const smallRsa = rsa(1024, 'rsa-sha2-512');
const untouched = securityKey('ed25519', 0);
const onlyVerified = securityKey('ecdsa', 4);
const touched = securityKey('ed25519', 1);
const good = sshsig(maria, message, namespace);
const data = signedData(message, namespace, 'sha512');

/** Maria's signature, with some fields changed. */
const changed = (changes: Partial<Envelope>) => sshsig(maria, message, namespace, changes);
/** The inner signature blob from its parts. */
const inner = (...parts: (string | Buffer)[]) => Buffer.concat(parts.map(field));
const raw = maria.sign(data).subarray(-64);
const certFile = openssh.generate('ed25519');
const certified = blobOf(readFileSync(openssh.certify(certFile, openssh.generate('ed25519')), 'utf8'));
const certType = 'ssh-ed25519-cert-v01@openssh.com';
const bare = (blob: Buffer) => changed({ publicKey: blob });
const dss = inner('ssh-dss', Buffer.alloc(20, 3), Buffer.alloc(20, 3));
const offCurve = inner(
  'ecdsa-sha2-nistp256',
  'nistp256',
  Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 5)]),
);
const compressed = inner(
  'ecdsa-sha2-nistp256',
  'nistp256',
  Buffer.concat([Buffer.from([2]), p256.blob.subarray(-64, -32)]),
);
const wrongCurve = inner('ecdsa-sha2-nistp256', 'nistp384', p256.blob.subarray(-65));
const shortEd25519 = inner('ssh-ed25519', Buffer.alloc(31, 1));
const longEd25519 = Buffer.concat([maria.blob, field('more')]);
const evenRsa = Buffer.concat([
  field('ssh-rsa'),
  mpint(Buffer.from([1, 0, 1])),
  mpint(Buffer.alloc(256, 0xfe)),
]);
const negativeRsa = Buffer.concat([
  field('ssh-rsa'),
  mpint(Buffer.from([1, 0, 1])),
  field(Buffer.alloc(256, 0xff)),
]);
const emptyRsa = inner('ssh-rsa', '', '');

/** r and s as given, in place of a true ECDSA signature. */
function ecdsaNumbers(r: Buffer, s: Buffer): string {
  const signature = inner('ecdsa-sha2-nistp256', Buffer.concat([r, s]));
  return sshsig(p256, message, namespace, { signature });
}
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const one = mpint(Buffer.from([1]));

type Case = readonly [what: string, code: string, armored: string, ...registered: Buffer[]];
const malformed = 'signature_malformed';
const algorithm = 'signature_algorithm';
const wrong = 'signature_wrong';
const cases: readonly Case[] = [
  ['nothing', malformed, ''],
  ['a public key', malformed, maria.line],
  ['no armor', malformed, dearmor(good).toString('base64')],
  ['the armor of another thing', malformed, good.replaceAll('SSH SIGNATURE', 'PGP SIGNATURE')],
  ['no end', malformed, good.replace('-----END SSH SIGNATURE-----\n', '')],
  ['no beginning', malformed, good.replace('-----BEGIN SSH SIGNATURE-----\n', '')],
  ['words before it', malformed, `Signed by me:\n${good}`],
  ['words after it', malformed, `${good}and more`],
  ['two of them', malformed, `${good}${good}`],
  ['an empty one', malformed, armor(Buffer.alloc(0))],
  ['characters that are no base64', malformed, good.replace('\nU1NI', '\nU1*I')],
  ['base64 for addresses', malformed, armor(Buffer.alloc(120, 0xff)).replaceAll('/', '_')],
  ['padding within', malformed, good.replace('\nU1NI', '\nU1N=I')],
  ['line ends of another system', malformed, good.replaceAll('\n', '\r\n')],
  ['lone carriage returns', malformed, good.replaceAll('\n', '\r')],
  ['larger than any signature', malformed, armor(Buffer.concat([dearmor(good), Buffer.alloc(1 << 20)]))],
  ['another magic', malformed, changed({ magic: 'SSHSIH' })],
  ['version 0', malformed, changed({ version: 0 })],
  ['version 2', malformed, changed({ version: 2 })],
  ['a reserved field that is used', malformed, changed({ reserved: 'x' })],
  [
    'a reserved field that is used and signed',
    malformed,
    changed({ reserved: 'x', signature: maria.sign(signedData(message, namespace, 'sha512', 'x')) }),
  ],
  ['something after it', malformed, armor(Buffer.concat([dearmor(good), Buffer.from('x')]))],
  [
    'a field longer than all',
    malformed,
    armor(Buffer.concat([Buffer.from('SSHSIG'), uint32(1), uint32(0xffff_ffff)])),
  ],
  [
    'something after the inner signature',
    malformed,
    changed({ signature: Buffer.concat([maria.sign(data), Buffer.alloc(5, 1)]) }),
  ],
  ['an inner signature without one', malformed, changed({ signature: inner('ssh-ed25519') })],
  ['an empty inner signature', malformed, changed({ signature: Buffer.alloc(0) })],

  ['no namespace', 'signature_namespace', changed({ namespace: '' })],
  ['one made for git', 'signature_namespace', sshsig(maria, message, 'git')],
  ['one made for files', 'signature_namespace', sshsig(maria, message, 'file')],
  ['the namespace in capitals', 'signature_namespace', sshsig(maria, message, namespace.toUpperCase())],
  ['the namespace and a NUL', 'signature_namespace', sshsig(maria, message, `${namespace}\0`)],
  ['a namespace that is no UTF-8', 'signature_namespace', changed({ namespace: Buffer.from([0xff, 0xfe]) })],
  ["git's, under our name", wrong, changed({ signature: maria.sign(signedData(message, 'git', 'sha512')) })],

  ['hash md5', algorithm, changed({ hash: 'md5' })],
  [
    'hash sha1, truly signed',
    algorithm,
    changed({ hash: 'sha1', signature: maria.sign(signedData(message, namespace, 'sha1')) }),
  ],
  ['no hash', algorithm, changed({ hash: '' })],
  ['the hash in capitals', algorithm, changed({ hash: 'SHA512' })],
  ['another hash than was signed', wrong, changed({ hash: 'sha256' })],

  ['a key of nobody', 'signature_key_unknown', sshsig(mallory, message, namespace)],
  ['an empty key', 'signature_key_unknown', bare(Buffer.alloc(0))],
  ['the key with something after it', 'signature_key_unknown', bare(longEd25519)],
  ["mallory's signature under maria's key", wrong, changed({ signature: mallory.sign(data) })],
  ['another message', wrong, sshsig(maria, message.replace('grant', 'deny'), namespace)],
  ['the bare message signed', wrong, changed({ signature: maria.sign(Buffer.from(message)) })],
  ['a signature of zeros', wrong, changed({ signature: inner('ssh-ed25519', Buffer.alloc(64)) })],
  ['63 bytes', wrong, changed({ signature: inner('ssh-ed25519', raw.subarray(1)) })],
  ['65 bytes', wrong, changed({ signature: inner('ssh-ed25519', Buffer.concat([raw, Buffer.alloc(1)])) })],
  ['no bytes', wrong, changed({ signature: inner('ssh-ed25519', '') })],
  [
    'a flag and a counter on a plain key',
    malformed,
    changed({ signature: Buffer.concat([maria.sign(data), Buffer.from([1]), uint32(7)]) }),
  ],

  ['ed25519 that calls itself RSA', algorithm, changed({ signature: inner('rsa-sha2-512', raw) })],
  ['ed25519 without a name', algorithm, changed({ signature: inner('', raw) })],
  ['ed25519 named like an object member', algorithm, changed({ signature: inner('__proto__', raw) })],
  [
    'a key type named like an object member',
    algorithm,
    changed({ publicKey: inner('constructor', raw), signature: inner('constructor', raw) }),
    inner('constructor', raw),
  ],
  [
    "ECDSA under another curve's name",
    algorithm,
    sshsig(p256, message, namespace, {
      signature: inner('ecdsa-sha2-nistp384', p256.sign(data).subarray(-70)),
    }),
    p256.blob,
  ],
  ['RSA with SHA-1', algorithm, sshsig(oldRsa, message, namespace), oldRsa.blob],
  [
    'RSA with a name of its own',
    algorithm,
    sshsig(rsa2048, message, namespace, { signature: inner('rsa-md5', raw) }),
    rsa2048.blob,
  ],
  [
    'RSA named like an object member',
    algorithm,
    sshsig(rsa2048, message, namespace, { signature: inner('constructor', raw) }),
    rsa2048.blob,
  ],
  ['RSA of 1024 bits', algorithm, sshsig(smallRsa, message, namespace), smallRsa.blob],
  [
    'RSA that names the other hash',
    wrong,
    sshsig(rsa2048, message, namespace, {
      signature: inner('rsa-sha2-256', rsa2048.sign(data).subarray(-256)),
    }),
    rsa2048.blob,
  ],
  [
    'an RSA signature cut short',
    wrong,
    sshsig(rsa2048, message, namespace, {
      signature: inner('rsa-sha2-512', rsa2048.sign(data).subarray(-255)),
    }),
    rsa2048.blob,
  ],
  [
    'an RSA signature of zeros',
    wrong,
    sshsig(rsa2048, message, namespace, { signature: inner('rsa-sha2-512', Buffer.alloc(256)) }),
    rsa2048.blob,
  ],
  [
    'an RSA modulus that is even',
    wrong,
    changed({ publicKey: evenRsa, signature: inner('rsa-sha2-512', Buffer.alloc(256, 1)) }),
    evenRsa,
  ],
  [
    'an RSA modulus below zero',
    malformed,
    changed({ publicKey: negativeRsa, signature: inner('rsa-sha2-512', raw) }),
    negativeRsa,
  ],
  [
    'an RSA key without numbers',
    malformed,
    changed({ publicKey: emptyRsa, signature: inner('rsa-sha2-512', raw) }),
    emptyRsa,
  ],
  ['DSA', algorithm, changed({ publicKey: dss, signature: inner('ssh-dss', Buffer.alloc(40, 1)) }), dss],
  ['a certificate', 'signature_key_unknown', bare(certified)],
  ['a registered certificate', algorithm, bare(certified), certified],
  [
    'a certificate that signs as one',
    algorithm,
    changed({ publicKey: certified, signature: inner(certType, raw) }),
    certified,
  ],

  ['an Ed25519 key of 31 bytes', malformed, bare(shortEd25519), shortEd25519],
  ['a registered key with something after it', malformed, bare(longEd25519), longEd25519],
  ['a point off the curve', malformed, sshsig(p256, message, namespace, { publicKey: offCurve }), offCurve],
  ['a compressed point', malformed, sshsig(p256, message, namespace, { publicKey: compressed }), compressed],
  [
    "another curve's name",
    malformed,
    sshsig(p256, message, namespace, { publicKey: wrongCurve }),
    wrongCurve,
  ],
  ['r and s zero', malformed, ecdsaNumbers(field(''), field('')), p256.blob],
  [
    'r and s as they were before they were zero',
    malformed,
    ecdsaNumbers(field('\0'), field('\0')),
    p256.blob,
  ],
  ['r below zero', malformed, ecdsaNumbers(field(Buffer.alloc(32, 0xff)), one), p256.blob],
  ['r in a longer spelling', malformed, ecdsaNumbers(field(Buffer.from([0, 1])), one), p256.blob],
  ['r larger than the curve', malformed, ecdsaNumbers(mpint(Buffer.alloc(33, 1)), one), p256.blob],
  ['s missing', malformed, ecdsaNumbers(one, Buffer.alloc(0)), p256.blob],
  ['something after s', malformed, ecdsaNumbers(one, Buffer.concat([one, one])), p256.blob],
  ['r and s one', wrong, ecdsaNumbers(one, one), p256.blob],
  ['r the order of the group', wrong, ecdsaNumbers(mpint(order), one), p256.blob],
  [
    'a signature of the larger curve',
    malformed,
    sshsig(p256, message, namespace, {
      signature: inner('ecdsa-sha2-nistp256', p384.sign(data).subarray(27)),
    }),
    p256.blob,
  ],

  ['a security key that nobody touched', wrong, sshsig(untouched, message, namespace), untouched.blob],
  [
    'one that knew who, but not that they are there',
    wrong,
    sshsig(onlyVerified, message, namespace),
    onlyVerified.blob,
  ],
  [
    'a touch claimed afterwards',
    wrong,
    sshsig(untouched, message, namespace, { signature: withTail(untouched.sign(data), 1, 7) }),
    untouched.blob,
  ],
  [
    'another counter',
    wrong,
    sshsig(touched, message, namespace, { signature: withTail(touched.sign(data), 1, 8) }),
    touched.blob,
  ],
  [
    'no flags',
    malformed,
    sshsig(touched, message, namespace, { signature: touched.sign(data).subarray(0, -5) }),
    touched.blob,
  ],
  [
    'a counter cut short',
    malformed,
    sshsig(touched, message, namespace, { signature: touched.sign(data).subarray(0, -1) }),
    touched.blob,
  ],
  [
    'something after the counter',
    malformed,
    sshsig(touched, message, namespace, { signature: Buffer.concat([touched.sign(data), Buffer.alloc(1)]) }),
    touched.blob,
  ],
  [
    'another application',
    wrong,
    sshsig(touched, message, namespace, { publicKey: securityKey('ed25519', 1, 'ssh:other').blob }),
    securityKey('ed25519', 1, 'ssh:other').blob,
  ],
  [
    'a plain signature under a security key',
    algorithm,
    sshsig(touched, message, namespace, { signature: maria.sign(data) }),
    touched.blob,
  ],
  [
    'a web signature under a security key',
    algorithm,
    sshsig(touched, message, namespace, {
      signature: inner('webauthn-sk-ecdsa-sha2-nistp256@openssh.com', raw),
    }),
    touched.blob,
  ],
];

function withTail(signature: Buffer, flags: number, counter: number): Buffer {
  return Buffer.concat([signature.subarray(0, -5), Buffer.from([flags]), uint32(counter)]);
}

describe('a signature', () => {
  const named = cases.map(([what, code, armored, ...registered]) => ({ what, code, armored, registered }));
  test.each(named)('$what: $code', ({ code, armored, registered }) => {
    expect(verdict(armored, [...registered, maria.blob])).toBe(code);
  });

  test('is read in lines of any width, as ssh-keygen reads it', () => {
    const wide = armor(dearmor(good)).split('\n');
    const oneLine = [wide[0], wide.slice(1, -2).join(''), wide.at(-2), ''].join('\n');
    for (const respelled of [good, good.trimEnd(), oneLine]) {
      expect(verdict(respelled, [maria.blob])).toBe('person-0');
      expect(openssh.verifies(respelled, message, namespace, maria.line)).toBe(true);
    }
  });

  test('of anything at all gives a person or a typed refusal', () => {
    const blob = fc.uint8Array({ maxLength: 300 }).map((bytes) => armor(Buffer.from(bytes)));
    const fields = fc
      .array(fc.uint8Array({ maxLength: 60 }), { maxLength: 7 })
      .map((all) =>
        armor(Buffer.concat([Buffer.from('SSHSIG'), uint32(1), ...all.map((a) => field(Buffer.from(a)))])),
      );
    fc.assert(
      fc.property(fc.oneof(fc.string(), blob, fields), (armored) => {
        expect(verdict(armored, [maria.blob])).toMatch(/^signature_/);
      }),
    );
  });

  test('of a registered key that is nonsense is refused with a code', () => {
    const key = fc
      .tuple(
        fc.constantFrom(maria, p256, rsa2048, touched, onlyVerified),
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 3 }),
      )
      .map(([signer, rest]) => ({ signer, blob: inner(signer.type, ...rest.map((a) => Buffer.from(a))) }));
    fc.assert(
      fc.property(key, ({ blob, signer }) => {
        const armored = envelope({
          magic: 'SSHSIG',
          version: 1,
          publicKey: blob,
          namespace,
          reserved: '',
          hash: 'sha512',
          signature: signer.sign(data),
        });
        expect(verdict(armor(armored), [blob])).toMatch(/^signature_/);
      }),
    );
  });
});
