import { gunzipSync } from 'node:zlib';
import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import { type BrokenCache, byText, byUtf8, ChangingCache } from './broken-cache.ts';

const lengths = 'values of all short lengths, and around powers of two, come back';
const atAnEnd = 'values that begin or end in zeros, white space or line ends come back';
const notUtf8 = 'values that are not UTF-8 come back';
const lookAlike = 'values that look like something else come back';
const allBits = 'watermark and cachedAtUs keep all their 64 bits';
const roundTrip = 'a value comes back with its meta';
const replaces = 'a later put replaces value and meta';

export const brokenValues: readonly BrokenCache[] = [
  valued(
    'trims zeros at the end',
    byText('latin1', (value) => value.replace(/\0+$/, '')),
    [atAnEnd],
  ),
  valued(
    'trims zeros at the start',
    byText('latin1', (value) => value.replace(/^\0+/, '')),
    [atAnEnd],
  ),
  valued(
    'truncates values at NUL',
    byText('latin1', (value) => value.replace(/\0.*/s, '')),
    [atAnEnd, notUtf8],
  ),
  valued(
    'trims values',
    byText('latin1', (value) => value.trim()),
    [atAnEnd],
  ),
  valued(
    'writes values as lines',
    byText('latin1', (value) => value.replace(/\n$/, '')),
    [atAnEnd],
  ),
  valued(
    'changes line ends',
    byText('latin1', (value) => value.replaceAll('\r\n', '\n')),
    [atAnEnd],
  ),
  valued(
    'reads values as UTF-8',
    byText('utf8', (value) => value),
    [notUtf8, lengths],
  ),
  valued(
    'drops a byte order mark',
    byUtf8((value) => value.replace(/^\ufeff/, '')),
    [notUtf8],
  ),
  valued('keeps values as 7-bit ASCII', (value) => value.map((byte) => byte & 0x7f), [notUtf8]),
  valued(
    'composes Unicode',
    byUtf8((value) => value.normalize('NFC')),
    [notUtf8],
  ),
  valued('reads values as JSON if possible', byText('latin1', throughJson), [lookAlike]),
  valued('decompresses what looks compressed', decompressed, [lookAlike]),
  valued(
    'decodes backslashes',
    byText('latin1', (value) => value.replaceAll('\\x61', 'a')),
    [lookAlike],
  ),
  valued('keeps values in words of 16 bits', (value) => value.subarray(0, value.length & ~1), [lengths]),
  valued('keeps the length in 8 bits', (value) => value.subarray(0, value.length & 0xff), [lengths]),
  valued('keeps the length in 16 bits', (value) => value.subarray(0, value.length & 0xffff), [lengths]),
  valued('cuts values to 64 KiB', (value) => value.subarray(0, 65_535), [lengths, 'a value of 1 MiB comes back']),
  valued('cuts values to 512 KiB', (value) => value.subarray(0, 524_288), ['a value of 1 MiB comes back']),
  valued('mixes up the pages of large values', swappedPages, [lengths, 'a value of 1 MiB comes back']),
  metas('keeps watermarks as doubles', (meta) => ({ ...meta, watermark: BigInt(Number(meta.watermark) % 2 ** 64) }), [
    allBits,
  ]),
  metas(
    'keeps watermarks as signed integers',
    ({ watermark, cachedAtUs }) => {
      return { watermark: watermark >= 2n ** 63n ? 2n ** 63n - 1n : watermark, cachedAtUs };
    },
    [allBits],
  ),
  metas('keeps watermarks in 32 bits', (meta) => ({ ...meta, watermark: BigInt.asUintN(32, meta.watermark) }), [
    allBits,
  ]),
  metas(
    'keeps times as doubles',
    (meta) => ({ ...meta, cachedAtUs: BigInt.asIntN(64, BigInt(Number(meta.cachedAtUs))) }),
    [allBits],
  ),
  metas('keeps times in milliseconds', (meta) => ({ ...meta, cachedAtUs: (meta.cachedAtUs / 1000n) * 1000n }), [
    allBits,
  ]),
  metas('keeps no time before 1970', (meta) => ({ ...meta, cachedAtUs: meta.cachedAtUs < 0n ? 0n : meta.cachedAtUs }), [
    allBits,
  ]),
  metas(
    'keeps times as dates',
    (meta) => ({ ...meta, cachedAtUs: within(meta.cachedAtUs, 8_640_000_000_000_000_000n) }),
    [allBits],
  ),
  metas('keeps its own time', (meta) => ({ ...meta, cachedAtUs: 1_800_000_000_000_000n }), [roundTrip]),
  metas('keeps no meta', () => ({ watermark: 0n, cachedAtUs: 0n }), [roundTrip, replaces]),
  metas('exchanges the fields', (meta) => ({ watermark: meta.cachedAtUs, cachedAtUs: meta.watermark }), [roundTrip]),
];

function valued(fault: string, value: (value: Uint8Array) => Uint8Array, foundBy: readonly string[]): BrokenCache {
  return { fault: `${fault} (values)`, foundBy, open: () => new ChangingCache({ value }) };
}

function metas(fault: string, meta: (meta: CacheMeta) => CacheMeta, foundBy: readonly string[]): BrokenCache {
  return { fault, foundBy, open: () => new ChangingCache({ meta }) };
}

function throughJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

function decompressed(value: Uint8Array): Uint8Array {
  return value[0] === 0x1f && value[1] === 0x8b ? gunzipSync(value) : value;
}

function swappedPages(value: Uint8Array): Uint8Array {
  if (value.length < 16_384) return value;
  return Buffer.concat([value.subarray(8_192, 16_384), value.subarray(0, 8_192), value.subarray(16_384)]);
}

function within(value: bigint, max: bigint): bigint {
  if (value > max) return max;
  return value < -max ? -max : value;
}
