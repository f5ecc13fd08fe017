import { attempt } from '../base/attempt.ts';
import { type IndexCursor, intervalAfter, type KeyInterval } from '../key-index/index-cursor.ts';
import type { PendingParts } from '../key-index/index-pieces.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import type { NodeAddress } from '../key-index/node-layout.ts';
import { placeOf } from '../key-index/pending-index.ts';
import { NO_SLOT } from '../key-index/slot-layout.ts';
import type { BodyUse } from '../log/body-reader.ts';
import { assertKeySize, bodyLengthAt, bodyOffset, keyLengthAt, RECORD_HEADER_BYTES } from '../log/record-format.ts';
import { copyForCaller, type RecordMemory } from '../log/record-memory.ts';
import { bytesOf, type Generations, offsetOf } from './generations.ts';
import type { StoreContext } from './store-context.ts';
import type { StoreEventHandler } from './store-event.ts';
import type { StoreStatus } from './store-status.ts';
import type { StoreWriter } from './store-writer.ts';

/** How many entries a scan looks ahead: enough to fetch several records into the processor's caches at once. */
const AHEAD_ENTRIES = 16;

/** The entries that a scan visits. */
export interface ScanRange {
  readonly interval: KeyInterval;
  /** From the last key to the first. */
  readonly reverse: boolean;
  /** The largest number of entries; a non-negative integer or Infinity. */
  readonly limit: number;
}

/**
 * Finds entries and lends their bodies. A damaged entry is forgotten, as if it had never been there.
 *
 * The index of a read-only store is replaced when its writer has replaced the log. A scan then continues in the new one,
 * after the key that it returned last.
 */
export class StoreReader {
  readonly #status: StoreStatus;
  #index: KeyIndex;
  readonly #generations: Generations;
  readonly #writer: StoreWriter;
  readonly #emit: StoreEventHandler;
  /** Whether a read protects its entry from eviction for a while. */
  readonly #countsUses: boolean;
  hits = 0;
  misses = 0;
  /** Number of entries found damaged. */
  corruptions = 0;
  /** The records that scans have touched, kept so that those reads are not optimised away. */
  touched = 0;
  /** Called if a record cannot be read. Returns whether the store has another index now, so that it is worth another try. */
  onUnreadable: () => boolean = () => false;

  constructor(context: StoreContext, index: KeyIndex, generations: Generations, writer: StoreWriter) {
    this.#status = context.status;
    this.#emit = context.emit;
    this.#countsUses = context.settings.maxBytes !== undefined;
    this.#index = index;
    this.#generations = generations;
    this.#writer = writer;
  }

  /** From now on entries are found in `index`. */
  useIndex(index: KeyIndex): void {
    this.#index = index;
  }

  /** Lends the body under `key` to `use` and returns its result; `undefined` on a miss. Throws `IO` if a read fails. */
  read<Result>(key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    this.#status.assertOpen();
    assertKeySize(key);
    if (this.#index.pending !== undefined) return this.#readPending(this.#index.pending, key, use);
    const slot = this.#index.probe(key);
    if (slot === NO_SLOT) {
      this.misses += 1;
      return undefined;
    }
    if (this.#countsUses) this.#index.eviction.use(this.#index.nodeAt(slot));
    // The slot holds the location too: a record in memory is found without touching its node.
    const location = this.#index.locationAt(slot);
    const reader = this.#generations.readerOf(location);
    const offset = offsetOf(location);
    let result = reader.readResident(offset, key, use);
    if (result === undefined) {
      const units = this.#index.units(this.#index.nodeAt(slot));
      // Only a slot of another key with the same hash, or damage, needs the search.
      result = reader.read(offset, bytesOf(units), key, use) ?? this.#readByNode(key, use);
    }
    if (result === undefined) this.misses += 1;
    else this.hits += 1;
    return result;
  }

  /** Whether there is an entry under `key`; nothing is read from the log. */
  has(key: Uint8Array): boolean {
    this.#status.assertOpen();
    assertKeySize(key);
    const { pending } = this.#index;
    return pending === undefined ? this.#index.find(key) !== 0 : pending.lookup(key) !== undefined;
  }

  /** Starts to read the record under `key` off the thread, if the storage can. A hint: failures are ignored. */
  prefetch(key: Uint8Array): void {
    this.#status.assertOpen();
    assertKeySize(key);
    attempt(
      () => {
        const place = placeOf(this.#index, key);
        if (place === undefined) return;
        this.#generations.readerOf(place.location).prefetch(offsetOf(place.location), bytesOf(place.units));
      },
      () => {},
    );
  }

  /**
   * The keys of a range in order. A key that is there all the time is visited, one that is removed before the scan
   * reaches it is not. A key that is added meanwhile may be visited or not, as new keys are put in order in groups.
   */
  *keys({ interval, reverse, limit }: ScanRange): Generator<Uint8Array, undefined> {
    let index = this.#index;
    let cursor = index.cursor(interval, reverse);
    for (let left = limit; left > 0; left -= 1) {
      this.#status.assertOpen();
      if (index !== this.#index) {
        index = this.#index;
        cursor = index.cursor(intervalAfter(cursor.key(), interval, reverse), reverse);
      }
      if (cursor.next() === 0) return undefined;
      yield cursor.key();
    }
  }

  /** The entries of a range in order, as `keys`; each body is lent to `use`. A damaged entry is skipped. */
  *scan<Result>(
    { interval, reverse, limit }: ScanRange,
    use: BodyUse<Result>,
  ): Generator<[Uint8Array, Result], undefined> {
    let index = this.#index;
    let cursor = index.cursor(interval, reverse);
    const entryOf = (memory: RecordMemory, at: number): [Uint8Array, Result] => {
      const keyLength = keyLengthAt(memory.words, at >>> 2);
      const body = use(memory, at + bodyOffset(keyLength), bodyLengthAt(memory.words, at >>> 2));
      return [copyForCaller(memory, at + RECORD_HEADER_BYTES, keyLength), body];
    };
    // Records in key order lie anywhere. Fetching them one by one waits for each; here the next nodes are found meanwhile.
    const touch = (location: number, units: number): void => {
      this.touched ^= this.#generations.readerOf(location).touch(offsetOf(location), bytesOf(units));
    };
    let fetched = 0;
    for (let left = limit; left > 0; ) {
      this.#status.assertOpen();
      if (index !== this.#index) {
        index = this.#index;
        cursor = index.cursor(intervalAfter(cursor.key(), interval, reverse), reverse);
        fetched = 0;
      }
      const node = cursor.next();
      if (node === 0) return undefined;
      fetched = fetched > 0 ? fetched - 1 : cursor.peek(AHEAD_ENTRIES, touch);
      const location = index.location(node);
      const reader = this.#generations.readerOf(location);
      const resident = reader.lendResident(offsetOf(location), bytesOf(index.units(node)), entryOf);
      const entry = resident ?? this.#entryAt(node, cursor, use);
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

  /** Reads only what it needs from the image of the index. Uses are not counted before the index is complete. */
  #readPending<Result>(pending: PendingParts, key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    const place = pending.lookup(key);
    let result: Result | undefined;
    if (place !== undefined) {
      const reader = this.#generations.readerOf(place.location);
      result = reader.read(offsetOf(place.location), bytesOf(place.units), key, use) ?? this.#readByNode(key, use);
    }
    if (result === undefined) this.misses += 1;
    else this.hits += 1;
    return result;
  }

  #readByNode<Result>(key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    const node = this.#index.find(key);
    return node === 0 ? undefined : this.#readAt(node, key, use);
  }

  #readAt<Result>(node: NodeAddress, key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    const result = this.#bodyOf(node, key, use);
    if (result !== undefined) return result;
    if (!this.onUnreadable()) return this.#forget(node, key);
    const moved = this.#index.find(key);
    return moved === 0 ? undefined : (this.#bodyOf(moved, key, use) ?? this.#forget(moved, key));
  }

  #bodyOf<Result>(node: NodeAddress, key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    const location = this.#index.location(node);
    const [offset, size] = [offsetOf(location), bytesOf(this.#index.units(node))];
    return this.#generations.readerOf(location).read(offset, size, key, use);
  }

  #forget(node: NodeAddress, key: Uint8Array): undefined {
    const location = this.#index.location(node);
    const { generation } = this.#generations.logOf(location);
    this.corruptions += 1;
    this.#index.removeNode(node);
    this.#writer.recordLoss(key);
    this.#emit({ type: 'entry-damaged', key: key.slice(), generation, offset: offsetOf(location) });
    return undefined;
  }
}
