const CAPACITY_BYTES_MIN = 256;

/** The bytes of a file as readers see them. */
export class FileView {
  /** The number of the file in the journal. */
  readonly file: number;
  #memory: Uint8Array;
  #size: number;
  /** Whether `#memory` belongs to an image, which must not change. */
  #shared = true;

  constructor(file: number, bytes: Uint8Array) {
    this.file = file;
    this.#memory = bytes;
    this.#size = bytes.length;
  }

  get size(): number {
    return this.#size;
  }

  /** The current content, to be part of an image. */
  share(): Uint8Array {
    this.#shared = true;
    return this.#memory.subarray(0, this.#size);
  }

  replace(bytes: Uint8Array): void {
    this.#memory = bytes;
    this.#size = bytes.length;
    this.#shared = true;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    const end = Math.min(this.#size, position + Math.min(length, target.length - targetOffset));
    if (end <= position) return 0;
    target.set(this.#memory.subarray(position, end), targetOffset);
    return end - position;
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    this.#own(Math.max(end, this.#size));
    this.#memory.set(bytes, position);
    this.#size = Math.max(this.#size, end);
  }

  truncate(size: number): void {
    this.#own(Math.max(size, this.#size));
    this.#memory.fill(0, size);
    this.#size = size;
  }

  /** Ensures private memory for `bytes`; beyond the size it is zero. */
  #own(bytes: number): void {
    if (!this.#shared && bytes <= this.#memory.length) return;
    const memory = new Uint8Array(Math.max(bytes, CAPACITY_BYTES_MIN, this.#shared ? 0 : bytes * 2));
    memory.set(this.#memory.subarray(0, this.#size));
    this.#memory = memory;
    this.#shared = false;
  }
}
