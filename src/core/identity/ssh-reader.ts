/** Reads the length-prefixed fields of SSH's binary forms (RFC 4251 section 5), never past the end. */
export class SshReader {
  readonly #bytes: Buffer;
  readonly #fault: (why: string) => Error;
  #offset = 0;

  /** @param fault makes the error to throw when a field is cut short or something is left over */
  constructor(bytes: Buffer, fault: (why: string) => Error) {
    this.#bytes = bytes;
    this.#fault = fault;
  }

  bytes(count: number): Buffer {
    const end = this.#offset + count;
    if (end > this.#bytes.length) throw this.#fault('it is cut short');
    const found = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return found;
  }

  byte(): number {
    return this.bytes(1).readUInt8();
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE();
  }

  string(): Buffer {
    return this.bytes(this.uint32());
  }

  /** The string that must be the last field. */
  last(): Buffer {
    const found = this.string();
    this.end();
    return found;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) throw this.#fault('something follows it');
  }
}
