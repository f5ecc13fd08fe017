import { guardedHandler } from '../base/guarded-handler.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { FILE_HEADER_BYTES } from '../log/file-header.ts';
import type { LogFile } from '../log/log-file.ts';
import { RECORD_ALIGNMENT, RecordKind } from '../log/record-format.ts';
import { RecordReader, type Verdict } from '../log/record-reader.ts';
import type { Progress } from './compaction.ts';
import { isOf, offsetOf } from './generations.ts';
import type { DamagedRun } from './recovery/recovery-report.ts';

/** The bytes between two reports of progress. */
const PROGRESS_BYTES: number = 1024 * 1024;

/** What `verify` found when it read every record of the log. */
export interface VerifyReport {
  /** Number of records read. */
  readonly records: number;
  /** Bytes of the log that were read. */
  readonly bytes: number;
  /** Number of entries in the index. */
  readonly entries: number;
  /** Number of entries whose record is damaged: `get` would miss them. */
  readonly entriesDamaged: number;
  /** Damaged ranges of the log, also those of dead records. */
  readonly damaged: readonly DamagedRun[];
  /** Whether nothing is damaged. */
  readonly ok: boolean;
}

/** Reads and checks every record of the logs in their files, and checks that every entry of the index has one. */
export function verifyLogs(
  logs: readonly LogFile[],
  index: KeyIndex,
  onProgress?: (progress: Progress) => void,
): VerifyReport {
  const report = guardedHandler('onProgress', onProgress);
  const totalBytes = logs.reduce((sum, log) => sum + log.written, 0);
  const damaged: DamagedRun[] = [];
  let bytes = 0;
  let records = 0;
  let sound = 0;
  for (const log of logs) {
    const verification = new LogVerification(log, index);
    verification.run((done) => report({ doneBytes: bytes + done, totalBytes }));
    damaged.push(...verification.damaged);
    bytes += log.written;
    records += verification.records;
    sound += verification.entriesSound;
  }
  report({ doneBytes: totalBytes, totalBytes });
  const entriesDamaged = index.size - sound;
  const ok = damaged.length === 0 && entriesDamaged === 0;
  return { records, bytes: totalBytes, entries: index.size, entriesDamaged, damaged, ok };
}

/** The records of one log. */
class LogVerification {
  readonly #log: LogFile;
  readonly #index: KeyIndex;
  readonly #reader: RecordReader;
  readonly damaged: DamagedRun[] = [];
  records = 0;
  entriesSound = 0;

  constructor(log: LogFile, index: KeyIndex) {
    this.#log = log;
    this.#index = index;
    this.#reader = new RecordReader(log, log.written);
  }

  run(onProgress: (doneBytes: number) => void): void {
    let at = FILE_HEADER_BYTES;
    let reported = 0;
    for (let verdict = this.#reader.read(at); verdict !== 'end'; verdict = this.#reader.read(at)) {
      at = this.#judge(at, verdict);
      if (at - reported < PROGRESS_BYTES) continue;
      onProgress(at);
      reported = at;
    }
  }

  #judge(at: number, verdict: Verdict): number {
    const reader = this.#reader;
    let next: number;
    if (verdict === 'bad-header') {
      next = reader.nextHeader(at + RECORD_ALIGNMENT) ?? reader.size;
    } else {
      this.records += 1;
      next = Math.min(reader.next, reader.size);
      if (verdict === 'valid' && this.#isLive(at)) this.entriesSound += 1;
    }
    if (verdict !== 'valid') this.damaged.push({ from: at, to: next });
    return next;
  }

  #isLive(at: number): boolean {
    const { kind, memory, keyStart, keyEnd } = this.#reader;
    if (kind !== RecordKind.put) return false;
    const node = this.#index.find(memory.bytes, keyStart, keyEnd);
    if (node === 0) return false;
    const location = this.#index.location(node);
    return offsetOf(location) === at && isOf(this.#log.generation, location);
  }
}
