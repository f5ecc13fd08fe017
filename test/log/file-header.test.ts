import { expect, test } from 'vitest';
import { xxh32 } from '../../src/base/xxh32.ts';
import { decodeFileHeader, encodeFileHeader, FILE_HEADER_BYTES } from '../../src/log/file-header.ts';

test('a file header has the documented layout', () => {
  const bytes = encodeFileHeader({ version: 1, generation: 0xfffffffe, salt: -2 });
  expect(bytes.length).toBe(FILE_HEADER_BYTES);
  expect(Buffer.from(bytes).toString('hex').slice(0, 40)).toBe('8950434c0d0a1a0a01000000fefffffffeffffff');
  expect(decodeFileHeader(bytes)).toEqual({ version: 1, generation: 0xfffffffe, salt: -2 });
});

test('of a header of a later version the version can be read', () => {
  const bytes = encodeFileHeader({ version: 9, generation: 3, salt: 7 });
  expect(decodeFileHeader(bytes)?.version).toBe(9);
});

test('an invalid header is refused', () => {
  expect(decodeFileHeader(new Uint8Array(0))).toBeUndefined();
  expect(decodeFileHeader(new Uint8Array(FILE_HEADER_BYTES))).toBeUndefined();
});

test('another kind of file is refused by its first bytes, even if the checksum is right', () => {
  for (let at = 0; at < 8; at += 1) {
    const bytes = encodeFileHeader({ version: 1, generation: 3, salt: 7 });
    bytes[at] = (bytes[at] as number) ^ 1;
    const words = new Int32Array(bytes.buffer);
    words[words.length - 1] = xxh32(words, 0, words.length - 1, 0);
    expect(decodeFileHeader(bytes)).toBeUndefined();
  }
});
