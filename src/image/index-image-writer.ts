import type { KeyIndex } from '../key-index/key-index.ts';
import type { LogFile } from '../log/log-file.ts';
import { RecordReader } from '../log/record-reader.ts';
import type { StorageDirectory } from '../storage/storage-backend.ts';
import { writeImage } from './index-image.ts';

/** Writes images of an index, and none that is on disk already. */
export class IndexImageWriter {
  readonly #directory: StorageDirectory;
  readonly #assertLockHeld: () => void;
  readonly #index: KeyIndex;
  #generation: number;
  #end: number;

  /** The image of `generation` that is on disk covers its log up to `end`, 0 if there is no image. */
  constructor(
    context: { readonly directory: StorageDirectory; readonly assertLockHeld: () => void },
    index: KeyIndex,
    generation: number,
    end: number,
  ) {
    this.#directory = context.directory;
    this.#assertLockHeld = context.assertLockHeld;
    this.#index = index;
    this.#generation = generation;
    this.#end = end;
  }

  /**
   * Writes the index, as it is after the last record of `log`, to the file `name`. An image states that its log is durable:
   * none is written while a part of the log is not. Throws what storage throws; the store works without an image.
   */
  write(log: LogFile, name: string): void {
    const record = log.lastDataRecord;
    if (log.needsSync || (log.generation === this.#generation && record.end === this.#end)) return;
    const { file: logFile, salt, written, generation } = log;
    const reader = new RecordReader({ file: logFile, name: `generation ${generation}`, salt, size: written });
    if (reader.read(record.offset, false) !== 'valid') return;
    this.#assertLockHeld();
    this.#directory.remove(name);
    const file = this.#directory.create(name);
    try {
      writeImage(file, {
        coverage: { generation, salt, record, recordChecksum: reader.headerChecksum() },
        sections: this.#index.sections(),
      });
    } finally {
      file.close();
    }
    this.#generation = generation;
    this.#end = record.end;
  }
}
