import type { KeyIndex } from '../key-index/key-index.ts';
import type { LogFile } from '../log/log-file.ts';
import type { RecordSpan } from '../log/record-format.ts';
import { RecordReader } from '../log/record-reader.ts';
import type { StorageDirectory } from '../storage/storage-backend.ts';
import { ImageBuilder } from './image-builder.ts';
import type { ImageCoverage } from './index-image.ts';

/** The image on disk that counts. */
export interface ImageOnDisk {
  readonly generation: number;
  /** It covers the log up to here; 0 if there is no image. */
  readonly end: number;
  /** Which of the two names it has. */
  readonly which: number;
}

export const NO_IMAGE: ImageOnDisk = { generation: 0, end: 0, which: 0 };

/** So many pieces are written at once if no caller waits, 1 MiB: to hash and write them takes about a millisecond. */
export const RUN_PIECES = 64;

/** An image that is being written. */
interface Unfinished {
  readonly builder: ImageBuilder;
  readonly log: LogFile;
  readonly record: RecordSpan;
  readonly which: number;
}

/**
 * Writes images of an index, at once or in steps, and none that is on disk already.
 *
 * Invariants:
 * 1. An image gets its footer only when the log is durable up to the last record it covers.
 * 2. The image that counts keeps its file until one that is written in steps is complete: the two have different names. One
 *    that is written at once replaces it, under the first name. A closed store has one image.
 * 3. The index is complete before a file is created or removed: nothing is read from a file that is replaced.
 */
export class IndexImageWriter {
  readonly #directory: StorageDirectory;
  readonly #assertLockHeld: () => void;
  readonly #index: KeyIndex;
  readonly #namesOf: (generation: number) => readonly string[];
  #onDisk: ImageOnDisk;
  #unfinished: Unfinished | undefined;

  /** `namesOf` returns the two names that images of a generation may have. */
  constructor(
    context: { readonly directory: StorageDirectory; readonly assertLockHeld: () => void },
    index: KeyIndex,
    namesOf: (generation: number) => readonly string[],
    onDisk: ImageOnDisk,
  ) {
    this.#directory = context.directory;
    this.#assertLockHeld = context.assertLockHeld;
    this.#index = index;
    this.#namesOf = namesOf;
    this.#onDisk = onDisk;
  }

  /** Whether an image is being written. */
  get isWriting(): boolean {
    return this.#unfinished !== undefined;
  }

  /** The bytes of `log` behind the image, the one that is being written included. */
  uncovered(log: LogFile): number {
    const { generation, end } = this.#unfinished === undefined ? this.#onDisk : spanOf(this.#unfinished);
    return log.lastDataRecord.end - (generation === log.generation ? end : 0);
  }

  /** The image on disk is gone, or of no use. */
  forget(): void {
    this.#onDisk = NO_IMAGE;
  }

  /** Writes an image of the index as it is after the last record of `log`, if all of the log is durable. */
  write(log: LogFile): void {
    if (log.needsSync) return;
    if (this.uncovered(log) === 0) {
      this.removeOther(log);
      return;
    }
    this.#begin(log, 0);
    while (this.step(RUN_PIECES) > 0);
    this.finish();
  }

  /**
   * Begins to write an image of the index as it is now, after the last record of `log`, beside the one on disk. Throws what the
   * storage throws.
   */
  begin(log: LogFile): void {
    const { generation, which } = this.#onDisk;
    this.#begin(log, generation === log.generation ? 1 - which : 0);
  }

  #begin(log: LogFile, which: number): void {
    this.abandon();
    const record = log.lastDataRecord;
    const snapshot = this.#index.snapshot();
    try {
      this.#assertLockHeld();
      const name = this.#name(log, which);
      if (which === this.#onDisk.which) this.forget();
      this.#directory.remove(name);
      const builder = new ImageBuilder(this.#directory.create(name), log.salt, snapshot);
      this.#unfinished = { builder, log, record, which };
    } catch (error) {
      snapshot.end();
      throw error;
    }
  }

  /** Writes `pieces` of the image and returns how many bytes, 0 if only `finish` is left. Throws what the storage throws. */
  step(pieces: number): number {
    if (this.#unfinished === undefined) return 0;
    this.#assertLockHeld();
    return this.#unfinished.builder.step(pieces);
  }

  /** Whether the image that is being written is one of `log`. */
  isOf(log: LogFile): boolean {
    return this.#unfinished?.log === log;
  }

  /** Whether a sync has covered what the image covers. */
  get isDurable(): boolean {
    const { log, record } = this.#unfinished ?? {};
    return log !== undefined && record !== undefined && log.durable >= record.end;
  }

  /** Completes the image. Nothing is written before everything that it covers is durable. */
  finish(): void {
    const unfinished = this.#unfinished;
    if (unfinished === undefined || !this.isDurable) return;
    const { builder, log, record, which } = unfinished;
    const coverage = coverageOf(log, record);
    if (coverage === undefined || builder.isLost) {
      this.abandon();
      return;
    }
    this.#assertLockHeld();
    builder.finish(coverage);
    this.#unfinished = undefined;
    this.#onDisk = { generation: log.generation, end: record.end, which };
    builder.close();
    this.#directory.remove(this.#name(log, 1 - which));
  }

  /** Removes what a killed process has left beside the image that counts. */
  removeOther(log: LogFile): void {
    const { generation, which } = this.#onDisk;
    const other = this.#name(log, 1 - which);
    if (generation !== log.generation || !this.#directory.list().includes(other)) return;
    this.#assertLockHeld();
    this.#directory.remove(other);
  }

  /** Removes what was written of an image. Throws what the storage throws; then a file without footer is left. */
  abandon(): void {
    const unfinished = this.#unfinished;
    if (unfinished === undefined) return;
    this.#unfinished = undefined;
    unfinished.builder.close();
    this.#assertLockHeld();
    this.#directory.remove(this.#name(unfinished.log, unfinished.which));
  }

  #name({ generation }: LogFile, which: number): string {
    return this.#namesOf(generation)[which] as string;
  }
}

function spanOf({ log, record }: Unfinished): { readonly generation: number; readonly end: number } {
  return { generation: log.generation, end: record.end };
}

/** What an image up to `record` covers; `undefined` if the record cannot be found in the file. */
function coverageOf(log: LogFile, record: RecordSpan): ImageCoverage | undefined {
  const { generation, salt } = log;
  const reader = new RecordReader(log, log.written);
  if (reader.read(record.offset, false) !== 'valid') return undefined;
  return { generation, salt, record, recordChecksum: reader.headerChecksum() };
}
