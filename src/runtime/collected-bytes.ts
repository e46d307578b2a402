/** Room for what follows the pages of a small file, so that they are not copied once more for it. */
const spareBytes = 1024;

const noRoom = new Uint8Array(0);

/** The bytes of a file that is small so far, in memory. */
export class CollectedBytes {
  readonly #limitBytes: number;
  #room: Uint8Array = noRoom;
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** A whole file, to which nothing more comes. */
  static of(bytes: Uint8Array): CollectedBytes {
    const collected = new CollectedBytes(bytes.byteLength);
    collected.#room = bytes;
    collected.#sizeBytes = bytes.byteLength;
    return collected;
  }

  /** The file so far; good until the next `put`. */
  get content(): Uint8Array {
    return this.#room.subarray(0, this.#sizeBytes);
  }

  /** Whether the bytes were taken: not those that would make it larger than the limit. */
  put(bytes: Uint8Array, position: number): boolean {
    const endBytes = position + bytes.byteLength;
    if (endBytes > this.#limitBytes) return false;
    if (endBytes > this.#room.byteLength) {
      const wantedBytes = Math.max(endBytes + spareBytes, 2 * this.#room.byteLength);
      const larger = new Uint8Array(Math.min(this.#limitBytes, wantedBytes));
      larger.set(this.content);
      this.#room = larger;
    }
    this.#room.set(bytes, position);
    this.#sizeBytes = Math.max(this.#sizeBytes, endBytes);
    return true;
  }
}
