import { attempt } from '../base/attempt.ts';
import { xxh32 } from '../base/xxh32.ts';
import { PIECE_WORDS, type PiecedSection } from '../key-index/index-image-sections.ts';
import type { IndexPieces } from '../key-index/index-pieces.ts';
import type { RecordSpan } from '../log/record-format.ts';
import { readFully, readFullyAsync } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';

const MAGIC = 0x0d494350;
const IMAGE_VERSION = 2;
const WORD_BYTES = 4;

/** Positions in the footer, in words. 64-bit numbers have two words, the low one first. */
const FooterWord = {
  generation: 0,
  salt: 1,
  recordOffset: 2,
  recordEnd: 4,
  recordChecksum: 6,
  arenaWords: 7,
  directoryWords: 8,
  stateWords: 9,
  tablesChecksum: 10,
  version: 11,
  magic: 12,
} as const;
const CHECKSUM_WORD: number = FooterWord.magic + 1;

/** Bytes of the footer, the last ones of an image. */
const FOOTER_BYTES: number = (CHECKSUM_WORD + 1) * WORD_BYTES;

/** The log of an image, and the last record that the index has seen. */
export interface ImageCoverage {
  readonly generation: number;
  readonly salt: number;
  readonly record: RecordSpan;
  /** The header checksum of that record: the image counts only while the log still has it. */
  readonly recordChecksum: number;
}

/** The content of the footer. */
export interface ImageFooter {
  readonly coverage: ImageCoverage;
  /** Lengths of the sections in words. */
  readonly arenaWords: number;
  readonly directoryWords: number;
  readonly stateWords: number;
  /** The checksum of the state and the table of contents together. */
  readonly tablesChecksum: number;
}

/** Where the parts of an image are, in bytes: arena, directory, state, table of contents, footer, in this order. */
interface ImageLayout {
  readonly directoryStart: number;
  readonly stateStart: number;
  /** Words of the state and of the table of contents, one for each piece, which follows it. */
  readonly tablesWords: number;
  readonly footerStart: number;
}

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
    const words = new Int32Array(FOOTER_BYTES / WORD_BYTES);
    if (fileBytes < FOOTER_BYTES || !readWords(file, words, fileBytes - FOOTER_BYTES)) return undefined;
    const footer = decodeFooter(words, log, fileBytes);
    if (footer === undefined) return undefined;
    const layout = layoutOf(footer);
    const tables = new Int32Array(layout.tablesWords);
    if (!readWords(file, tables, layout.stateStart)) return undefined;
    if (footer.tablesChecksum !== xxh32(tables, 0, tables.length, footer.coverage.salt)) return undefined;
    const state = tables.subarray(0, footer.stateWords);
    const checksums = tables.subarray(footer.stateWords);
    return new IndexImage(file, footer, layout, { state, checksums }, onCloseFailure);
  }

  /** Fills `target` with consecutive pieces. Returns false if one is damaged. Throws what the storage throws. */
  read(section: PiecedSection, piece: number, target: Int32Array): boolean {
    return readWords(this.#file, target, this.#positionOf(section, piece)) && this.#areSound(section, piece, target);
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
    return got === bytes.length && this.#areSound(section, piece, words) ? words : undefined;
  }

  #positionOf(section: PiecedSection, piece: number): number {
    return (section === 'arena' ? 0 : this.#layout.directoryStart) + piece * PIECE_WORDS * WORD_BYTES;
  }

  #areSound(section: PiecedSection, piece: number, words: Int32Array): boolean {
    let place = (section === 'arena' ? 0 : pieceCount(this.arenaWords)) + piece;
    for (let at = 0; at < words.length; at += PIECE_WORDS) {
      const length = Math.min(PIECE_WORDS, words.length - at);
      if (this.#checksums[place] !== xxh32(words, at, length, this.coverage.salt)) return false;
      place += 1;
    }
    return true;
  }
}

function layoutOf(lengths: {
  readonly arenaWords: number;
  readonly directoryWords: number;
  readonly stateWords: number;
}): ImageLayout {
  const { arenaWords, directoryWords, stateWords } = lengths;
  const tablesWords = stateWords + pieceCount(arenaWords) + pieceCount(directoryWords);
  const directoryStart = arenaWords * WORD_BYTES;
  const stateStart = directoryStart + directoryWords * WORD_BYTES;
  return { directoryStart, stateStart, tablesWords, footerStart: stateStart + tablesWords * WORD_BYTES };
}

function pieceCount(wordCount: number): number {
  return Math.ceil(wordCount / PIECE_WORDS);
}

export function encodeFooter({ coverage, ...lengths }: ImageFooter): Int32Array {
  const words = new Int32Array(CHECKSUM_WORD + 1);
  words[FooterWord.generation] = coverage.generation;
  words[FooterWord.salt] = coverage.salt;
  setNumber(words, FooterWord.recordOffset, coverage.record.offset);
  setNumber(words, FooterWord.recordEnd, coverage.record.end);
  words[FooterWord.recordChecksum] = coverage.recordChecksum;
  words[FooterWord.arenaWords] = lengths.arenaWords;
  words[FooterWord.directoryWords] = lengths.directoryWords;
  words[FooterWord.stateWords] = lengths.stateWords;
  words[FooterWord.tablesChecksum] = lengths.tablesChecksum;
  words[FooterWord.version] = IMAGE_VERSION;
  words[FooterWord.magic] = MAGIC;
  words[CHECKSUM_WORD] = xxh32(words, 0, CHECKSUM_WORD, coverage.salt);
  return words;
}

/** The footer in `words`; `undefined` if it is damaged, of another version, of another log or of a file of another length. */
function decodeFooter(
  words: Int32Array,
  log: { readonly generation: number; readonly salt: number },
  fileBytes: number,
): ImageFooter | undefined {
  if (words[FooterWord.magic] !== MAGIC || words[FooterWord.version] !== IMAGE_VERSION) return undefined;
  if ((words[FooterWord.generation] as number) >>> 0 !== log.generation || words[FooterWord.salt] !== log.salt) {
    return undefined;
  }
  if (words[CHECKSUM_WORD] !== xxh32(words, 0, CHECKSUM_WORD, log.salt)) return undefined;
  const [arenaWords, directoryWords, stateWords] = [
    words[FooterWord.arenaWords] as number,
    words[FooterWord.directoryWords] as number,
    words[FooterWord.stateWords] as number,
  ];
  const lengths = { arenaWords, directoryWords, stateWords };
  // Lengths are compared with the file before memory is allocated for them.
  if (Math.min(arenaWords, directoryWords, stateWords) < 0) return undefined;
  if (layoutOf(lengths).footerStart + FOOTER_BYTES !== fileBytes) return undefined;
  return {
    coverage: {
      generation: log.generation,
      salt: words[FooterWord.salt] as number,
      record: { offset: numberAt(words, FooterWord.recordOffset), end: numberAt(words, FooterWord.recordEnd) },
      recordChecksum: words[FooterWord.recordChecksum] as number,
    },
    ...lengths,
    tablesChecksum: words[FooterWord.tablesChecksum] as number,
  };
}

function setNumber(words: Int32Array, at: number, value: number): void {
  words[at] = value % 2 ** 32;
  words[at + 1] = Math.floor(value / 2 ** 32);
}

function numberAt(words: Int32Array, at: number): number {
  return ((words[at] as number) >>> 0) + ((words[at + 1] as number) >>> 0) * 2 ** 32;
}

/** Fills `words` from a position in bytes. Returns false if the file ends before. */
function readWords(file: StorageFile, words: Int32Array, position: number): boolean {
  const bytes = bytesOf(words);
  return readFully(file, bytes, 0, bytes.length, position) === bytes.length;
}

/** The same memory as bytes. */
export function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
