import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFileHeader, encodeFileHeader, FILE_HEADER_BYTES, type FileHeader } from '../src/log/file-header.ts';
import { runs } from './runs.ts';

const u32: fc.Arbitrary<number> = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const header: fc.Arbitrary<FileHeader> = fc.record({
  version: u32,
  generation: u32,
  salt: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
});

test('a file header is decoded as it was encoded, with any bytes after it', () => {
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 40 }), (written, rest) => {
      const bytes = new Uint8Array([...encodeFileHeader(written), ...rest]);
      expect(decodeFileHeader(bytes)).toEqual(written);
      // Also from an offset in the buffer that is not a multiple of a word.
      expect(decodeFileHeader(new Uint8Array([0, ...bytes]).subarray(1))).toEqual(written);
    }),
    { numRuns: runs(100) },
  );
});

test('a file header is refused with any of its bytes changed', () => {
  fc.assert(
    fc.property(header, fc.integer({ min: 1, max: 255 }), (written, mask) => {
      const bytes = encodeFileHeader(written);
      for (let at = 0; at < FILE_HEADER_BYTES; at += 1) {
        const changed = bytes.slice();
        changed[at] = (changed[at] as number) ^ mask;
        expect(decodeFileHeader(changed)).toBeUndefined();
      }
    }),
    { numRuns: runs(100) },
  );
});

test('a truncated file header is refused', () => {
  fc.assert(
    fc.property(header, fc.integer({ min: 0, max: FILE_HEADER_BYTES - 1 }), (written, length) => {
      expect(decodeFileHeader(encodeFileHeader(written).subarray(0, length))).toBeUndefined();
    }),
    { numRuns: runs(100) },
  );
});

test('arbitrary bytes are not a file header', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(decodeFileHeader(bytes)).toBeUndefined();
    }),
    { numRuns: runs(100) },
  );
});
