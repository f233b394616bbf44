/** Notes, keys, checkpoints and proofs against the fixed vectors that Go's sumdb/note accepted. */
import { describe, expect, test } from 'vitest';
import { openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { emptyRoot, leafHash, nodeHash } from './merkle.ts';
import { openNote, parseNote, signNote } from './note.ts';
import { formatProof, parseProof, verifyProof } from './proof.ts';
import { formatVerifierKey, parseVerifierKey, signerFromSeed } from './verifier-key.ts';

const origin = 'agentgov.example/log';
const logKey = 'agentgov.example/log+cb8822fe+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c';
const witnessKey = 'witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU';
const text = `${origin}\n3\nNmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=\n`;
const logLine =
  '— agentgov.example/log y4gi/jO4A33L01+cveLeXZMqmhgItAbe9OwWZktxOp55GN6UBuZixJDYNGKOevy85LVph7pZiPddfxUKzzXwPAA4tgI=\n';
const witnessLine =
  '— witness.example/w1 3xwKNQAAAABlU/EACn7LcClvDR53sLqo1+7vdv9deoNFyQNUV+K1FnyWb2As2k5GSg0rp+LPnB22okpMrfQfcr4Pdgyi5xTwXWcdAw==\n';
const checkpoint = `${text}\n${logLine}${witnessLine}`;
const root = Buffer.from('36642e73c2540ab121e3a6bf9545b0a24982cd830eb13d3cd19de3ce6c021ec1', 'hex');

const signer = signerFromSeed(origin, new Uint8Array(32).fill(1));
const log = parseVerifierKey(logKey);
const witness = parseVerifierKey(witnessKey);
const withCode = (code: string): unknown => expect.objectContaining({ code });

describe('the published vectors', () => {
  test('our signer has that key and makes that signature', () => {
    expect(signer.vkey).toBe(logKey);
    expect(signCheckpoint(3, root, signer)).toBe(`${text}\n${logLine}`);
  });

  test('log and witness signed the checkpoint', () => {
    expect(openCheckpoint(checkpoint, log, [witness])).toEqual({
      origin,
      size: 3,
      root,
      cosignedBy: ['witness.example/w1'],
    });
    expect(openCheckpoint(checkpoint, log).cosignedBy).toEqual([]);
  });

  test('a key is its text', () => {
    const key = Buffer.from(logKey.slice(logKey.lastIndexOf('+') + 1), 'base64').subarray(1);
    expect(formatVerifierKey(origin, key)).toBe(logKey);
  });
});

describe('what spoils a note', () => {
  const flipped = checkpoint.replace('y4gi/jO4', 'y4gi/jO5');
  test.each([
    ['another size', checkpoint.replace('\n3\n', '\n4\n'), 'note_signature_invalid'],
    ['a flipped signature', flipped, 'note_signature_invalid'],
    [
      'a cosignature moved in time',
      checkpoint.replace('3xwKNQAAAABlU', '3xwKNQAAAABlV'),
      'note_signature_invalid',
    ],
    ['no signature of ours', `${text}\n${witnessLine}`, 'note_key_unknown'],
    ['our name with another key id', checkpoint.replace('y4gi/jO4', 'z4gi/jO4'), 'note_key_unknown'],
    ['no empty line', text, 'note_malformed'],
    ['no signatures', `${text}\n`, 'note_malformed'],
    ['an unfinished line', checkpoint.slice(0, -1), 'note_malformed'],
    ['a hyphen for the dash', checkpoint.replace('—', '-'), 'note_malformed'],
    ['two spaces', checkpoint.replace('— ', '—  '), 'note_malformed'],
    ['a carriage return', checkpoint.replace('\n3\n', '\r\n3\n'), 'note_malformed'],
    ['a zero byte', checkpoint.replace('3', '\0'), 'note_malformed'],
    ['a lone surrogate', checkpoint.replace('3', '\ud800'), 'note_malformed'],
    ['base64 with spare bits', checkpoint.replace('A4tgI=', 'A4tgJ='), 'note_malformed'],
    ['a signature of nothing', `${text}\n— ${origin} y4gi/g==\n`, 'note_malformed'],
    ['a plus in a name', `${text}\n— a+b y4gi/jO4\n`, 'note_malformed'],
    ['101 signatures', `${text}\n${witnessLine.repeat(101)}`, 'note_malformed'],
    ['two million characters', 'x'.repeat(2_000_000), 'note_malformed'],
    ['nothing', '', 'note_malformed'],
  ])('%s', (_, note, code) => {
    expect(() => openCheckpoint(note, log, [witness])).toThrow(withCode(code));
  });

  test('a witness does not stand in for the log', () => {
    expect(() => openCheckpoint(`${text}\n${witnessLine}`, log, [witness])).toThrow(
      withCode('note_key_unknown'),
    );
  });

  test('unknown signers are ignored, in whatever order', () => {
    const stranger = signerFromSeed('stranger.example', new Uint8Array(32).fill(9));
    const [, line = ''] = signNote(text, [stranger]).split('\n\n');
    expect(openNote(`${text}\n${line}${logLine}`, [log]).signedBy).toEqual([log]);
  });

  test('the border is the last empty line', () => {
    const note = signNote('one\n\ntwo\n', [signer]);
    expect(parseNote(note).text).toBe('one\n\ntwo\n');
    expect(openNote(note, [log]).text).toBe('one\n\ntwo\n');
  });
});

describe('checkpoints', () => {
  test('of the largest size and with extension lines are read', () => {
    const body = `${origin}\n9007199254740991\n${root.toString('base64')}\nextension\n`;
    expect(parseCheckpoint(body)).toEqual({ origin, size: Number.MAX_SAFE_INTEGER, root });
    expect(parseCheckpoint(`${origin}\n0\n${Buffer.from(emptyRoot).toString('base64')}\n`).size).toBe(0);
  });

  test.each([
    ['a leading zero', text.replace('\n3\n', '\n03\n')],
    ['a negative size', text.replace('\n3\n', '\n-3\n')],
    ['a size past 2^53', text.replace('\n3\n', '\n9007199254740993\n')],
    ['a hexadecimal size', text.replace('\n3\n', '\n0x3\n')],
    ['no size', text.replace('\n3\n', '\n\n')],
    ['a short root', text.replace('NmQu', '')],
    ['no origin', text.replace(origin, '')],
    ['an empty extension line', `${text}\n`],
    ['no newline at the end', text.slice(0, -1)],
    ['one line', origin],
  ])('with %s are not', (_, body) => {
    expect(() => parseCheckpoint(body)).toThrow(withCode('checkpoint_malformed'));
  });

  test('of another log under our key are not ours', () => {
    const note = signNote(text.replace(origin, 'other.example/log'), [signer]);
    expect(() => openCheckpoint(note, log)).toThrow(withCode('checkpoint_malformed'));
  });
});

describe('verifier keys', () => {
  test.each([
    ['nothing', ''],
    ['another key id', logKey.replace('cb8822fe', 'cb8822ff')],
    ['an upper-case key id', logKey.replace('cb8822fe', 'CB8822FE')],
    ['another name', logKey.replace('agentgov', 'agentgow')],
    ['a name with a space', logKey.replace('agentgov', 'agent gov')],
    ['an unknown algorithm', 'example.com+00000000+Aoo='],
    ['a short key', 'example.com+00000000+AYqI'],
    ['spare bits', `${logKey.slice(0, -1)}d`],
    ['a newline after', `${logKey}\n`],
  ])('with %s are refused', (_, vkey) => {
    expect(() => parseVerifierKey(vkey)).toThrow(withCode('vkey_malformed'));
  });

  test('need a good name and a whole seed', () => {
    expect(() => signerFromSeed('a b', new Uint8Array(32))).toThrow(withCode('vkey_malformed'));
    expect(() => signerFromSeed('', new Uint8Array(32))).toThrow(withCode('vkey_malformed'));
    expect(() => signerFromSeed('a', new Uint8Array(31))).toThrow(withCode('vkey_malformed'));
  });
});

describe('offline proofs', () => {
  const entry = (name: string): Uint8Array => Buffer.from(name);
  const node01 = nodeHash(leafHash(entry('a')), leafHash(entry('b')));
  const proof = { index: 2, hashes: [node01], checkpoint, extra: null };
  const written = `c2sp.org/tlog-proof@v1\nindex 2\n${Buffer.from(node01).toString('base64')}\n\n${checkpoint}`;

  test('are written and read as the standard says', () => {
    expect(formatProof(proof)).toBe(written);
    expect(parseProof(written)).toEqual({ ...proof, hashes: [Buffer.from(node01)] });
    const extra = { ...proof, extra: Buffer.from('more'), hashes: [] };
    expect(formatProof(extra)).toBe(`c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 2\n\n${checkpoint}`);
    expect(parseProof(formatProof(extra))).toEqual(extra);
  });

  test('prove the entry at its index and nothing else', () => {
    expect(verifyProof(parseProof(written), entry('c'), log).size).toBe(3);
    expect(() => verifyProof(proof, entry('b'), log)).toThrow(withCode('proof_invalid'));
    expect(() => verifyProof({ ...proof, index: 1 }, entry('c'), log)).toThrow(withCode('proof_invalid'));
    expect(() => verifyProof({ ...proof, hashes: [] }, entry('c'), log)).toThrow(withCode('proof_invalid'));
    expect(() => verifyProof(proof, entry('c'), witness)).toThrow(withCode('checkpoint_malformed'));
  });

  test.each([
    ['another header', written.replace('@v1', '@v2')],
    ['no index', written.replace('index 2\n', '')],
    ['a fraction as index', written.replace('index 2', 'index 2.5')],
    ['a huge index', written.replace('index 2', 'index 9007199254740993')],
    ['a short hash', written.replace(/\n[^\n]{44}\n\n/, '\nAAAA\n\n')],
    ['too many hashes', written.replace('\n\n', `\n${'A'.repeat(43)}=`.repeat(60).concat('\n\n'))],
    ['extra after the index', written.replace('index 2\n', 'index 2\nextra bW9yZQ==\n')],
    ['no checkpoint', written.slice(0, written.indexOf('\n\n'))],
    ['three million characters', 'x'.repeat(3_000_000)],
  ])('with %s are not read', (_, broken) => {
    expect(() => parseProof(broken)).toThrow(withCode('proof_malformed'));
  });
});
