import { xxh32 } from '../base/xxh32.ts';
import type { IndexImageSections } from '../key-index/index-image-sections.ts';
import { KeyIndex } from '../key-index/key-index.ts';
import type { RecordSpan } from '../log/record-format.ts';
import { readFully, writeAll } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';

const MAGIC = 0x0d494350;
const IMAGE_VERSION = 1;
const WORD_BYTES = 4;

/** Positions in the header, in words. 64-bit numbers have two words, the low one first. */
const HeaderWord = {
  magic: 0,
  version: 1,
  generation: 2,
  salt: 3,
  recordOffset: 4,
  recordEnd: 6,
  recordChecksum: 8,
  sections: 9,
} as const;
/** For each section, its number of words and its checksum. */
const SECTION_WORDS = 2;
const SECTIONS = 3;
const CHECKSUM_WORD: number = HeaderWord.sections + SECTIONS * SECTION_WORDS;
const HEADER_WORDS: number = CHECKSUM_WORD + 1;

/** The log of an image, and the last record that the index has seen. */
export interface ImageCoverage {
  readonly generation: number;
  readonly salt: number;
  readonly record: RecordSpan;
  /** The header checksum of that record: the image counts only while the log still has it. */
  readonly recordChecksum: number;
}

export interface IndexImage {
  readonly coverage: ImageCoverage;
  readonly sections: IndexImageSections;
}

/** Writes an image into an empty file. No sync is needed: a torn image fails its checksums and is not used. */
export function writeImage(file: StorageFile, image: IndexImage): void {
  const { coverage } = image;
  const sections = sectionList(image.sections);
  const header = new Int32Array(HEADER_WORDS);
  header[HeaderWord.magic] = MAGIC;
  header[HeaderWord.version] = IMAGE_VERSION;
  header[HeaderWord.generation] = coverage.generation;
  header[HeaderWord.salt] = coverage.salt;
  setNumber(header, HeaderWord.recordOffset, coverage.record.offset);
  setNumber(header, HeaderWord.recordEnd, coverage.record.end);
  header[HeaderWord.recordChecksum] = coverage.recordChecksum;
  sections.forEach((words, i) => {
    header[HeaderWord.sections + i * SECTION_WORDS] = words.length;
    header[HeaderWord.sections + i * SECTION_WORDS + 1] = xxh32(words, 0, words.length, coverage.salt);
  });
  header[CHECKSUM_WORD] = xxh32(header, 0, CHECKSUM_WORD, coverage.salt);
  let position = 0;
  for (const words of [header, ...sections]) position = writeWords(file, words, position);
}

/** Reads the image in a file; `undefined` if it is damaged, of another version or of another log. */
export function readImage(file: StorageFile, log: { generation: number; salt: number }): IndexImage | undefined {
  const header = new Int32Array(HEADER_WORDS);
  if (
    !readWords(file, header, 0) ||
    header[HeaderWord.magic] !== MAGIC ||
    header[HeaderWord.version] !== IMAGE_VERSION
  ) {
    return undefined;
  }
  if ((header[HeaderWord.generation] as number) >>> 0 !== log.generation || header[HeaderWord.salt] !== log.salt) {
    return undefined;
  }
  if (header[CHECKSUM_WORD] !== xxh32(header, 0, CHECKSUM_WORD, log.salt)) return undefined;
  const sections = readSections(file, header, log.salt);
  if (sections === undefined) return undefined;
  return {
    coverage: {
      generation: log.generation,
      salt: log.salt,
      record: {
        offset: numberAt(header, HeaderWord.recordOffset),
        end: numberAt(header, HeaderWord.recordEnd),
      },
      recordChecksum: header[HeaderWord.recordChecksum] as number,
    },
    sections,
  };
}

function readSections(file: StorageFile, header: Int32Array, salt: number): IndexImageSections | undefined {
  const lengths = Array.from({ length: SECTIONS }, (_, i) => header[HeaderWord.sections + i * SECTION_WORDS] as number);
  const words = lengths.reduce((sum, length) => sum + length, HEADER_WORDS);
  // Lengths are compared with the file before memory is allocated for them.
  if (lengths.some((length) => length < 0) || words * WORD_BYTES !== file.size()) return undefined;
  const [stateWords, arenaWords, directoryWords] = lengths as [number, number, number];
  const sections = KeyIndex.allocateSections(stateWords, arenaWords, directoryWords);
  let position = HEADER_WORDS * WORD_BYTES;
  for (const [i, section] of sectionList(sections).entries()) {
    if (!readWords(file, section, position)) return undefined;
    const checksum = header[HeaderWord.sections + i * SECTION_WORDS + 1];
    if (checksum !== xxh32(section, 0, section.length, salt)) return undefined;
    position += section.length * WORD_BYTES;
  }
  return sections;
}

function sectionList(sections: IndexImageSections): readonly Int32Array[] {
  return [sections.state, sections.arena, sections.directory];
}

function setNumber(words: Int32Array, at: number, value: number): void {
  words[at] = value % 2 ** 32;
  words[at + 1] = Math.floor(value / 2 ** 32);
}

function numberAt(words: Int32Array, at: number): number {
  return ((words[at] as number) >>> 0) + ((words[at + 1] as number) >>> 0) * 2 ** 32;
}

function writeWords(file: StorageFile, words: Int32Array, position: number): number {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  writeAll(file, bytes, 0, bytes.length, position);
  return position + bytes.length;
}

/** Fills `words` from the file. Returns false if the file ends before. */
function readWords(file: StorageFile, words: Int32Array, position: number): boolean {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  return readFully(file, bytes, 0, bytes.length, position) === bytes.length;
}
