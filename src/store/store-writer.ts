import { prefixSuccessor } from '../base/prefix-successor.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { batchOf, deletionOf, prefixDeletionOf, putOf, type RecordContent } from '../log/record-codec.ts';
import { assertKeySize, assertValueSize, FLAG_BATCH_MEMBER, KEY_BYTES_MAX } from '../log/record-format.ts';
import type { CompactionScheduler } from './compaction-scheduler.ts';
import { Evictor } from './evictor.ts';
import { type Generations, locationOf, unitsOf } from './generations.ts';
import type { ImageScheduler } from './image-scheduler.ts';
import type { StoreSettings } from './log-store-options.ts';
import type { StoreContext } from './store-context.ts';
import type { StoreStatus } from './store-status.ts';
import type { Syncer } from './syncer.ts';

const NO_BYTES = new Uint8Array(0);

/** A key and the two parts of its body: `trailer` is stored right after `value`. */
export interface StoredPut {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly trailer: Uint8Array;
}

/**
 * Accepts mutations: each is appended to the log and then entered in the index, and nothing between the two can fail.
 * Everything that can fail comes before, so a call that throws has changed nothing. There are two exceptions:
 * evictions, which come first, and the write and sync of `durability: 'on-put'`, which come last.
 */
export class StoreWriter {
  readonly #settings: StoreSettings;
  readonly #status: StoreStatus;
  readonly #index: KeyIndex;
  readonly #generations: Generations;
  readonly #syncer: Syncer;
  readonly #scheduler: CompactionScheduler;
  readonly #images: ImageScheduler;
  readonly #evictor: Evictor | undefined;

  constructor(
    { settings, status }: StoreContext,
    index: KeyIndex,
    generations: Generations,
    parts: { readonly syncer: Syncer; readonly scheduler: CompactionScheduler; readonly images: ImageScheduler },
  ) {
    this.#settings = settings;
    this.#status = status;
    this.#index = index;
    this.#generations = generations;
    this.#syncer = parts.syncer;
    this.#scheduler = parts.scheduler;
    this.#images = parts.images;
    if (settings.maxBytes === undefined) return;
    this.#evictor = new Evictor(index, settings.maxBytes, (key) => this.#appendDeletion(deletionOf(key)));
  }

  /** Number of entries evicted to keep `maxBytes`. */
  get evictions(): number {
    return this.#evictor?.evictions ?? 0;
  }

  /** Stores `value`, followed by `trailer`, as the body of `key`. */
  put(key: Uint8Array, value: Uint8Array, trailer: Uint8Array = NO_BYTES): void {
    this.#status.assertWritable();
    assertKeySize(key);
    assertValueSize(value);
    const record = putOf(key, value, trailer);
    this.#generations.active.assertFits(record.size);
    const evictionBytes = this.#evictor === undefined ? 0 : this.#evictFor([record], record.size, record.size);
    this.#index.reserve(key.length, 1);
    this.#makeBufferRoom(record.size);
    this.#appendPut(record);
    this.#accepted(evictionBytes + record.size);
  }

  /** Stores all of them or none, also across a crash. Of two puts with the same key the later one counts. */
  putMany(puts: readonly StoredPut[]): void {
    this.#status.assertWritable();
    const records: RecordContent[] = [];
    let bytes = 0;
    let keyBytes = 0;
    for (const { key, value, trailer } of puts) {
      assertKeySize(key);
      assertValueSize(value);
      const record = putOf(key, value, trailer, FLAG_BATCH_MEMBER);
      records.push(record);
      keyBytes += key.length;
      bytes += record.size;
    }
    if (records.length === 0) return;
    const batch = batchOf({ records: records.length, bytes });
    const size = batch.size + bytes;
    this.#generations.active.assertFits(size);
    const evictionBytes = this.#evictFor(records, bytes, size);
    this.#index.reserve(keyBytes, records.length);
    this.#makeBufferRoom(size);
    this.#generations.active.append(batch);
    for (const record of records) this.#appendPut(record);
    this.#accepted(evictionBytes + size);
  }

  /** Removes `key` and returns whether it was there. */
  delete(key: Uint8Array): boolean {
    this.#status.assertWritable();
    assertKeySize(key);
    if (this.#index.find(key) === 0) return false;
    const size = this.#appendDeletion(deletionOf(key));
    this.#index.remove(key);
    this.#accepted(size);
    return true;
  }

  /** Removes every key that starts with `prefix` and returns their number. */
  deletePrefix(prefix: Uint8Array): number {
    this.#status.assertWritable();
    const interval = { lower: prefix, upper: prefixSuccessor(prefix) };
    // If nothing under the prefix is live, no older record can come back either: no record is needed.
    if (prefix.length > KEY_BYTES_MAX || this.#index.cursor(interval).next() === 0) return 0;
    const size = this.#appendDeletion(prefixDeletionOf(prefix));
    const count = this.#index.removeInterval(interval);
    this.#accepted(size);
    return count;
  }

  /** Records that the entry under `key`, which failed its checksums, is gone: an older record of the key may be in the log. */
  recordLoss(key: Uint8Array): void {
    if (!this.#status.isWritable) return;
    this.#generations.active.append(deletionOf(key));
    this.#syncer.flushLater();
  }

  /** Evicts from a store that exceeds `maxBytes` when it is opened. If the log throws, later puts continue the work. */
  shrink(): void {
    this.#evictFor([], 0, 0);
  }

  /**
   * Evicts until records of `liveBytes` under `keys` fit below `maxBytes`; together they take `logBytes` in the log.
   * Returns the bytes that evictions took in the log. Throws `TOO_LARGE` before anything is evicted.
   */
  #evictFor(keys: readonly { readonly key: Uint8Array }[], liveBytes: number, logBytes: number): number {
    if (this.#evictor === undefined) return 0;
    this.#evictor.assertFits(liveBytes, keys.length);
    const evictionsBefore = this.#evictor.evictions;
    try {
      const evictionBytes = this.#evictor.makeRoom(keys, liveBytes);
      if (evictionBytes > 0) this.#generations.active.assertFits(logBytes);
      return evictionBytes;
    } finally {
      // Also if the put fails later: the records of the evictions must not wait for the next mutation.
      if (this.#evictor.evictions > evictionsBefore) this.#syncer.flushLater();
    }
  }

  /** Writes older records if the buffer is full, before a new one is accepted: a full disk then changes nothing. */
  #makeBufferRoom(bytes: number): void {
    const { unwritten } = this.#generations.active;
    if (unwritten > 0 && unwritten + bytes > this.#settings.writeBufferBytes) this.#syncer.flush();
  }

  #appendPut(record: RecordContent): void {
    const { active } = this.#generations;
    this.#index.put(record.key, locationOf(active.generation, active.append(record)), unitsOf(record.size));
  }

  /** Returns the bytes of the record. */
  #appendDeletion(record: RecordContent): number {
    this.#generations.active.assertFits(record.size);
    this.#makeBufferRoom(record.size);
    this.#generations.active.append(record);
    return record.size;
  }

  /** Ends every mutation: a compaction advances by its share, and the record reaches the disk as `durability` says. */
  #accepted(bytes: number): void {
    this.#scheduler.advance(bytes);
    const { active } = this.#generations;
    if (active.end >= this.#images.checkAt || active !== this.#images.log) this.#images.advance();
    if (this.#settings.durability === 'on-put') this.#syncer.sync();
    else this.#syncer.flushLater();
  }
}
