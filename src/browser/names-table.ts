import { xxh32 } from '../base/xxh32.ts';
import { errnoError } from '../storage/errno-error.ts';
import { onFile } from './dom-failure.ts';
import type { SyncAccessHandle } from './opfs-platform.ts';

/*
 * The file `names` has two slots of the same size. A slot, in little-endian 32-bit words:
 *
 *     magic | checksum | sequence | length in bytes | JSON text, zero-padded to a whole word
 *
 * The checksum is XXH32 of everything after it, so that a torn slot is never used.
 */
const MAGIC = 0x314d4e50; // 'PNM1'
const WORD_BYTES: number = Int32Array.BYTES_PER_ELEMENT;
const CHECKSUM_WORD = 1;
const SEQUENCE_WORD: number = CHECKSUM_WORD + 1;
const LENGTH_WORD: number = SEQUENCE_WORD + 1;
const TEXT_WORD: number = LENGTH_WORD + 1;
const SLOT_BYTES = 16_384;
const SLOT_COUNT = 2;
const TEXT_BYTES_MAX: number = SLOT_BYTES - TEXT_WORD * WORD_BYTES;
const FILE_NAME = 'names';

/** Which pool file holds which file: for each directory, the numbers of pool files by name. */
export type Names = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * The durable table of names.
 *
 * Invariants:
 * 1. A table is written to the slot that does not hold the newest durable table. So that one survives a crash at any moment.
 * 2. Of the valid slots the one with the higher sequence counts: the newest table that was written whole.
 * 3. The file always has its full size: changing a name needs no space.
 */
export class NamesTable {
  readonly #file: SyncAccessHandle;
  /** The slot that the next table is written to. */
  #slot: number;
  #sequence: number;
  #isDurable = true;

  private constructor(
    file: SyncAccessHandle,
    { slot, sequence }: { readonly slot: number; readonly sequence: number },
  ) {
    this.#file = file;
    this.#slot = slot;
    this.#sequence = sequence;
  }

  /**
   * Reads the table and makes it durable: a worker that ended before its sync may have written it, and the files that only
   * an older table names are about to be used again.
   */
  static open(file: SyncAccessHandle): { readonly table: NamesTable; readonly names: Names } {
    const bytes = new Uint8Array(SLOT_BYTES * SLOT_COUNT);
    onFile('read', FILE_NAME, () => {
      const size = file.getSize();
      file.read(bytes, { at: 0 });
      if (size < bytes.length) file.write(bytes.subarray(size), { at: size });
    });
    const slots = Array.from({ length: SLOT_COUNT }, (_, slot) => decodeSlot(bytes, slot));
    const newest = slots.reduce((best, slot) => ((slot?.sequence ?? -1) > (best?.sequence ?? -1) ? slot : best));
    const { slot, sequence, names } = newest ?? { slot: 0, sequence: 0, names: new Map() };
    const table = new NamesTable(file, { slot, sequence });
    // The same bytes to the same place: if they are durable already, a crash in the middle changes nothing.
    table.#write(names);
    table.#flush();
    return { table, names };
  }

  /** Writes the table. A crash leaves it or an older one; `sync` makes it durable. Throws `ENOSPC` if it is too large. */
  save(names: Names): void {
    this.#sequence += 1;
    this.#write(names);
  }

  /** Makes the table durable. Written again first: after a failed sync the system may take the slot for written. */
  sync(names: Names): void {
    if (this.#isDurable) return;
    this.save(names);
    this.#flush();
  }

  close(): void {
    this.#file.close();
  }

  #write(names: Names): void {
    const bytes = encodeSlot(names, this.#sequence);
    this.#isDurable = false;
    onFile('write', FILE_NAME, () => {
      const wrote = this.#file.write(bytes, { at: this.#slot * SLOT_BYTES });
      if (wrote < bytes.length) throw new Error(`wrote ${wrote} of ${bytes.length} bytes`);
    });
  }

  #flush(): void {
    onFile('flush', FILE_NAME, () => this.#file.flush());
    this.#isDurable = true;
    this.#slot = (this.#slot + 1) % SLOT_COUNT;
  }
}

interface Slot {
  readonly slot: number;
  readonly sequence: number;
  readonly names: Names;
}

/** The table in a slot, `undefined` if it is not valid. */
function decodeSlot(bytes: Uint8Array<ArrayBuffer>, slot: number): Slot | undefined {
  const view = new DataView(bytes.buffer, slot * SLOT_BYTES, SLOT_BYTES);
  const word = (at: number): number => view.getUint32(at * WORD_BYTES, true);
  const length = word(LENGTH_WORD);
  if (word(0) !== MAGIC || length > TEXT_BYTES_MAX) return undefined;
  if (word(CHECKSUM_WORD) !== checksumOf(view, length)) return undefined;
  const start = slot * SLOT_BYTES + TEXT_WORD * WORD_BYTES;
  const text = new TextDecoder().decode(bytes.subarray(start, start + length));
  const directories = JSON.parse(text) as readonly (readonly [string, readonly (readonly [string, number])[]])[];
  const names = new Map(directories.map(([directory, files]) => [directory, new Map(files)]));
  return { slot, sequence: word(SEQUENCE_WORD), names };
}

function encodeSlot(names: Names, sequence: number): Uint8Array<ArrayBuffer> {
  const directories = [...names].map(([directory, files]) => [directory, [...files]]);
  const text = new TextEncoder().encode(JSON.stringify(directories));
  if (text.length > TEXT_BYTES_MAX) throw errnoError('ENOSPC', 'the table of names is full', 'write', FILE_NAME);
  const bytes = new Uint8Array((TEXT_WORD + wordsOf(text.length)) * WORD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(SEQUENCE_WORD * WORD_BYTES, sequence, true);
  view.setUint32(LENGTH_WORD * WORD_BYTES, text.length, true);
  bytes.set(text, TEXT_WORD * WORD_BYTES);
  view.setUint32(CHECKSUM_WORD * WORD_BYTES, checksumOf(view, text.length), true);
  return bytes;
}

function wordsOf(bytes: number): number {
  return Math.ceil(bytes / WORD_BYTES);
}

/** Over the sequence, the length and the text. */
function checksumOf(view: DataView, textBytes: number): number {
  const count = TEXT_WORD - SEQUENCE_WORD + wordsOf(textBytes);
  const words = Int32Array.from({ length: count }, (_, at) => view.getInt32((SEQUENCE_WORD + at) * WORD_BYTES, true));
  return xxh32(words, 0, count, MAGIC) >>> 0;
}
