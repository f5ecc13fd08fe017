import { xxh32 } from '../base/xxh32.ts';
import { PIECE_WORDS } from '../key-index/index-image-sections.ts';
import type { RecordSpan } from '../log/record-format.ts';

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
export const FOOTER_BYTES: number = (CHECKSUM_WORD + 1) * WORD_BYTES;

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
export interface ImageLayout {
  readonly directoryStart: number;
  readonly stateStart: number;
  /** Words of the state and of the table of contents, one for each piece, which follows it. */
  readonly tablesWords: number;
  readonly footerStart: number;
}

export function layoutOf(lengths: {
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

export function pieceCount(wordCount: number): number {
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
export function decodeFooter(
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
      salt: log.salt,
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
