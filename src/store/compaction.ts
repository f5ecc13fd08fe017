import { attempt } from '../base/attempt.ts';
import { storageFailure } from '../base/storage-failure.ts';
import { StoreError } from '../base/store-error.ts';
import { ALL_KEYS } from '../key-index/index-cursor.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { NO_NODE, type NodeAddress } from '../key-index/node-layout.ts';
import { FILE_HEADER_BYTES } from '../log/file-header.ts';
import type { LogFile } from '../log/log-file.ts';
import { deletionOf, relocateRecord } from '../log/record-codec.ts';
import { RECORD_ALIGNMENT, RecordKind } from '../log/record-format.ts';
import { RecordReader, type Verdict } from '../log/record-reader.ts';
import { completeLog, createLog, syncDirectory } from './generation-files.ts';
import { type Generations, isOf, locationOf, offsetOf } from './generations.ts';
import { RelocationUndoLog } from './relocation-undo-log.ts';
import type { StoreContext } from './store-context.ts';

/** A sync of the new generation covers little more than this, so that none of them takes long. */
const SYNC_BYTES: number = 4 * 1024 * 1024;
/** The write buffer of the new generation; also the most that the last sync of the copies may have to cover. */
const WRITE_BYTES: number = 256 * 1024;

/** How far an operation on the whole log has come, in bytes of the log. */
export interface Progress {
  /** Bytes processed so far. */
  readonly doneBytes: number;
  /** Bytes to process in all; it can grow while the store is written to. */
  readonly totalBytes: number;
}

/** An entry whose record in the old generation could not be read, and the offset of that record. */
export interface LostEntry {
  readonly key: Uint8Array;
  readonly offset: number;
}

/**
 * Builds the next generation: `begin` creates it, `step` copies live records into it, in log order and in steps of any
 * size while the old one is still written to, and `finish` makes it the store. `abandon` undoes all of it at any time
 * before.
 *
 * Invariants:
 * 1. Below `#cursor` every live record of `source` has been copied and the index points at the copy.
 * 2. Deletions from `#start` on are copied too: they may concern records copied before them. Older ones concern only
 *    records that were dead when the compaction began and are never copied.
 * 3. `source` is the store until `finish` has made COMPLETE durable: abandoning restores every location.
 */
export class Compaction {
  readonly source: LogFile;
  readonly target: LogFile;
  readonly #context: StoreContext;
  readonly #generations: Generations;
  readonly #index: KeyIndex;
  readonly #reader: RecordReader;
  readonly #start: number;
  #cursor: number = FILE_HEADER_BYTES;
  readonly #moves: RelocationUndoLog = new RelocationUndoLog();
  /** Whether a range of the old generation could not be read, so that entries may still point into it. */
  #damaged = false;
  #lost: LostEntry[] = [];
  /** Whether the end of the old generation was reached once; later writes have moved it only a little. */
  #nearEnd = false;
  /** Whether a sync came after that. There is only one, or large puts could delay the end forever. */
  #syncedAtEnd = false;
  /** Whether the name of the new generation is durable. */
  #named = false;
  /** Whether COMPLETE may have reached the disk. */
  #mayBeWhole = false;
  /** The reason why the compaction was abandoned. */
  abandonedFor: unknown = undefined;

  private constructor(context: StoreContext, generations: Generations, index: KeyIndex, target: LogFile) {
    const { active } = generations;
    this.source = active;
    this.target = target;
    this.#context = context;
    this.#generations = generations;
    this.#index = index;
    this.#start = active.end;
    this.#reader = new RecordReader(active, active.written);
  }

  /** Creates the next generation. Throws what storage throws; then nothing has changed. */
  static begin(context: StoreContext, generations: Generations, index: KeyIndex): Compaction {
    // Its image belongs to the log that will be replaced.
    index.pending?.complete();
    generations.active.flush();
    const target = createLog(context, generations.active.generation);
    generations.build(target);
    return new Compaction(context, generations, index, target);
  }

  /** How much of the old generation was processed; the total grows while it is written to. */
  get progress(): Progress {
    return { doneBytes: this.#cursor, totalBytes: this.source.end };
  }

  /** Whether every record of the old generation was processed and `finish` has little left to sync. */
  get isReady(): boolean {
    return this.#caughtUp && !this.#syncIsDue;
  }

  get #caughtUp(): boolean {
    return this.#cursor >= this.source.end;
  }

  get #syncIsDue(): boolean {
    const unsynced = this.target.end - this.target.durable;
    return unsynced >= SYNC_BYTES || (this.#nearEnd && !this.#syncedAtEnd && unsynced >= WRITE_BYTES);
  }

  /**
   * Processes about `bytes` of the old generation, or syncs what was copied before: a small step waits for at most one
   * sync. Throws what storage throws; then the compaction must be abandoned.
   */
  step(bytes: number): void {
    for (let left = bytes; left > 0 && !this.isReady; ) {
      const from = this.#cursor;
      if (this.#syncIsDue) this.#sync();
      else if (this.target.durable > 0 && !this.#named) this.#makeNameDurable();
      else this.#copyLive(left);
      // A sync takes as long as processing this many bytes.
      left -= Math.max(SYNC_BYTES, this.#cursor - from);
    }
  }

  #copyLive(bytes: number): void {
    const until = this.#cursor + bytes;
    while (this.#cursor < until && !this.#caughtUp && !this.#syncIsDue) {
      this.#reader.size = this.source.written;
      this.#cursor = this.#process(this.#cursor);
      if (this.target.unwritten >= WRITE_BYTES) this.target.flush();
    }
    this.#nearEnd ||= this.#caughtUp;
  }

  /**
   * Makes the new generation the store; it must be ready. Its name is made durable first, so that COMPLETE is durable
   * only in a file that can be found. Throws what storage throws; then the compaction must be abandoned.
   */
  finish(): void {
    if (this.#damaged) this.#forgetUnmoved();
    if (this.target.durable < this.target.end) this.target.sync();
    if (!this.#named) this.#makeNameDurable();
    this.#mayBeWhole = true;
    completeLog(this.target);
    // From here on nothing can fail: the new generation is the store.
    this.#generations.switch();
    this.target.appendMark(this.target.durable);
    this.#housekeep(() => this.target.flush());
    this.#housekeep(() => this.source.close());
  }

  /** The entries found damaged, and forgotten, since the last call. */
  takeLost(): readonly LostEntry[] {
    const lost = this.#lost;
    this.#lost = [];
    return lost;
  }

  /** Restores the location of every record that moved and removes the new generation, because of `cause`. */
  abandon(cause: unknown): void {
    this.abandonedFor = cause;
    this.#moves.revert(this.#index, this.target.generation);
    this.#generations.stopBuilding();
    this.#removeTarget();
  }

  /**
   * If the new generation may hold COMPLETE, it must durably lose it before the old one accepts another record: a crash
   * would otherwise bring it back as the newer one. Removing the file is not enough, as the directory may keep its
   * name.
   */
  #removeTarget(): void {
    const { directory, status, assertLockHeld } = this.#context;
    let keep = false;
    if (this.#mayBeWhole) {
      try {
        assertLockHeld();
        this.target.file.truncate(0);
        this.target.file.sync();
      } catch (error) {
        keep = true;
        status.poisonInBackground(storageFailure('empty an abandoned generation', error));
      }
    }
    this.#housekeep(() => this.target.close());
    if (keep) return;
    this.#housekeep(() => {
      // If the lock is lost, the file of this name may belong to a process that built a generation of the same number.
      assertLockHeld();
      directory.remove(this.target.name);
      directory.sync();
    });
  }

  #housekeep(task: () => void): void {
    attempt(task, this.#context.onHousekeepingFailure);
  }

  #sync(): void {
    this.#syncedAtEnd = this.#nearEnd;
    this.target.sync();
  }

  #makeNameDurable(): void {
    syncDirectory(this.#context.directory);
    this.#named = true;
  }

  #process(at: number): number {
    const reader = this.#reader;
    const verdict = this.#read(at);
    if (verdict === 'valid') {
      if (reader.kind === RecordKind.put) this.#move(this.#liveNode(at));
      else if (at >= this.#start && isDeletion(reader.kind)) this.#copy();
      return reader.next;
    }
    if (verdict === 'bad-body') {
      this.#dropDamaged(this.#liveNode(at));
      return Math.min(reader.next, reader.size);
    }
    const next = reader.nextHeader(at + RECORD_ALIGNMENT) ?? reader.size;
    // The hidden record may delete something that was copied before. A new compaction does not need it.
    if (next > this.#start) throw new StoreError('CORRUPT', `the log is damaged at offset ${at}`);
    this.#damaged = true;
    return next;
  }

  /** A record may wait to be written, or a failed write left half of it in the file: that is not damage. */
  #read(at: number): Verdict {
    const verdict = this.#reader.read(at);
    if (verdict === 'valid' || this.source.unwritten === 0) return verdict;
    this.source.flush();
    this.#reader.size = this.source.written;
    return this.#reader.read(at);
  }

  /** The node of the record that the reader is at, 0 if the record is dead. */
  #liveNode(at: number): NodeAddress {
    const { memory, keyStart, keyEnd } = this.#reader;
    const node = this.#index.find(memory.bytes, keyStart, keyEnd);
    if (node === NO_NODE) return NO_NODE;
    const location = this.#index.location(node);
    return offsetOf(location) === at && isOf(this.source.generation, location) ? node : NO_NODE;
  }

  #move(node: NodeAddress): void {
    if (node === NO_NODE) return;
    const from = this.#index.location(node);
    const to = locationOf(this.target.generation, this.#copy());
    this.#index.relocate(node, to);
    this.#moves.add(from, to);
  }

  /** Forgets an entry whose body is damaged. An older record of its key may have been copied: it must not come back. */
  #dropDamaged(node: NodeAddress): void {
    if (node === NO_NODE) return;
    const key = this.#reader.key();
    this.#lost.push({ key, offset: offsetOf(this.#index.location(node)) });
    this.#index.removeNode(node);
    this.target.append(deletionOf(key));
  }

  #copy(): number {
    const { memory, at, recordBytes } = this.#reader;
    // Copies of members are plain records: the new generation holds the whole batch, or it is never used.
    relocateRecord(memory, at, 0, this.target.salt, this.target.end);
    return this.target.appendEncoded(memory.bytes, at, recordBytes);
  }

  /** Forgets entries in ranges that could not be read. No older records of theirs were copied: those were dead. */
  #forgetUnmoved(): void {
    const unmoved: NodeAddress[] = [];
    const cursor = this.#index.cursor(ALL_KEYS);
    for (let node = cursor.next(); node !== NO_NODE; node = cursor.next()) {
      const location = this.#index.location(node);
      if (!isOf(this.source.generation, location)) continue;
      unmoved.push(node);
      this.#lost.push({ key: cursor.key(), offset: offsetOf(location) });
    }
    for (const node of unmoved) this.#index.removeNode(node);
  }
}

function isDeletion(kind: number): boolean {
  return kind === RecordKind.delete || kind === RecordKind.deletePrefix;
}
