import { StoreError } from '../base/store-error.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { ALL_KEYS } from '../key-index/key-interval.ts';
import { NO_NODE, type NodeAddress } from '../key-index/node-layout.ts';
import { FILE_HEADER_BYTES } from '../log/file-header.ts';
import type { LogFile } from '../log/log-file.ts';
import { rehomeRecord } from '../log/record-codec.ts';
import { deletionOf } from '../log/record-content.ts';
import { RECORD_ALIGNMENT, RecordKind } from '../log/record-format.ts';
import { RecordReader, type Verdict } from '../log/record-reader.ts';
import { completeLog } from './generation-files.ts';
import { isOf, locationOf, offsetOf } from './generations.ts';
import type { Progress } from './progress.ts';
import { RelocationUndoLog } from './relocation-undo-log.ts';

/** No sync of the new generation covers much more than this, so that none of them takes long. */
const SYNC_BYTES: number = 4 * 1024 * 1024;
/** The new generation's write buffer; also what the last sync of the copies may have to cover. */
const WRITE_BYTES: number = 256 * 1024;

/** An entry whose record in the old generation could not be read, and where that lies. */
export interface LostEntry {
  readonly key: Uint8Array;
  readonly offset: number;
}

/**
 * Copies what is live of one generation into the next, in log order and in steps of any size, while the old one is still
 * written to.
 *
 * Invariants:
 * 1. Below `#cursor` every live record of `source` has been copied and the index points at the copy.
 * 2. Deletions from `#start` on are copied too: they may concern records copied before them. Older ones concern only
 *    records that were dead when the compaction began and are never copied.
 * 3. `source` is the store until `finish` returns: abandoning gives every location back.
 */
export class Compaction {
  readonly source: LogFile;
  readonly target: LogFile;
  readonly #index: KeyIndex;
  readonly #reader: RecordReader;
  readonly #syncDirectory: () => void;
  readonly #start: number;
  #cursor: number = FILE_HEADER_BYTES;
  readonly #moves: RelocationUndoLog = new RelocationUndoLog();
  /** Whether a run of the old generation could not be read, so that entries may still point into it. */
  #damaged = false;
  #lost: LostEntry[] = [];
  /** Whether the end of the old generation was reached once; later writes have moved it only a little. */
  #nearEnd = false;
  /** Whether a sync came after that. There is one, or large puts could put the end off for ever. */
  #syncedAtEnd = false;
  /** Whether the name of the new generation is durable. */
  #named = false;
  /** Whether COMPLETE may have reached the disk. */
  mayBeWhole = false;
  /** Why the compaction was abandoned, `undefined` while it was not. */
  abandonedFor: unknown = undefined;

  /** `syncDirectory` makes the name of `target` durable. */
  constructor(source: LogFile, target: LogFile, index: KeyIndex, syncDirectory: () => void) {
    this.source = source;
    this.target = target;
    this.#index = index;
    this.#syncDirectory = syncDirectory;
    this.#start = source.end;
    const { file, salt, written } = source;
    this.#reader = new RecordReader({ file, name: `generation ${source.generation}`, salt, size: written });
  }

  /** How much of the old generation was gone through; the total grows while it is written to. */
  get progress(): Progress {
    return { doneBytes: this.#cursor, totalBytes: this.source.end };
  }

  /** Whether every record of the old generation was gone through, and little of that is left for `finish` to sync. */
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
   * Goes through about `bytes` of the old generation, or syncs what was copied before: a small step waits for one sync at
   * most. Throws what storage throws; then the compaction must be abandoned.
   */
  step(bytes: number): void {
    for (let left = bytes; left > 0 && !this.isReady; ) {
      const from = this.#cursor;
      if (this.#syncIsDue) this.#sync();
      else if (this.target.durable > 0 && !this.#named) this.#makeNameDurable();
      else this.#copyLive(left);
      // A sync takes as long as going through so much.
      left -= Math.max(SYNC_BYTES, this.#cursor - from);
    }
  }

  #copyLive(bytes: number): void {
    const until = this.#cursor + bytes;
    while (this.#cursor < until && !this.#caughtUp && !this.#syncIsDue) {
      if (this.#cursor >= this.source.written) this.source.flush();
      this.#reader.size = this.source.written;
      this.#cursor = this.#process(this.#cursor);
      if (this.target.unwritten >= WRITE_BYTES) this.target.flush();
    }
    this.#nearEnd ||= this.#caughtUp;
  }

  /**
   * Makes the new generation the store; it must be ready. Its name is made durable before, so that COMPLETE is durable
   * only in a file that can be found.
   */
  finish(): void {
    if (this.#damaged) this.#forgetUnmoved();
    if (this.target.durable < this.target.end) this.target.sync();
    if (!this.#named) this.#makeNameDurable();
    this.mayBeWhole = true;
    completeLog(this.target);
  }

  /** The entries that proved damaged and were forgotten since the last call. */
  takeLost(): readonly LostEntry[] {
    const lost = this.#lost;
    this.#lost = [];
    return lost;
  }

  /** Gives every record that moved its old location back, because of `cause`. */
  abandon(cause: unknown): void {
    this.abandonedFor = cause;
    this.#moves.revert(this.#index, this.target.generation);
  }

  #sync(): void {
    this.#syncedAtEnd = this.#nearEnd;
    this.target.sync();
  }

  #makeNameDurable(): void {
    this.#syncDirectory();
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
    const next = reader.nextHead(at + RECORD_ALIGNMENT) ?? reader.size;
    // What is hidden here may be a deletion of something copied before. A compaction that starts anew has no need of it.
    if (next > this.#start) throw new StoreError('CORRUPT', `the log is damaged at offset ${at}`);
    this.#damaged = true;
    return next;
  }

  /** A failed write may have left half of a record in the file: what is not all there is no damage. */
  #read(at: number): Verdict {
    const verdict = this.#reader.read(at);
    if (verdict === 'valid' || this.source.unwritten === 0) return verdict;
    this.source.flush();
    this.#reader.size = this.source.written;
    return this.#reader.read(at);
  }

  /** The node whose location is the record the reader stands at, 0 where the record is dead. */
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

  /** The entry's body is lost. An older record of the key may have been copied: it must not come back. */
  #dropDamaged(node: NodeAddress): void {
    if (node === NO_NODE) return;
    const key = this.#reader.key();
    this.#lost.push({ key, offset: offsetOf(this.#index.location(node)) });
    this.#index.removeNode(node);
    this.target.append(deletionOf(key));
  }

  #copy(): number {
    const { memory, at, recordBytes } = this.#reader;
    // Copies stand for themselves: a batch is in the new generation whole, or that generation is not used.
    rehomeRecord(memory, at, 0, this.target.salt, this.target.end);
    return this.target.appendEncoded(memory.bytes, at, recordBytes);
  }

  /** Entries that lie in a run which could not be read. No older records of theirs were copied: those were dead. */
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
