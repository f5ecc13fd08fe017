import { crc32 } from 'node:zlib';
import { type BrokenCache, byText, byUtf8, ChangingCache } from './broken-cache.ts';

const oneByte = 'all keys of one byte are different keys';
const inNul = 'keys that contain NUL are different keys';
const notUtf8 = 'keys that are not UTF-8, and what a decoder turns them into are different keys';
const inCase = 'keys that differ only in case are different keys';
const inUnicode = 'keys that are equivalent in Unicode are different keys';
const atAnEnd = 'keys that differ in white space or dots at an end are different keys';
const inLength = 'keys that differ in one byte or in length, short and long are different keys';
const inHash = 'keys that have the same 32-bit hash are different keys';
const oneNumber = 'different spellings of one number are different keys';
const words = 'keys that are words of programming languages are different keys';
const paths = 'keys that look like paths are different keys';
const escaped = 'keys that are escaped differently are different keys';
const separators = 'keys that differ in the place of their separators are different keys';

export const brokenKeys: readonly BrokenCache[] = [
  keyed('keeps keys as 7-bit ASCII', (key) => key.map((byte) => byte & 0x7f), [oneByte]),
  keyed('decodes keys as UTF-8', byText('utf8', unchanged), [oneByte, notUtf8]),
  keyed(
    'drops a byte order mark',
    byUtf8((key) => key.replace(/^\ufeff/, '')),
    [notUtf8],
  ),
  keyed('reads UTF-8 where it can, else Latin-1', utf8OrLatin1, [notUtf8]),
  keyed('mends UTF-8 that was encoded twice', byUtf8(decodedTwice), [notUtf8]),
  keyed('ignores the case of ASCII', byText('latin1', asciiUpper), [inCase, oneByte]),
  keyed(
    'ignores the case of Unicode',
    byUtf8((key) => key.toLowerCase()),
    [inCase],
  ),
  keyed('names files in Base64 where case is ignored', (key) => Buffer.from(base64(key).toLowerCase()), [inCase]),
  keyed(
    'composes Unicode',
    byUtf8((key) => key.normalize('NFC')),
    [inUnicode],
  ),
  keyed(
    'decomposes Unicode',
    byUtf8((key) => key.normalize('NFD')),
    [inUnicode],
  ),
  keyed(
    'makes compatible characters equal',
    byUtf8((key) => key.normalize('NFKC')),
    [inUnicode],
  ),
  keyed(
    'ignores accents',
    byUtf8((key) => key.normalize('NFD').replace(/\p{M}/gu, '')),
    [inUnicode],
  ),
  keyed(
    'ignores invisible characters',
    byUtf8((key) => key.replace(/[\u00ad\u200d]/g, '')),
    [inUnicode],
  ),
  keyed(
    'ignores spaces at the end',
    byText('latin1', (key) => key.replace(/ +$/, '')),
    [atAnEnd],
  ),
  keyed(
    'trims keys',
    byText('latin1', (key) => key.trim()),
    [atAnEnd],
  ),
  keyed(
    'ignores a line end at the end',
    byText('latin1', (key) => key.replace(/\n$/, '')),
    [atAnEnd],
  ),
  keyed(
    'ignores dots at the end',
    byText('latin1', (key) => key.replace(/\.+$/, '')),
    [atAnEnd, paths],
  ),
  keyed('truncates keys at NUL', cutAtNul, [inNul]),
  keyed(
    'ignores NUL at the end',
    byText('latin1', (key) => key.replace(/\0+$/, '')),
    [inNul],
  ),
  keyed('pads keys with NUL to words', (key) => Buffer.concat([key, Buffer.alloc(-key.length & 3)]), [inNul]),
  keyed(
    'keeps keys as one number',
    byText('hex', (key) => key.replace(/^(00)+/, '')),
    [inNul],
  ),
  ...[16, 32, 64, 128, 255, 512, 1_024, 4_096, 65_534].map((bytesMax) =>
    keyed(`cuts keys to ${bytesMax} bytes`, (key) => key.subarray(0, bytesMax), [inLength]),
  ),
  keyed('keeps the last 255 bytes of a key', (key) => key.subarray(-255), [inLength]),
  keyed('keeps the length of a key in 8 bits', (key) => key.subarray(0, key.length & 0xff), [inLength]),
  keyed('keys by CRC-32', (key) => word(crc32(key)), [inHash]),
  keyed(
    'keys by FNV-1a',
    hashed(0x811c9dc5, (hash, byte) => Math.imul(hash ^ byte, 0x01000193)),
    [inHash],
  ),
  keyed(
    'keys by FNV-1',
    hashed(0x811c9dc5, (hash, byte) => Math.imul(hash, 0x01000193) ^ byte),
    [inHash],
  ),
  keyed(
    'keys by DJB2',
    hashed(5_381, (hash, byte) => Math.imul(hash, 33) + byte),
    [inHash],
  ),
  keyed(
    'keys by the hash of Java',
    hashed(0, (hash, byte) => Math.imul(hash, 31) + byte),
    [inHash],
  ),
  keyed(
    'keys by the sum of the bytes',
    hashed(0, (hash, byte) => hash + byte),
    ['keys of the same bytes in another order are different keys'],
  ),
  keyed('keys by the first and last byte', (key) => Uint8Array.of(key[0] ?? 0, key.at(-1) ?? 0), [
    'keys with a common start are different keys',
  ]),
  keyed('converts keys to numbers if possible', byText('latin1', numeric), [oneNumber]),
  keyed('converts keys to doubles if possible', byText('latin1', doubled), [oneNumber]),
  keyed(
    'stores the empty key as NULL',
    byText('latin1', (key) => (key === 'NULL' ? '' : key)),
    [words],
  ),
  { fault: 'keeps entries in a plain object', foundBy: [words], open: () => new ChangingCache({ key: inObject }) },
  keyed('resolves paths', byText('latin1', resolved), [paths]),
  keyed(
    'turns backslashes',
    byText('latin1', (key) => key.replaceAll('\\', '/')),
    [paths],
  ),
  keyed(
    'replaces characters that a file name must not have',
    byText('latin1', (key) => key.replace(/[^\w.%-]/g, '_')),
    [paths],
  ),
  keyed(
    'decodes percents',
    byText('latin1', (key) => unescape(key)),
    [escaped],
  ),
  keyed(
    'decodes plus signs',
    byText('latin1', (key) => key.replaceAll('+', ' ')),
    [escaped],
  ),
  keyed(
    'decodes character references',
    byText('latin1', (key) => key.replaceAll('&amp;', '&')),
    [escaped],
  ),
  keyed(
    'decodes backslashes',
    byText('latin1', (key) => key.replace(/\\x61|\\141|\\u0061/g, 'a')),
    [escaped],
  ),
  keyed(
    'drops quotes',
    byText('latin1', (key) => key.replace(/^(["'])(.*)\1$/, '$2')),
    [escaped],
  ),
  keyed(
    'decodes hexadecimal',
    byText('latin1', (key) => (key === '61' ? 'a' : key)),
    [escaped],
  ),
  keyed(
    'decodes Base64',
    byText('latin1', (key) => key.replace(/^YQ(==)?$/, 'a')),
    [escaped],
  ),
  keyed(
    'ignores separators',
    byText('latin1', (key) => key.replaceAll(':', '')),
    [separators],
  ),
  keyed(
    'drops empty parts',
    byText('latin1', (key) => key.split(':').filter(Boolean).join(':')),
    [separators],
  ),
  keyed(
    'lets separators be equal',
    byText('latin1', (key) => key.replace(/[,\t|]/g, ',')),
    [separators],
  ),
];

function keyed(fault: string, key: (key: Uint8Array) => Uint8Array, foundBy: readonly string[]): BrokenCache {
  return { fault, foundBy, open: () => new ChangingCache({ key }) };
}

function unchanged(text: string): string {
  return text;
}

function asciiUpper(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

function base64(key: Uint8Array): string {
  return Buffer.from(key).toString('base64');
}

function utf8OrLatin1(key: Uint8Array): Uint8Array {
  const text = Buffer.from(key).toString('utf8');
  return text.includes('\ufffd') ? Buffer.from(Buffer.from(key).toString('latin1')) : key;
}

function decodedTwice(text: string): string {
  return text.replaceAll('Ã©', 'é');
}

function cutAtNul(key: Uint8Array): Uint8Array {
  const end = key.indexOf(0);
  return end > 0 ? key.subarray(0, end) : key;
}

function word(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function hashed(seed: number, add: (hash: number, byte: number) => number): (key: Uint8Array) => Uint8Array {
  return (key) => word(key.reduce(add, seed));
}

function numeric(text: string): string {
  return /^\d+$/.test(text) ? BigInt(text).toString() : text;
}

function doubled(text: string): string {
  return Number.isNaN(Number(text)) || text === '' ? text : String(Number(text));
}

const plainObject: Record<string, unknown> = {};

// Inherited properties are found although they were never put: all such keys are one entry here.
function inObject(key: Uint8Array): Uint8Array {
  return Buffer.from(key).toString('latin1') in plainObject ? Buffer.from('inherited') : key;
}

function resolved(path: string): string {
  return path === '' ? path : new URL(path.replaceAll('\\', '%5C'), 'file:///').pathname;
}
