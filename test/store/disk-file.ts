/** What of one change survives a crash: all of it, none, of a write its first bytes, or zeros where the file grew. */
export type Survival = 'all' | 'none' | 'part' | 'zeros';

/** Decides about the changes that no sync covered, one call each. */
export type Choose = () => Survival;

interface Change {
  readonly position: number;
  /** `undefined`: the file was cut to `position` bytes. */
  readonly bytes: Uint8Array | undefined;
}

/** Bytes that grow; what lies between the end and a write beyond it is zero. */
class Contents {
  #bytes: Uint8Array;
  size: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes.slice();
    this.size = bytes.length;
  }

  read(target: Uint8Array, position: number): number {
    const piece = this.#bytes.subarray(Math.min(position, this.size), Math.min(this.size, position + target.length));
    target.set(piece);
    return piece.length;
  }

  apply({ position, bytes }: Change): void {
    if (bytes === undefined) {
      this.#bytes.fill(0, position);
      this.size = Math.min(this.size, position);
      return;
    }
    const end = position + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(256, end * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, position);
    if (bytes.length > 0) this.size = Math.max(this.size, end);
  }

  copy(): Uint8Array {
    return this.#bytes.slice(0, this.size);
  }
}

/** A file as the page cache shows it, and the changes since its last sync. */
export class DiskFile {
  #current = new Contents();
  #durable = new Contents();
  #pending: Change[] = [];
  /** Changes that were ever made. */
  changes = 0;

  get size(): number {
    return this.#current.size;
  }

  bytes(): Uint8Array {
    return this.#current.copy();
  }

  replace(bytes: Uint8Array): void {
    this.#current = new Contents(bytes);
    this.#durable = new Contents(bytes);
    this.#pending = [];
  }

  read(target: Uint8Array, position: number): number {
    return this.#current.read(target, position);
  }

  /** Takes `bytes` over. */
  write(bytes: Uint8Array, position: number): void {
    if (bytes.length > 0) this.#change({ position, bytes });
  }

  truncate(size: number): void {
    if (size < this.size) this.#change({ position: size, bytes: undefined });
  }

  /** Makes durable what was changed before the change numbered `before`. */
  sync(before: number = this.changes): void {
    const covered = Math.max(0, this.#pending.length - (this.changes - before));
    for (const change of this.#pending.splice(0, covered)) this.#durable.apply(change);
  }

  /** What a kernel does whose sync failed: the changes stay visible, count as written, and never reach the disk. */
  loseChanges(): void {
    this.#pending = [];
  }

  afterCrash(choose: Choose): DiskFile {
    const survivor = new Contents(this.#durable.copy());
    for (const change of this.#pending) {
      const survived = surviving(change, choose(), survivor.size);
      if (survived !== undefined) survivor.apply(survived);
    }
    const file = new DiskFile();
    file.replace(survivor.copy());
    return file;
  }

  #change(change: Change): void {
    this.#current.apply(change);
    this.#pending.push(change);
    this.changes += 1;
  }
}

function surviving(change: Change, survival: Survival, size: number): Change | undefined {
  const { position, bytes } = change;
  if (survival === 'none') return undefined;
  if (bytes === undefined || survival === 'all') return change;
  if (survival === 'zeros') {
    // What was there before stays; a file that grew shows zeros where the data never came.
    const from = Math.max(position, size);
    return { position: from, bytes: new Uint8Array(Math.max(0, position + bytes.length - from)) };
  }
  // Torn in the middle of a word: no unit of the format is a unit of the disk.
  return { position, bytes: bytes.slice(0, Math.ceil(bytes.length / 2) - 1) };
}
