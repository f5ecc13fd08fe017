import type { BrokenEngine } from './engine-source.ts';

/** Faults that damaged files bring to light. */
export const BROKEN_FOR_CORRUPTION: readonly BrokenEngine[] = [
  {
    fault: 'the checksum of a head is not checked when a body is read',
    edits: [
      {
        file: 'log/body-reader.ts',
        find: '!headValid(words, word, this.#log.salt, offset) || !bodyValid(words, word)',
        replace: '!bodyValid(words, word)',
      },
    ],
  },
  {
    fault: 'the checksum of a head is not checked in recovery',
    edits: [
      {
        file: 'log/record-reader.ts',
        find: 'if (!headValid(words, word, this.#salt, offset)) return false;',
        replace: '',
      },
    ],
  },
  {
    fault: 'the checksum of a body is not checked when it is read',
    edits: [{ file: 'log/body-reader.ts', find: ' || !bodyValid(words, word)', replace: '' }],
  },
  {
    fault: 'the key is not compared when a body is read',
    edits: [
      {
        file: 'log/body-reader.ts',
        find: 'return holdsKey(bytes, at + HEAD_BYTES, key);',
        replace: 'return true;',
      },
    ],
  },
  {
    fault: 'the checksum of a file header is not checked',
    edits: [
      {
        file: 'log/file-header.ts',
        find: 'if (words[CHECKSUM_WORD] !== xxh32(words, 0, CHECKSUM_WORD, 0)) return undefined;',
        replace: '',
      },
    ],
  },
  {
    fault: 'the checksums of the sections of an image are not checked',
    edits: [
      {
        file: 'image/index-image.ts',
        find: 'if (checksum !== xxh32(section, 0, section.length, salt)) return undefined;',
        replace: '',
      },
    ],
  },
  {
    fault: 'an image is taken whatever log it is of',
    edits: [
      { file: 'image/index-image.ts', find: ' || header[HeaderWord.salt] !== log.salt', replace: '' },
      {
        file: 'image/index-image.ts',
        find: 'header[CHECKSUM_WORD] !== xxh32(header, 0, CHECKSUM_WORD, log.salt)',
        replace: 'header[CHECKSUM_WORD] !== xxh32(header, 0, CHECKSUM_WORD, header[HeaderWord.salt] as number)',
      },
      {
        file: 'image/index-image.ts',
        find: 'readSections(file, header, log.salt)',
        replace: 'readSections(file, header, header[HeaderWord.salt] as number)',
      },
      { file: 'store/image-loading.ts', find: 'if (!held) ', replace: 'if (false) ' },
    ],
  },
  {
    fault: 'the last record of an image is not looked for in its log',
    edits: [{ file: 'store/image-loading.ts', find: 'if (!held) ', replace: 'if (false) ' }],
  },
  {
    fault: 'a damaged head costs nothing that is older',
    edits: [
      {
        file: 'store/recovery/log-replay.ts',
        find: 'this.#forget();\n    const next = this.#reader.nextHead(',
        replace: 'const next = this.#reader.nextHead(',
      },
    ],
  },
  {
    fault: 'a damaged body costs nothing that is older',
    edits: [
      {
        file: 'store/recovery/log-replay.ts',
        find: 'this.#index.remove(reader.memory.bytes, reader.keyStart, reader.keyEnd);\n    this.entriesLost += 1;',
        replace: 'this.entriesLost += 1;',
      },
    ],
  },
  {
    fault: 'damage below a mark passes for a torn tail',
    edits: [
      {
        file: 'store/recovery/log-replay.ts',
        find: 'if (offset < this.#durable) return true;',
        replace: 'return false;',
      },
    ],
  },
  {
    fault: 'a log that ends below what was durable is taken as it is',
    edits: [{ file: 'store/recovery/log-replay.ts', find: 'if (at < this.#durable) {', replace: 'if (false) {' }],
  },
  {
    fault: 'memory is taken for a length that was not verified',
    edits: [
      {
        file: 'log/record-reader.ts',
        find: 'const headBytes = HEAD_BYTES + keyAreaBytes(keyLength);',
        replace:
          'const headBytes = HEAD_BYTES + keyAreaBytes(keyLength); this.#hold(offset, recordBytes(keyLength, bodyLengthAt(this.#memory.words, word)));',
      },
    ],
  },
];
