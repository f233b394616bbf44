/** A DNS server (RFC 1035) on loopback that answers as a test says, differently each time if it likes. */
import { createSocket, type Socket } from 'node:dgram';
import { parseAddress } from '../../src/core/policy/addresses.ts';

const types: Readonly<Record<number, 32 | 128>> = { 1: 32, 28: 128 };

export class DnsServer implements Disposable {
  /** All that was asked for, in order. */
  readonly asked: string[] = [];
  readonly #socket: Socket = createSocket('udp4');
  readonly #answer: (name: string, time: number) => readonly string[];

  /** @param answer addresses of a name, the given time that it is asked for by either type */
  constructor(answer: (name: string, time: number) => readonly string[]) {
    this.#answer = answer;
    this.#socket.on('message', (query, from) =>
      this.#socket.send(this.#reply(query), from.port, from.address),
    );
  }

  async listen(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.bind(0, '127.0.0.1', resolve);
    await promise;
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  #reply(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const name = labels.join('.').toLowerCase();
    const type = query.readUInt16BE(at + 1);
    const question = query.subarray(12, at + 5);
    const time = this.asked.filter((one) => one === `${name} ${type}`).length;
    this.asked.push(`${name} ${type}`);
    const found = this.#answer(name, time).flatMap((text) => parseAddress(text) ?? []);
    const records = found
      .filter(({ bits }) => bits === types[type])
      .map(({ bits, value }) => {
        const data = Buffer.from(value.toString(16).padStart(bits / 4, '0'), 'hex');
        // A pointer to the question's name, class IN, no time to live: whoever asks again gets another answer.
        const head = Buffer.of(0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length);
        return Buffer.concat([head, data]);
      });
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(found.length === 0 ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    return Buffer.concat([header, question, ...records]);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
