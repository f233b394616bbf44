/** Key revocation lists that sshd reads (`RevokedKeys`, PROTOCOL.krl): serials of one authority's certificates. */
import { SshReader } from './ssh-reader.ts';
import { sshString, sshUint32, sshUint64 } from './ssh-writer.ts';
import { WritError } from '../model/errors.ts';

const magic = Buffer.from('SSHKRL\n\0');
const formatVersion = 1;
const certificateSection = Buffer.from([1]);
const serialList = Buffer.from([0x20]);
const comment = 'written by Writ';

/** @param now milliseconds since the epoch: also the list's version, which only grows */
export function writeRevocationList(authority: Uint8Array, serials: readonly bigint[], now: number): Buffer {
  const list = Buffer.concat([serialList, sshString(Buffer.concat(serials.map(sshUint64)))]);
  const section = Buffer.concat([sshString(authority), sshString(''), ...(serials.length > 0 ? [list] : [])]);
  return Buffer.concat([
    magic,
    sshUint32(formatVersion),
    sshUint64(BigInt(now)),
    sshUint64(BigInt(Math.floor(now / 1000))),
    sshUint64(0n),
    sshString(''),
    sshString(comment),
    certificateSection,
    sshString(section),
  ]);
}

/** Of a list that `writeRevocationList` made for this authority. @throws WritError `revocation_list_foreign` */
export function readRevocationList(bytes: Buffer, authority: Uint8Array): bigint[] {
  const reader = new SshReader(bytes, foreign);
  if (!reader.bytes(magic.length).equals(magic) || reader.uint32() !== formatVersion) throw foreign();
  reader.bytes(3 * 8);
  reader.string();
  const written = reader.string().toString();
  if (reader.isAtEnd) return []; // as `ssh-keygen -k` makes an empty one
  if (written !== comment || reader.byte() !== 1) throw foreign();
  const section = new SshReader(reader.last(), foreign);
  if (!section.string().equals(authority)) throw foreign();
  section.string();
  if (section.isAtEnd) return [];
  if (section.byte() !== serialList[0]) throw foreign();
  const list = section.last();
  return Array.from({ length: list.length / 8 }, (_, at) => list.readBigUInt64BE(at * 8));
}

function foreign(): WritError {
  return new WritError(
    'revocation_list_foreign',
    'the revocation list was not written by Writ for this authority',
    {
      hint: 'Give Writ a file of its own under krl, and name both in sshd_config, or merge them with ssh-keygen -k.',
    },
  );
}
