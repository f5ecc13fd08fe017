import { prefixSuccessor } from '../../base/prefix-successor.ts';
import type { IndexContents } from '../../key-index/index-pieces.ts';
import { FILE_HEADER_BYTES } from '../../log/file-header.ts';
import { FLAG_BATCH_MEMBER, RECORD_ALIGNMENT, RecordKind, type RecordSpan } from '../../log/record-format.ts';
import type { RecordReader, Verdict } from '../../log/record-reader.ts';
import { locationOf, unitsOf } from '../generations.ts';
import type { DamagedRun } from './recovery-report.ts';

/**
 * Replays a log into the index and decides what an invalid record means; docs/crash-argument.md has the argument.
 *
 * If a later MARK shows that a sync had covered the invalid record, it is *damage*. Otherwise it is the *torn tail*
 * that a crash leaves, and the log ends there. A damaged body loses its own entry. A damaged header hides an unknown
 * operation, perhaps a deletion, so all older entries are forgotten. A batch counts whole or not at all, except for
 * members whose bodies are damaged.
 */
export class LogReplay {
  readonly #reader: RecordReader;
  readonly #index: IndexContents;
  readonly #generation: number;
  /**
   * Everything below this offset is known to have been durable. Later marks are searched for only at an invalid record.
   */
  #durable: number;
  #durableIsFinal = false;
  records = 0;
  entriesLost = 0;
  forgotten = false;
  readonly damaged: DamagedRun[] = [];
  /** The last record that is not a MARK. */
  lastDataRecord: RecordSpan;
  /** Where the readable log ends; the bytes behind it are a torn tail. */
  end: number;

  /**
   * `durable`: everything below this offset is known to have been durable, 0 if nothing is. `covered`: the last record
   * that `index` contains; without it the index is empty and the replay starts at the first record.
   */
  constructor(reader: RecordReader, index: IndexContents, generation: number, durable: number, covered?: RecordSpan) {
    this.#reader = reader;
    this.#index = index;
    this.#generation = generation;
    this.#durable = durable;
    this.lastDataRecord = covered ?? { offset: 0, end: FILE_HEADER_BYTES };
    this.end = this.lastDataRecord.end;
  }

  /** Everything below this offset is known to have been durable. */
  get durable(): number {
    return this.#durable;
  }

  run(): void {
    this.#index.load(() => this.#replay());
  }

  #replay(): void {
    let at = this.end;
    while (true) {
      const verdict = this.#reader.read(at);
      if (verdict === 'end') break;
      const next = this.#step(at, verdict);
      if (next === undefined) break;
      at = next;
    }
    this.end = at;
    // The log is shorter than what was durable: the missing records may have been deletions.
    if (at < this.#durable) {
      this.#forget();
      this.damaged.push({ from: at, to: at });
    }
  }

  /** Handles the record at `at` and returns the offset of the next; `undefined` if the log ends at `at`. */
  #step(at: number, verdict: Verdict): number | undefined {
    const reader = this.#reader;
    if (verdict === 'bad-header') {
      return this.#wasDurable(at) ? this.#skipDamage(at, at + RECORD_ALIGNMENT) : undefined;
    }
    if (verdict === 'bad-body') {
      if (!this.#wasDurable(at)) return undefined;
      // The search for marks has moved the reader.
      reader.read(at, false);
      this.#loseEntry(at);
      return Math.min(reader.next, reader.size);
    }
    if (reader.kind === RecordKind.batch) return this.#batch(at);
    // A member without its BATCH record, which was damaged: the batch is dropped.
    if ((reader.flags & FLAG_BATCH_MEMBER) === 0) this.#apply(at);
    return reader.next;
  }

  #apply(offset: number): void {
    const reader = this.#reader;
    const { bytes } = reader.memory;
    this.records += 1;
    switch (reader.kind) {
      case RecordKind.put:
        this.#index.put(
          bytes,
          locationOf(this.#generation, offset),
          unitsOf(reader.recordBytes),
          reader.keyStart,
          reader.keyEnd,
        );
        break;
      case RecordKind.delete:
        this.#index.remove(bytes, reader.keyStart, reader.keyEnd);
        break;
      case RecordKind.deletePrefix: {
        const prefix = reader.key();
        this.#index.removeInterval({ lower: prefix, upper: prefixSuccessor(prefix) });
        break;
      }
      case RecordKind.mark:
        this.#durable = Math.max(this.#durable, Math.min(reader.markOffset(), offset));
        return;
      case RecordKind.complete:
        this.#durable = Math.max(this.#durable, offset);
        break;
    }
    this.lastDataRecord = { offset, end: reader.next };
  }

  #batch(at: number): number | undefined {
    const start = this.#reader.next;
    const { records, bytes } = this.#reader.batchExtent();
    const end = start + bytes;
    const invalid = this.#firstInvalidMember(start, end, records);
    if (invalid !== undefined && !this.#wasDurable(invalid.at)) return undefined;
    if (invalid?.verdict === 'bad-header') return this.#skipDamage(at, Math.min(end, this.#reader.size));
    for (let member = start; member < end; member = this.#reader.next) {
      if (this.#reader.read(member) === 'valid') this.#apply(member);
      else this.#loseEntry(member);
    }
    return end;
  }

  /** The first invalid member of a batch; a bad header, if there is one, before any bad body. */
  #firstInvalidMember(start: number, end: number, records: number): { at: number; verdict: Verdict } | undefined {
    let first: { at: number; verdict: Verdict } | undefined;
    let count = 0;
    let at = start;
    while (at < end) {
      const verdict = this.#reader.read(at);
      if (!this.#isMember(verdict)) return { at, verdict: 'bad-header' };
      if (verdict === 'bad-body') first ??= { at, verdict };
      count += 1;
      at = this.#reader.next;
    }
    return at === end && count === records ? first : { at: start, verdict: 'bad-header' };
  }

  /** Whether the reader, after this verdict, is at the header of a member that ends within the log. */
  #isMember(verdict: Verdict): boolean {
    const { flags, next, size } = this.#reader;
    const hasHeader = verdict === 'valid' || verdict === 'bad-body';
    // Only the header of a PUT can have this flag.
    return hasHeader && flags === FLAG_BATCH_MEMBER && next <= size;
  }

  /** Forgets everything older than a damaged header and returns the next valid record, searching from `from`. */
  #skipDamage(at: number, from: number): number {
    this.#forget();
    const next = this.#reader.nextHeader(from) ?? this.#reader.size;
    this.damaged.push({ from: at, to: next });
    return next;
  }

  #forget(): void {
    this.#index.clear();
    this.forgotten = true;
  }

  /** Forgets the entry whose body is damaged, and the older value of its key. The reader is at the record. */
  #loseEntry(offset: number): void {
    const reader = this.#reader;
    this.#index.remove(reader.memory.bytes, reader.keyStart, reader.keyEnd);
    this.entriesLost += 1;
    this.damaged.push({ from: offset, to: Math.min(reader.next, reader.size) });
  }

  #wasDurable(offset: number): boolean {
    if (offset < this.#durable) return true;
    if (!this.#durableIsFinal) {
      this.#durable = Math.max(this.#durable, lastMarkedOffset(this.#reader, offset));
      this.#durableIsFinal = true;
    }
    return offset < this.#durable;
  }
}

/** The highest offset that a record from `from` on states to be durable, 0 if none does. */
export function lastMarkedOffset(reader: RecordReader, from: number): number {
  return searchMarks(reader, from).durable;
}

/** What the records from an offset on state. */
export interface FoundMarks {
  /** The highest offset that a MARK or COMPLETE states to be durable, 0 if there is none. */
  readonly durable: number;
  /** The same of MARKs alone. A MARK is written after its sync, COMPLETE before: the sync may be still under way. */
  readonly marked: number;
  /** Where the run of valid records ends. */
  readonly validEnd: number;
}

/**
 * Searches the records from `from` on for those that state what was durable: a MARK the offset it holds, COMPLETE its own.
 * Valid headers lead from record to record; only behind an invalid one every offset is tried.
 */
export function searchMarks(reader: RecordReader, from: number): FoundMarks {
  let marked = 0;
  let completed = 0;
  let validEnd: number | undefined;
  let at: number | undefined = from;
  while (at !== undefined && at < reader.size) {
    if (reader.read(at, false) !== 'valid') {
      validEnd ??= at;
      at = reader.nextMark(at + RECORD_ALIGNMENT);
      continue;
    }
    if (reader.kind === RecordKind.mark) marked = Math.max(marked, Math.min(reader.markOffset(), at));
    if (reader.kind === RecordKind.complete) completed = at;
    at = reader.next;
  }
  return { durable: Math.max(marked, completed), marked, validEnd: validEnd ?? at ?? from };
}
