import { xxh32 } from '../base/xxh32.ts';
import type { IndexImageSections } from '../key-index/index-image-sections.ts';
import { PIECE_WORDS } from '../key-index/index-pieces.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import type { LogFile } from '../log/log-file.ts';
import { RecordReader } from '../log/record-reader.ts';
import { writeAll } from '../storage/file-transfer.ts';
import type { StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import { bytesOf, encodeFooter, type ImageCoverage, pieceCount } from './index-image.ts';

/** So many words are written at once, 1 MiB. */
const RUN_WORDS: number = 64 * PIECE_WORDS;

/** The image on disk. */
export interface ImageOnDisk {
  /** The generation of its log. */
  readonly generation: number;
  /** It covers the log up to here; 0 if there is no image. */
  readonly end: number;
}

/** Writes images of an index, and none that is on disk already. */
export class IndexImageWriter {
  readonly #directory: StorageDirectory;
  readonly #assertLockHeld: () => void;
  readonly #index: KeyIndex;
  #onDisk: ImageOnDisk;

  constructor(
    context: { readonly directory: StorageDirectory; readonly assertLockHeld: () => void },
    index: KeyIndex,
    onDisk: ImageOnDisk,
  ) {
    this.#directory = context.directory;
    this.#assertLockHeld = context.assertLockHeld;
    this.#index = index;
    this.#onDisk = onDisk;
  }

  /** The image on disk is gone, or of no use. */
  forget(): void {
    this.#onDisk = { generation: 0, end: 0 };
  }

  /**
   * Writes the index, as it is after the last record of `log`, to the file `name`. An image states that its log is durable:
   * none is written while a part of the log is not. Throws what storage throws; the store works without an image.
   */
  write(log: LogFile, name: string): void {
    const record = log.lastDataRecord;
    if (log.needsSync || (log.generation === this.#onDisk.generation && record.end === this.#onDisk.end)) return;
    const { file: logFile, salt, written, generation } = log;
    const reader = new RecordReader({ file: logFile, name: `generation ${generation}`, salt, size: written });
    if (reader.read(record.offset, false) !== 'valid') return;
    // Before the old image is removed: the index may still read from it.
    const sections = this.#index.sections();
    this.#assertLockHeld();
    this.forget();
    this.#directory.remove(name);
    const file = this.#directory.create(name);
    try {
      writeImage(file, { generation, salt, record, recordChecksum: reader.headerChecksum() }, sections);
    } finally {
      file.close();
    }
    this.#onDisk = { generation, end: record.end };
  }
}

/** Writes an image into an empty file. No sync is needed: a torn image fails its checksums and is not used. */
export function writeImage(file: StorageFile, coverage: ImageCoverage, sections: IndexImageSections): void {
  const { state, arena, directory } = sections;
  const tables = new Int32Array(state.length + pieceCount(arena.length) + pieceCount(directory.length));
  tables.set(state);
  let position = 0;
  let at = state.length;
  for (const section of [arena, directory]) {
    for (let start = 0; start < section.length; start += RUN_WORDS) {
      const run = section.subarray(start, start + RUN_WORDS);
      for (let inRun = 0; inRun < run.length; inRun += PIECE_WORDS) {
        tables[at] = xxh32(run, inRun, Math.min(PIECE_WORDS, run.length - inRun), coverage.salt);
        at += 1;
      }
      position = writeWords(file, run, position);
    }
  }
  position = writeWords(file, tables, position);
  const footer = encodeFooter({
    coverage,
    arenaWords: arena.length,
    directoryWords: directory.length,
    stateWords: state.length,
    tablesChecksum: xxh32(tables, 0, tables.length, coverage.salt),
  });
  writeWords(file, footer, position);
}

/** Writes words at a position in bytes and returns the position after them. */
function writeWords(file: StorageFile, words: Int32Array, position: number): number {
  const bytes = bytesOf(words);
  writeAll(file, bytes, 0, bytes.length, position);
  return position + bytes.length;
}
