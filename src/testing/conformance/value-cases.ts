import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { type BytesSource, bytesFrom, noise, utf8 } from './samples.ts';

const asBytes = 'Values are bytes: store them as binary; do not decode, trim or interpret them.';
const lengthsMax = 40;
const boundaries: readonly number[] = [64, 128, 256, 4_096, 16_384, 65_536, 409_600];

/** A value comes back byte for byte, whatever it contains. */
export const valueCases: readonly ConformanceCase[] = [
  {
    name: 'values of all short lengths, and around powers of two, come back',
    advice: 'Keep the length of a value in 32 bits, and store single bytes, not larger units: the length may be odd.',
    run: (subject) => expectValues(subject, [...shortLengths(), ...boundaries.flatMap(around)].map(noise)),
  },
  comesBack('values that begin or end in zeros, white space or line ends', [
    ...['\0', '\0\0', '\0a', 'a\0', 'a\0\0', 'a\0b', '\0\0\0\0\0\0\0\0a\0\0\0\0\0\0\0\0', ' ', ' a', 'a ', 'a  '],
    ...['\n', '\na', 'a\n', 'a\n\n', 'a\r\n', 'a\r\nb', 'a\rb', 'a\nb', '\ta\t', 'a\x1ab', 'a\x04'],
  ]),
  comesBack('values that are not UTF-8', [
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
    ...[[0xff], [0x80], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xff, 0xfe, 0x61, 0], [0xe9]],
    ...['\ufffd', '\ufeffa', '\ufeff', 'é', 'e\u0301', '\u{1f600}'],
  ]),
  comesBack('values that look like something else', [
    ...['null', 'undefined', 'true', '0', '1.0', '""', '"a"', '{}', '[]', '{"a":1}', '{ "a": 1 }', '7n'],
    ...['\\x61', '\\n', '61', 'YQ==', '%61', "'", "''", 'plumless', 'buckeroo'],
    // The first bytes of gzip, zlib, zstd and LZ4.
    ...[
      [0x1f, 0x8b, 8, 0, 0],
      [0x78, 0x9c, 3, 0],
      [0x28, 0xb5, 0x2f, 0xfd],
      [4, 0x22, 0x4d, 0x18],
    ],
  ]),
];

function shortLengths(): number[] {
  return Array.from({ length: lengthsMax }, (_, length) => length);
}

function around(length: number): number[] {
  return [length - 1, length, length + 1];
}

function comesBack(what: string, sources: readonly BytesSource[]): ConformanceCase {
  const values = sources.map(bytesFrom);
  return { name: `${what} come back`, advice: asBytes, run: (subject) => expectValues(subject, values) };
}

async function expectValues(subject: CacheUnderTest, values: readonly Uint8Array[]): Promise<void> {
  for (const [index, value] of values.entries()) await subject.put(utf8(`order:${index}`), value);
  for (const [index, value] of values.entries()) await subject.expectEntry(utf8(`order:${index}`), value);
}
