import { writeImage } from '../image/index-image.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import type { LogFile } from '../log/log-file.ts';
import { RecordReader } from '../log/record-reader.ts';
import type { StorageDirectory } from '../storage/storage-backend.ts';
import { imageName } from './generation-files.ts';
import type { StoreContext } from './store-context.ts';

/** Writes images of the index and knows what the one on disk covers, so that none is written twice. */
export class ImageKeeper {
  readonly #directory: StorageDirectory;
  readonly #assertLockHeld: () => void;
  readonly #index: KeyIndex;
  #generation: number;
  #end: number;

  /** `end`: where the image of `generation` on disk covers its log to, 0 without one. */
  constructor(context: StoreContext, index: KeyIndex, generation: number, end: number) {
    this.#directory = context.directory;
    this.#assertLockHeld = context.assertLockHeld;
    this.#index = index;
    this.#generation = generation;
    this.#end = end;
  }

  /**
   * Writes the image of the index as it stands after the last record of `log`. All of the log must be durable, as an
   * image states so; where it is not, none is written.
   */
  write(log: LogFile): void {
    const record = log.content;
    if (log.needsSync || (log.generation === this.#generation && record.end === this.#end)) return;
    const { file: logFile, salt, written, generation } = log;
    const reader = new RecordReader({ file: logFile, name: `generation ${generation}`, salt, size: written });
    if (reader.read(record.offset, false) !== 'valid') return;
    this.#assertLockHeld();
    const name = imageName(generation);
    this.#directory.remove(name);
    const file = this.#directory.create(name);
    try {
      writeImage(file, {
        coverage: { generation, salt, record, recordChecksum: reader.headChecksum() },
        sections: this.#index.sections(),
      });
    } finally {
      file.close();
    }
    this.#generation = generation;
    this.#end = record.end;
  }
}
