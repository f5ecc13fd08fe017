import { attempt } from '../base/attempt.ts';
import { xxh32 } from '../base/xxh32.ts';
import { type IndexPieces, PIECE_WORDS, type PiecedSection } from '../key-index/index-image-sections.ts';
import { readFullyAsync } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import {
  decodeFooter,
  FOOTER_BYTES,
  type ImageCoverage,
  type ImageLayout,
  layoutOf,
  pieceCount,
} from './image-footer.ts';
import { bytesOf, readWords } from './word-transfer.ts';

const PIECE_BYTES: number = PIECE_WORDS * Int32Array.BYTES_PER_ELEMENT;

/**
 * An index image, open for reading. Opening it reads the footer, the state and the table of contents; the pieces are read
 * when they are needed, each with a checksum of its own.
 *
 * Invariants:
 * 1. The file is open until `close`. It may be removed, truncated or replaced meanwhile: a piece that is not as it was written
 *    fails its checksum.
 * 2. A piece that `read` returns `true` for is as it was written.
 */
export class IndexImage implements IndexPieces {
  readonly coverage: ImageCoverage;
  readonly state: Int32Array;
  readonly arenaWords: number;
  readonly directoryWords: number;
  readonly readAsync: IndexPieces['readAsync'];
  readonly #file: StorageFile;
  readonly #layout: ImageLayout;
  /** The checksums of the pieces: those of the arena, then those of the directory. */
  readonly #checksums: Int32Array;
  readonly #onCloseFailure: (error: unknown) => void;

  private constructor(
    file: StorageFile,
    footer: { readonly coverage: ImageCoverage; readonly arenaWords: number; readonly directoryWords: number },
    layout: ImageLayout,
    tables: { readonly state: Int32Array; readonly checksums: Int32Array },
    onCloseFailure: (error: unknown) => void,
  ) {
    this.coverage = footer.coverage;
    this.arenaWords = footer.arenaWords;
    this.directoryWords = footer.directoryWords;
    this.state = tables.state;
    this.#file = file;
    this.#layout = layout;
    this.#checksums = tables.checksums;
    this.#onCloseFailure = onCloseFailure;
    if (file.readAsync !== undefined) this.readAsync = (...place) => this.#readAsync(...place);
  }

  /** Opens the image in a file; `undefined` if it is damaged, of another version or of another log. */
  static open(
    file: StorageFile,
    log: { readonly generation: number; readonly salt: number },
    onCloseFailure: (error: unknown) => void,
  ): IndexImage | undefined {
    const fileBytes = file.size();
    const words = new Int32Array(FOOTER_BYTES / Int32Array.BYTES_PER_ELEMENT);
    if (fileBytes < FOOTER_BYTES || !readWords(file, words, fileBytes - FOOTER_BYTES)) return undefined;
    const footer = decodeFooter(words, log, fileBytes);
    if (footer === undefined) return undefined;
    const layout = layoutOf(footer);
    const tables = new Int32Array(layout.tablesWords);
    if (!readWords(file, tables, layout.stateStart)) return undefined;
    if (footer.tablesChecksum !== xxh32(tables, 0, tables.length, log.salt)) return undefined;
    const state = tables.subarray(0, footer.stateWords);
    const checksums = tables.subarray(footer.stateWords);
    return new IndexImage(file, footer, layout, { state, checksums }, onCloseFailure);
  }

  /** Fills `target` with a piece. Returns false if the piece is damaged. Throws what the storage throws. */
  read(section: PiecedSection, piece: number, target: Int32Array): boolean {
    return readWords(this.#file, target, this.#positionOf(section, piece)) && this.#isSound(section, piece, target);
  }

  /** Ends reading; the file is closed after the reads that are under way. */
  close(): void {
    attempt(() => this.#file.close(), this.#onCloseFailure);
  }

  async #readAsync(section: PiecedSection, piece: number, count: number): Promise<Int32Array | undefined> {
    const sectionWords = section === 'arena' ? this.arenaWords : this.directoryWords;
    // Not into the memory of the index: it may be resized while the platform writes to it.
    const words = new Int32Array(Math.min(count * PIECE_WORDS, sectionWords - piece * PIECE_WORDS));
    const bytes = bytesOf(words);
    const got = await readFullyAsync(this.#file, bytes, bytes.length, this.#positionOf(section, piece));
    if (got < bytes.length) return undefined;
    for (let i = 0; i < count; i += 1) {
      const one = words.subarray(i * PIECE_WORDS, (i + 1) * PIECE_WORDS);
      if (!this.#isSound(section, piece + i, one)) return undefined;
    }
    return words;
  }

  #positionOf(section: PiecedSection, piece: number): number {
    return (section === 'arena' ? 0 : this.#layout.directoryStart) + piece * PIECE_BYTES;
  }

  #isSound(section: PiecedSection, piece: number, words: Int32Array): boolean {
    const place = (section === 'arena' ? 0 : pieceCount(this.arenaWords)) + piece;
    return this.#checksums[place] === xxh32(words, 0, words.length, this.coverage.salt);
  }
}
