import { prefixSuccessor } from '../base/prefix-successor.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { FILE_HEADER_BYTES } from '../log/file-header.ts';
import type { RecordSpan } from '../log/record-format.ts';
import { FLAG_BATCH_MEMBER, RecordKind } from '../log/record-format.ts';
import type { RecordReader, Verdict } from '../log/record-reader.ts';
import { locationOf, unitsOf } from './location.ts';
import type { DamagedRun } from './recovery-report.ts';

/**
 * Replays a log into the index and judges what it cannot read, as docs/durability.md derives it.
 *
 * At an invalid record the question is whether a sync had made it durable. A later mark that says so makes it *damage*;
 * else it is a *torn tail*, which a crash leaves, and the log ends there. A damaged body loses its own entry. A damaged
 * head hides an unknown operation, perhaps a deletion, so everything older is forgotten. A batch counts whole or not at
 * all, but for members whose bodies are damaged.
 */
export class LogReplay {
  readonly #reader: RecordReader;
  readonly #index: KeyIndex;
  readonly #generation: number;
  /** Offset below which everything is known to have been durable; sought only when something is found invalid. */
  #claim: number;
  #claimComplete = false;
  records = 0;
  entriesLost = 0;
  forgotten = false;
  readonly damaged: DamagedRun[] = [];
  /** The last record that is not a mark. */
  content: RecordSpan;
  /** Where the readable log ends; what lies beyond is a torn tail. */
  end: number;

  /**
   * `claim`: everything below is known to have been durable, 0 where nothing is. `covered`: the last record that `index`
   * has seen; without it the index is empty and the log is replayed from its first record.
   */
  constructor(reader: RecordReader, index: KeyIndex, generation: number, claim: number, covered?: RecordSpan) {
    this.#reader = reader;
    this.#index = index;
    this.#generation = generation;
    this.#claim = claim;
    this.content = covered ?? { offset: 0, end: FILE_HEADER_BYTES };
    this.end = this.content.end;
  }

  /** Everything below is known to have been durable. */
  get claim(): number {
    return this.#claim;
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
    // The log was cut short below what was durable: what is missing may have been deletions.
    if (at < this.#claim) {
      this.#forget();
      this.damaged.push({ from: at, to: at });
    }
  }

  /** Handles what lies at `at` and returns where to go on; `undefined` where the log ends at `at`. */
  #step(at: number, verdict: Verdict): number | undefined {
    const reader = this.#reader;
    if (verdict === 'bad-header') return this.#wasDurable(at) ? this.#skipDamage(at, at) : undefined;
    if (verdict === 'bad-body') {
      const { next } = reader;
      if (!this.#wasDurable(at)) return undefined;
      this.#reader.read(at, false);
      this.#loseEntry(at);
      return Math.min(next, reader.size);
    }
    if (reader.kind === RecordKind.batch) return this.#batch(at);
    // A member whose batch head was lost to damage: the batch is dropped.
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
        this.#claim = Math.max(this.#claim, Math.min(reader.markOffset(), offset));
        return;
      case RecordKind.complete:
        this.#claim = Math.max(this.#claim, offset);
        break;
    }
    this.content = { offset, end: reader.next };
  }

  #batch(at: number): number | undefined {
    const start = this.#reader.next;
    const { records, bytes } = this.#reader.batchExtent();
    const end = start + bytes;
    const invalid = this.#firstInvalidMember(start, end, records);
    if (invalid !== undefined && !this.#wasDurable(invalid.at)) return undefined;
    if (invalid?.verdict === 'bad-header')
      return this.#skipDamage(at, Math.max(invalid.at, Math.min(end, this.#reader.size)));
    for (let member = start; member < end; member = this.#reader.next) {
      if (this.#reader.read(member) === 'valid') this.#apply(member);
      else this.#loseEntry(member);
    }
    return end;
  }

  /** The first member that is not as written; a bad head, where there is one, before any bad body. */
  #firstInvalidMember(start: number, end: number, records: number): { at: number; verdict: Verdict } | undefined {
    let first: { at: number; verdict: Verdict } | undefined;
    let count = 0;
    let at = start;
    while (at < end) {
      let verdict = this.#reader.read(at);
      const isMember = this.#reader.kind === RecordKind.put && this.#reader.flags === FLAG_BATCH_MEMBER;
      if (verdict === 'end' || ((verdict === 'valid' || verdict === 'bad-body') && !isMember)) verdict = 'bad-header';
      if (verdict === 'bad-body' && this.#reader.next > this.#reader.size) verdict = 'bad-header';
      if (verdict === 'bad-header') return { at, verdict };
      if (verdict === 'bad-body') first ??= { at, verdict };
      count += 1;
      at = this.#reader.next;
    }
    return at === end && count === records ? first : { at: start, verdict: 'bad-header' };
  }

  /** Forgets what is older than a damaged head and finds the record to go on with, from `from` on. */
  #skipDamage(at: number, from: number): number {
    this.#forget();
    const next = this.#reader.nextHeader(Math.max(from, at + 8)) ?? this.#reader.size;
    this.damaged.push({ from: at, to: next });
    return next;
  }

  #forget(): void {
    this.#index.clear();
    this.forgotten = true;
  }

  /** The body under this head is lost: so is what the key held before. The reader stands at the record. */
  #loseEntry(offset: number): void {
    const reader = this.#reader;
    this.#index.remove(reader.memory.bytes, reader.keyStart, reader.keyEnd);
    this.entriesLost += 1;
    this.damaged.push({ from: offset, to: Math.min(reader.next, reader.size) });
  }

  #wasDurable(offset: number): boolean {
    if (offset < this.#claim) return true;
    if (!this.#claimComplete) {
      this.#claim = Math.max(this.#claim, lastMarkedOffset(this.#reader, offset));
      this.#claimComplete = true;
    }
    return offset < this.#claim;
  }
}

/**
 * The highest offset that a record from `from` on calls durable, 0 without one: a MARK says so of its offset, COMPLETE of
 * everything before it.
 */
export function lastMarkedOffset(reader: RecordReader, from: number): number {
  let claim = 0;
  for (let at = reader.nextMark(from); at !== undefined; at = reader.nextMark(reader.next)) {
    claim = Math.max(claim, reader.kind === RecordKind.mark ? Math.min(reader.markOffset(), at) : at);
  }
  return claim;
}
