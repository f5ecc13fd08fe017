import { xxh32 } from '../base/xxh32.ts';
import { PIECE_WORDS } from '../key-index/index-image-sections.ts';
import type { IndexSnapshot } from '../key-index/index-snapshot.ts';
import { writeAll } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import { bytesOf, encodeFooter, type ImageCoverage } from './index-image.ts';

/**
 * Writes an image into an empty file, run by run, while the index changes. No sync is needed: the footer is written last, and a
 * piece that is not as it was written fails its checksum.
 */
export class ImageBuilder {
  readonly #file: StorageFile;
  readonly #salt: number;
  readonly #snapshot: IndexSnapshot;
  readonly #checksums: number[] = [];
  #position = 0;

  constructor(file: StorageFile, salt: number, snapshot: IndexSnapshot) {
    this.#file = file;
    this.#salt = salt;
    this.#snapshot = snapshot;
  }

  /** Whether the index was cleared meanwhile, so that the image cannot be completed. */
  get isLost(): boolean {
    return this.#snapshot.isLost;
  }

  /** Writes the next pieces. Returns the bytes written, 0 if all pieces are written. Throws what the storage throws. */
  step(pieces: number): number {
    const run = this.#snapshot.take(pieces);
    if (run === undefined) return 0;
    for (let at = 0; at < run.length; at += PIECE_WORDS) {
      this.#checksums.push(xxh32(run, at, Math.min(PIECE_WORDS, run.length - at), this.#salt));
    }
    this.#write(run);
    return run.byteLength;
  }

  /** Completes the image after the last step. Everything that it covers must be durable. */
  finish(coverage: ImageCoverage): void {
    const { state, arena, directory } = this.#snapshot;
    const tables = new Int32Array(state.length + this.#checksums.length);
    tables.set(state);
    tables.set(this.#checksums, state.length);
    this.#write(tables);
    const footer = encodeFooter({
      coverage,
      arenaWords: arena.length,
      directoryWords: directory.length,
      stateWords: state.length,
      tablesChecksum: xxh32(tables, 0, tables.length, this.#salt),
    });
    this.#write(footer);
  }

  /** Ends the snapshot and closes the file. */
  close(): void {
    this.#snapshot.end();
    this.#file.close();
  }

  #write(words: Int32Array): void {
    const bytes = bytesOf(words);
    writeAll(this.#file, bytes, 0, bytes.length, this.#position);
    this.#position += bytes.length;
  }
}
