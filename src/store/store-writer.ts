import { prefixSuccessor } from '../base/prefix-successor.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import type { NodeAddress } from '../key-index/node-layout.ts';
import { batchOf, deletionOf, prefixDeletionOf, putOf, type RecordContent } from '../log/record-content.ts';
import { FLAG_BATCH_MEMBER, KEY_BYTES_MAX, recordBytes } from '../log/record-format.ts';
import type { CompactionScheduler } from './compaction-scheduler.ts';
import type { DeferredFlush } from './deferred-flush.ts';
import { Evictor } from './evictor.ts';
import type { Generations } from './generations.ts';
import { locationOf, unitsOf } from './location.ts';
import type { StoreSettings } from './log-store-options.ts';
import { assertKeySize, assertValueSize } from './size-limits.ts';
import type { StoreStatus } from './store-status.ts';
import type { Syncer } from './syncer.ts';

/** A key with the parts of its body: `trailer` is stored right behind `value`. */
export interface StoredPut {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly trailer: Uint8Array;
}

/** What mutations work on. */
export interface WriterParts {
  readonly settings: StoreSettings;
  readonly status: StoreStatus;
  readonly index: KeyIndex;
  readonly generations: Generations;
  readonly syncer: Syncer;
  readonly scheduler: CompactionScheduler;
  readonly deferred: DeferredFlush;
}

/**
 * Accepts mutations: each is appended to the log and entered in the index, in that order and without anything that can
 * fail in between. Whatever can fail comes before, so that a call that throws has changed nothing. The exceptions are
 * the sync of `durability: 'on-put'`, which comes last, and evictions, which come first.
 */
export class StoreWriter {
  readonly #parts: WriterParts;
  readonly #evictor: Evictor | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    const { maxBytes } = parts.settings;
    if (maxBytes === undefined) return;
    this.#evictor = new Evictor(parts.index, maxBytes, (key) => this.#appendDeletion(deletionOf(key)));
  }

  /** Entries given up to keep the bound on live bytes. */
  get evictions(): number {
    return this.#evictor?.evictions ?? 0;
  }

  put(key: Uint8Array, value: Uint8Array, trailer: Uint8Array): void {
    const { status, index } = this.#parts;
    status.assertWritable();
    assertKeySize(key);
    assertValueSize(value);
    const size = recordBytes(key.length, value.length + trailer.length);
    // Before anything is evicted for it.
    this.#parts.generations.active.assertFits(size);
    const evictionBytes = this.#evictor === undefined ? 0 : this.#evictFor([{ key }], size);
    index.reserve(key.length, 1);
    this.#makeRoom(size);
    this.#appendPut(putOf(key, value, trailer), size);
    this.#accepted(evictionBytes + size);
  }

  putMany(puts: readonly StoredPut[]): void {
    const { status, index, generations } = this.#parts;
    status.assertWritable();
    let bytes = 0;
    let keyBytes = 0;
    for (const { key, value, trailer } of puts) {
      assertKeySize(key);
      assertValueSize(value);
      keyBytes += key.length;
      bytes += recordBytes(key.length, value.length + trailer.length);
    }
    if (puts.length === 0) return;
    const batch = batchOf({ records: puts.length, bytes });
    const size = recordBytes(batch.key.length, 0) + bytes;
    // Before anything is evicted for it.
    generations.active.assertFits(size);
    const evictionBytes = this.#evictFor(puts, bytes);
    index.reserve(keyBytes, puts.length);
    this.#makeRoom(size);
    generations.active.append(batch);
    for (const { key, value, trailer } of puts) {
      const memberBytes = recordBytes(key.length, value.length + trailer.length);
      this.#appendPut(putOf(key, value, trailer, FLAG_BATCH_MEMBER), memberBytes);
    }
    this.#accepted(evictionBytes + size);
  }

  delete(key: Uint8Array): boolean {
    const { status, index } = this.#parts;
    status.assertWritable();
    assertKeySize(key);
    if (index.find(key) === 0) return false;
    const size = this.#appendDeletion(deletionOf(key));
    index.remove(key);
    this.#accepted(size);
    return true;
  }

  deletePrefix(prefix: Uint8Array): number {
    const { status, index } = this.#parts;
    status.assertWritable();
    const interval = { lower: prefix, upper: prefixSuccessor(prefix) };
    // Where nothing is live, nothing dead can come back either: no record is needed.
    if (prefix.length > KEY_BYTES_MAX || index.cursor(interval).next() === 0) return 0;
    const size = this.#appendDeletion(prefixDeletionOf(prefix));
    const { count } = index.removeInterval(interval);
    this.#accepted(size);
    return count;
  }

  /** Forgets an entry that failed its checksums. A record says so, as an older one of the key may still be in the log. */
  forgetDamaged(node: NodeAddress, key: Uint8Array): void {
    const { status, index, generations, deferred } = this.#parts;
    index.removeNode(node);
    if (!status.isWritable) return;
    generations.active.append(deletionOf(key));
    deferred.schedule();
  }

  /** For a store opened with a bound that it exceeds. Throws what the log throws; later puts go on with it. */
  shrink(): void {
    this.#evictFor([], 0);
  }

  /** Makes room under the bound on live bytes and returns the bytes it took in the log. Throws `TOO_LARGE` first. */
  #evictFor(puts: readonly { readonly key: Uint8Array }[], bytes: number): number {
    if (this.#evictor === undefined) return 0;
    this.#evictor.assertFits(bytes, puts.length);
    const evictionsBefore = this.#evictor.evictions;
    try {
      return this.#evictor.makeRoom(puts, bytes);
    } finally {
      // Also where the put behind it fails: what was appended must not wait for the next one.
      if (this.#evictor.evictions > evictionsBefore) this.#parts.deferred.schedule();
    }
  }

  /** Older data that must make room is written before anything new is accepted: a full disk changes nothing. */
  #makeRoom(bytes: number): void {
    const { active } = this.#parts.generations;
    active.assertFits(bytes);
    if (active.unwritten > 0 && active.unwritten + bytes > this.#parts.settings.writeBufferBytes) {
      this.#parts.syncer.flush();
    }
  }

  #appendPut(content: RecordContent, size: number): void {
    const { active } = this.#parts.generations;
    this.#parts.index.put(content.key, locationOf(active.generation, active.append(content)), unitsOf(size));
  }

  #appendDeletion(content: RecordContent): number {
    const size = recordBytes(content.key.length, 0);
    this.#makeRoom(size);
    this.#parts.generations.active.append(content);
    return size;
  }

  /** What follows every mutation: it pays for a compaction and reaches the disk as promised. */
  #accepted(bytes: number): void {
    const { scheduler, settings, syncer, deferred } = this.#parts;
    scheduler.advance(bytes);
    if (settings.durability === 'on-put') syncer.sync();
    else deferred.schedule();
  }
}
