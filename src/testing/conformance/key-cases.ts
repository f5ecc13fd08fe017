import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { type BytesSource, bytesFrom, noise, utf8 } from './samples.ts';

const asBytes = 'Keys are bytes: store and compare them as bytes (BLOB, bytea), or write them as hexadecimal text.';
const asNames = 'Encode keys, such as in hexadecimal, before they become file names, paths, addresses or statements.';
const inFull =
  'Keep the whole key: where it is too long for an index, index its SHA-256. A shorter hash has collisions.';

const lengths: readonly number[] = [17, 33, 65, 129, 256, 513, 1_025, 4_097, 65_535];

/** Keys that are similar in some way, and still are different keys. */
export const keyCases: readonly ConformanceCase[] = [
  different('keys with a common start', asBytes, ['', 'u', 'user', 'user:1', 'user:10', 'user:100', 'user:2']),
  different(
    'all keys of one byte',
    asBytes,
    Array.from({ length: 256 }, (_, byte) => [byte]),
  ),
  different('keys that contain NUL', asBytes, ['\0', '\0\0', '\0\0\0\0', '\0a', 'a', 'a\0', 'a\0\0', 'a\0b', 'a\0c']),
  different('keys of the same bytes in another order', asBytes, ['abcd', 'dcba', 'badc', 'cdab', 'acbd']),
  different('keys that are not UTF-8, and what a decoder turns them into', asBytes, [
    // Each becomes one or more U+FFFD, and a decoder drops a byte order mark.
    ...[[0xff], [0xfe], [0xc3], [0xff, 0xff], [0xc3, 0x28], [0xfe, 0x28], [0xed, 0xa0, 0x80], [0xed, 0xb0, 0x80]],
    ...['\ufffd', '\ufffd\ufffd', '\ufffd\ufffd\ufffd', '\ufffd(', '(', '\ufeff(', '\ufeff\ufeff(', '\ufeff'],
    // One text in Latin-1, in UTF-8, in UTF-8 twice; NUL in two bytes.
    ...[[0xe9], 'é', 'Ã©', [0xc0, 0x80], [0]],
  ]),
  different('keys that differ only in case', asBytes, [
    ...['order', 'Order', 'ORDER', 'é', 'É', 'ß', 'ẞ', 'ss', 'k', '\u212a', 'i', 'I', 'ı', 'İ'],
    // In Base64 these two are AAAA and aaaa, which are the same name on some file systems.
    ...[
      [0, 0, 0],
      [0x69, 0xa6, 0x9a],
    ],
  ]),
  different('keys that are equivalent in Unicode', asBytes, [
    ...['\u00e9', 'e\u0301', 'e', '\ufb01', 'fi', '①', '1', '\u212b', '\u00c5', 'A\u030a', 'Ａ', 'A'],
    ...['a\u200d', 'a', 'a\u00ad'],
  ]),
  different('keys that differ in white space or dots at an end', asBytes, [
    ...['a', 'a ', 'a  ', ' a', 'a\t', 'a\n', '\na', 'a\r\n', 'a\r', 'a\u00a0', 'a.', 'a..', '.a'],
    ...['', ' ', '  ', '\n', '.', '..'],
  ]),
  different('keys that differ in one byte or in length, short and long', inFull, lengths.flatMap(nearlyEqual)),
  different('keys that have the same 32-bit hash', inFull, [
    // CRC-32, FNV-1a, FNV-1, DJB2 and the hash of Java strings, two keys each.
    ...['plumless', 'buckeroo', 'costarring', 'liquid', 'creamwove', 'quists', 'hetairas', 'mentioner', 'Aa', 'BB'],
  ]),
  different('different spellings of one number', asBytes, [
    ...['1', '01', '1.0', '1e0', '+1', '0x1', '-1', '0', '-0', '00', '1n', '1_0', '10', '1,0'],
    ...['9007199254740993', '9007199254740992', 'Infinity', 'NaN'],
  ]),
  different('keys that are words of programming languages', asNames, [
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'size', 'length', 'prototype'],
    ...['', 'null', 'NULL', 'undefined', 'true', 'false', 'nil', 'DEFAULT', 'rowid', '*', '-', '$', '@'],
  ]),
  different('keys that look like paths', asNames, [
    ...['a', 'a/', 'a/b', 'a//b', 'a/./b', 'a/../a', './a', '/a', '/', '.', '..', '../a', 'a\\b', 'a:b', 'a_b', 'a-b'],
    ...['a|b', 'a?b', 'a#b', 'CON', 'nul', 'a.tmp', 'LOCK', '~', '-rf'],
  ]),
  different('keys that are escaped differently', asNames, [
    ...['a b', 'a%20b', 'a+b', 'a/b', 'a%2Fb', '%', '%25', '&', '&amp;', 'a', '"a"', "'a'", "''", "'", '"', '""'],
    ...['\\', '\\\\', '\\n', '\n', '\\x61', '\\141', '\\u0061', '61', '0x61', 'YQ==', 'YQ', '97', '[97]', '{a}'],
  ]),
  different('keys that differ in the place of their separators', asNames, [
    ...[
      'user:1',
      'user::1',
      ':user:1',
      'user:1:',
      'user',
      'user:',
      'us:er1',
      '1:user',
      ':',
      '::',
      'a,b',
      'a\tb',
      'a|b',
    ],
  ]),
];

// One key of this length, its prefix, and two that differ from it in the last and in the first byte.
function nearlyEqual(length: number): Uint8Array[] {
  const key = noise(length);
  return [key, key.subarray(0, -1), key.with(-1, ~(key.at(-1) ?? 0)), key.with(0, ~(key[0] ?? 0))];
}

function different(what: string, advice: string, sources: readonly BytesSource[]): ConformanceCase {
  const keys = sources.map(bytesFrom);
  return { name: `${what} are different keys`, advice, run: (subject) => expectDifferent(subject, keys) };
}

async function expectDifferent(subject: CacheUnderTest, keys: readonly Uint8Array[]): Promise<void> {
  await subject.expectNone(keys);
  for (const [index, key] of keys.entries()) await subject.put(key, utf8(`state ${index}`));
  for (const [index, key] of keys.entries()) await subject.expectEntry(key, utf8(`state ${index}`));
  await subject.expectRemoved(new Uint8Array(0), keys.length);
  await subject.expectNone(keys);
}
