import { type IndexCursor, type KeyIndex, NO_SLOT, type NodeAddress } from '../key-index/key-index.ts';
import type { BodyUse } from '../log/body-reader.ts';
import { bodyLengthAt, keyLengthAt, type RecordMemory } from '../log/record-codec.ts';
import { bodyOffset, HEAD_BYTES } from '../log/record-format.ts';
import { copyForCaller } from '../log/result-slab.ts';
import type { Generations } from './generations.ts';
import { bytesOf, offsetOf } from './location.ts';
import type { StoreSettings } from './log-store-options.ts';
import type { ScanRange } from './scan-range.ts';
import { assertKeySize } from './size-limits.ts';
import type { StoreEventHandler } from './store-event.ts';
import type { StoreStatus } from './store-status.ts';
import type { StoreWriter } from './store-writer.ts';

/** How far a scan looks ahead: enough to have several records on their way at once. */
const AHEAD_ENTRIES = 16;

/** What reads work on. */
export interface ReadParts {
  readonly settings: StoreSettings;
  readonly status: StoreStatus;
  readonly index: KeyIndex;
  readonly generations: Generations;
  readonly writer: StoreWriter;
  readonly emit: StoreEventHandler;
}

/** Finds entries and lends their bodies. An entry that proves damaged is forgotten, as if it had not been there. */
export class StoreReader {
  readonly #parts: ReadParts;
  /** Whether what is read is less likely to be evicted. */
  readonly #countsUses: boolean;
  hits = 0;
  misses = 0;
  /** Entries that proved damaged. */
  corruptions = 0;
  /** What `#fetchAhead` read; kept, so that reading it is not optimised away. */
  touched = 0;

  constructor(parts: ReadParts) {
    this.#parts = parts;
    this.#countsUses = parts.settings.maxBytes !== undefined;
  }

  /** Lends the body under `key` to `use`; `undefined` where there is none. Throws `IO` where reading fails. */
  read<Result>(key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    const { status, index, generations } = this.#parts;
    status.assertOpen();
    assertKeySize(key);
    const slot = index.probe(key);
    if (slot === NO_SLOT) {
      this.misses += 1;
      return undefined;
    }
    if (this.#countsUses) index.eviction.use(index.nodeAt(slot));
    // What is in memory is found without a look at the node.
    const result = generations.readResident(index.locationAt(slot), key, use) ?? this.#readByNode(key, use);
    if (result === undefined) this.misses += 1;
    else this.hits += 1;
    return result;
  }

  has(key: Uint8Array): boolean {
    const { status, index } = this.#parts;
    status.assertOpen();
    assertKeySize(key);
    return index.find(key) !== 0;
  }

  /** Begins to read the record under `key` off the thread, where the storage can. */
  prefetch(key: Uint8Array): void {
    const { status, index, generations } = this.#parts;
    status.assertOpen();
    assertKeySize(key);
    const node = index.find(key);
    if (node !== 0) generations.prefetchBody(index.location(node), bytesOf(index.units(node)));
  }

  *keys({ interval, reverse, limit }: ScanRange): Generator<Uint8Array, undefined> {
    const { status, index } = this.#parts;
    const cursor = index.cursor(interval, reverse);
    for (let left = limit; left > 0; left -= 1) {
      status.assertOpen();
      if (cursor.next() === 0) return undefined;
      yield cursor.key();
    }
  }

  *scan<Result>(
    { interval, reverse, limit }: ScanRange,
    use: BodyUse<Result>,
  ): Generator<[Uint8Array, Result], undefined> {
    const { status, index, generations } = this.#parts;
    const cursor = index.cursor(interval, reverse);
    const entryOf = (memory: RecordMemory, at: number): [Uint8Array, Result] => {
      const keyLength = keyLengthAt(memory.words, at >>> 2);
      const body = use(memory, at + bodyOffset(keyLength), bodyLengthAt(memory.words, at >>> 2));
      return [copyForCaller(memory, at + HEAD_BYTES, keyLength), body];
    };
    const ahead = new Int32Array(2 * AHEAD_ENTRIES);
    let fetched = 0;
    for (let left = limit; left > 0; ) {
      status.assertOpen();
      const node = cursor.next();
      if (node === 0) return undefined;
      fetched = fetched > 0 ? fetched - 1 : this.#fetchAhead(cursor, ahead);
      const size = bytesOf(index.units(node));
      const entry = generations.lendResident(index.location(node), size, entryOf) ?? this.#entryAt(node, cursor, use);
      if (entry === undefined) continue;
      yield entry;
      left -= 1;
    }
  }

  #entryAt<Result>(node: NodeAddress, cursor: IndexCursor, use: BodyUse<Result>): [Uint8Array, Result] | undefined {
    const key = cursor.key();
    const result = this.#readAt(node, key, use);
    return result === undefined ? undefined : [key, result];
  }

  /** Records in key order lie anywhere: fetched one by one, each is waited for, and together they are not. */
  #fetchAhead(cursor: IndexCursor, ahead: Int32Array): number {
    const { generations } = this.#parts;
    const count = cursor.peek(ahead);
    let sum = 0;
    for (let i = 0; i < count; i += 1) {
      sum ^= generations.touch(ahead[2 * i] as number, bytesOf(ahead[2 * i + 1] as number));
    }
    this.touched = sum;
    return count;
  }

  #readByNode<Result>(key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    const node = this.#parts.index.find(key);
    return node === 0 ? undefined : this.#readAt(node, key, use);
  }

  #readAt<Result>(node: NodeAddress, key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    const { index, generations, writer, emit } = this.#parts;
    const location = index.location(node);
    const result = generations.readBody(location, bytesOf(index.units(node)), key, use);
    if (result !== undefined) return result;
    const generation = generations.generationOf(location);
    this.corruptions += 1;
    writer.forgetDamaged(node, key);
    emit({ type: 'entry-damaged', key: key.slice(), generation, offset: offsetOf(location) });
    return undefined;
  }
}
