import { StoreError } from '../../base/store-error.ts';
import { FILE_HEADER_BYTES } from '../../log/file-header.ts';
import type { LogFile } from '../../log/log-file.ts';
import { deletionOf, relocateRecord } from '../../log/record-codec.ts';
import { RecordKind } from '../../log/record-format.ts';
import { RecordReader } from '../../log/record-reader.ts';
import type { BackupSource } from './backup-source.ts';

/** The write buffer of the copy. */
const WRITE_BYTES: number = 256 * 1024;

/**
 * Copies the records of a log into an empty one and verifies each. MARK, COMPLETE and BATCH stay behind: the copy
 * counts as a whole or not at all, so members of batches become plain records.
 */
export class LogCopy {
  readonly #source: BackupSource;
  readonly #target: LogFile;
  readonly #reader: RecordReader;
  #cursor: number = FILE_HEADER_BYTES;
  /** Number of records copied. */
  records = 0;
  /** Number of records with a damaged body. */
  recordsDamaged = 0;

  constructor(source: BackupSource, target: LogFile) {
    this.#source = source;
    this.#target = target;
    this.#reader = new RecordReader(source, source.end);
  }

  /** The bytes of the source that were processed. */
  get doneBytes(): number {
    return this.#cursor;
  }

  get isDone(): boolean {
    return this.#cursor >= this.#source.end;
  }

  /** Copies about `bytes` of the log. Throws `IO`, and `CORRUPT` for damage that may hide a deletion. */
  step(bytes: number): void {
    const until = this.#cursor + bytes;
    while (this.#cursor < until && !this.isDone) {
      this.#cursor = this.#copy(this.#cursor);
      if (this.#target.unwritten >= WRITE_BYTES) this.#target.flush();
    }
  }

  /** Copies the record at `at` and returns the offset of the next. */
  #copy(at: number): number {
    const reader = this.#reader;
    const verdict = reader.read(at);
    if (verdict === 'valid') {
      if (isMutation(reader.kind)) this.#append();
      return reader.next;
    }
    this.#source.assertIntact();
    if (verdict !== 'bad-body') throw hiddenRecord(at);
    // An older record of the key has been copied perhaps: it must not come back.
    this.#target.append(deletionOf(reader.key()));
    this.recordsDamaged += 1;
    return Math.min(reader.next, reader.size);
  }

  #append(): void {
    const { memory, at, recordBytes } = this.#reader;
    relocateRecord(memory, at, 0, this.#target.salt, this.#target.end);
    this.#target.appendEncoded(memory.bytes, at, recordBytes);
    this.records += 1;
  }
}

function isMutation(kind: number): boolean {
  return kind === RecordKind.put || kind === RecordKind.delete || kind === RecordKind.deletePrefix;
}

function hiddenRecord(at: number): StoreError {
  return new StoreError(
    'CORRUPT',
    `the log is damaged at offset ${at}, where a deletion may be lost: let its writer call compact() and back up again`,
  );
}
