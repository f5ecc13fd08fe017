// Why this test: the format document is written for people who read the files with other tools. Its example bytes are
// decoded, opened as a store, and written again, so that the document and the engine cannot drift apart.
import { describe, expect, test } from 'vitest';
import { encodeWithValue, LogCache, MemoryStorage } from '../../src/index.ts';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { RecordKind } from '../../src/log/record-format.ts';
import { RecordReader } from '../../src/log/record-reader.ts';
import type { StorageDirectory } from '../../src/storage/storage-backend.ts';
import { LogStore } from '../../src/store/log-store.ts';
import { codeBlocks } from '../docs/markdown.ts';
import { repositoryText } from '../tidy/repository-files.ts';
import { fromHex, toHex } from './golden-vectors.ts';

const LOG_NAME = '000001.log';
const SALT = 0x0badcafe;
const CACHED_AT_US = 1_700_000_000_000_000n;

/** A line of the example: the offset of its bytes, the bytes, and their description. */
interface WorkedLine {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly meaning: string;
}

const worked: WorkedLine[] = codeBlocks('docs/format.md', repositoryText('docs/format.md')).flatMap(({ text }) =>
  text.split('\n').flatMap((line) => {
    const [, offset = '', hex = '', meaning = ''] = /^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} )+) +(\S.*)$/.exec(line) ?? [];
    return hex === ''
      ? []
      : [{ offset: Number.parseInt(offset, 16), bytes: fromHex(hex.replaceAll(' ', '')), meaning }];
  }),
);
const bytes: Uint8Array = new Uint8Array(Buffer.concat(worked.map((line) => line.bytes)));

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function meta(watermark: bigint, cachedAtUs: bigint): Uint8Array {
  return encodeWithValue(new Uint8Array(0), { watermark, cachedAtUs });
}

/** A storage with the example bytes as a store, and its directory. */
function storageOf(log: Uint8Array): { storage: MemoryStorage; directory: StorageDirectory } {
  const storage = new MemoryStorage();
  const directory = storage.openDirectory('store', { create: true });
  directory.create(LOG_NAME).write(log, 0, log.length, 0);
  return { storage, directory };
}

function contentOf(directory: StorageDirectory, name: string): Uint8Array {
  const file = directory.open(name, 'read');
  const content = new Uint8Array(file?.size() ?? 0);
  file?.read(content, 0, content.length, 0);
  return content;
}

describe('the example bytes of docs/format.md', () => {
  test('are complete, without a gap', () => {
    expect(bytes.length).toBeGreaterThan(300);
    let end = 0;
    for (const { offset, bytes: piece } of worked) {
      expect(offset).toBe(end);
      end += piece.length;
    }
  });

  test('are records of the documented kinds at the documented offsets', () => {
    const file = storageOf(bytes).directory.open(LOG_NAME, 'read');
    if (file === undefined) throw new Error('the log is not there');
    const reader = new RecordReader({ file, name: LOG_NAME, salt: SALT }, bytes.length);
    const found: string[] = [];
    for (let at = FILE_HEADER_BYTES; reader.read(at) !== 'end'; at = reader.next) {
      expect(reader.read(at)).toBe('valid');
      found.push(`${at} ${reader.kind} ${reader.flags} ${reader.keyLength}`);
    }
    const kinds = new Map(Object.entries(RecordKind).map(([name, kind]) => [name.toLowerCase(), kind]));
    const documented = worked.flatMap(({ offset, meaning }) => {
      const name = /^([A-Z_]+): /.exec(meaning)?.[1];
      const kind = kinds.get(name?.replaceAll('_', '').toLowerCase() ?? '');
      if (kind === undefined) return [];
      const flags = /flags (\d)/.exec(meaning)?.[1] ?? '0';
      const keyLength = /key of (\d+) bytes/.exec(meaning)?.[1] ?? '0';
      return [`${offset} ${kind} ${flags} ${keyLength}`];
    });
    expect(documented).toEqual(found);
    expect(new Set(found.map((record) => record.split(' ')[1])).size).toBe(Object.keys(RecordKind).length);
  });

  test('open as a store with the documented entry', () => {
    const cache = LogCache.open('store', { storage: storageOf(bytes).storage });
    expect(cache.stats().recovery).toMatchObject({ clean: true, damaged: [], tornBytes: 0 });
    expect([...cache.entries()]).toEqual([
      [encode('user:1'), { value: encode('{"n":2}'), meta: { watermark: 41n, cachedAtUs: CACHED_AT_US } }],
    ]);
    expect(cache.verify().ok).toBe(true);
    cache.close();
  });

  test('hold the other entries before they are removed', () => {
    const end = worked.find(({ meaning }) => meaning.startsWith('DELETE_PREFIX'))?.offset;
    const cache = LogCache.open('store', { storage: storageOf(bytes.subarray(0, end)).storage });
    const keys = [...cache.keys()].map((key) => new TextDecoder().decode(key));
    expect(keys).toEqual(['order:9', 'user:1', 'user:2']);
    expect(cache.get('order:9')).toEqual({
      value: encode('A'),
      meta: { watermark: 42n, cachedAtUs: CACHED_AT_US + 1n },
    });
    cache.close();
  });

  test('equal what the engine writes', () => {
    const storage = new MemoryStorage();
    const store = LogStore.open('store', {}, { storage, random: () => SALT, defer: () => {} });
    store.writer.put(encode('user:1'), encode('{"n":2}'), meta(41n, CACHED_AT_US));
    store.writer.putMany([
      { key: encode('order:9'), value: encode('A'), trailer: meta(42n, CACHED_AT_US + 1n) },
      { key: encode('user:2'), value: encode(''), trailer: meta(43n, CACHED_AT_US + 1n) },
    ]);
    expect(store.writer.deletePrefix(encode('order:'))).toBe(1);
    expect(store.writer.delete(encode('user:2'))).toBe(true);
    store.sync();
    store.close();

    const directory = storage.openDirectory('store', { create: false });
    expect(directory.list().sort()).toEqual(['000001.index', LOG_NAME]);
    expect(toHex(contentOf(directory, LOG_NAME))).toBe(toHex(bytes));
  });

  // The document shows the footer of the image and leaves its sections to the code.
  test('belong to an image with the footer the document describes', () => {
    const { storage, directory } = storageOf(bytes);
    LogCache.open('store', { storage }).close();
    const image = contentOf(directory, '000001.index');
    const words = new Uint32Array(image.buffer);
    const last = worked.findLast(({ meaning }) => meaning.startsWith('DELETE:'));
    const lastHead = new Uint32Array(last?.bytes.buffer ?? new ArrayBuffer(0));
    const footer = words.subarray(-14);
    expect([...footer.subarray(0, 2)]).toEqual([1, SALT]);
    expect([...footer.subarray(2, 6)]).toEqual([last?.offset, 0, (last?.offset ?? 0) + 24, 0]);
    expect(footer[6]).toBe(lastHead[0]);
    const [arenaWords = 0, directoryWords = 0, stateWords = 0] = footer.subarray(7, 10);
    const pieces = Math.ceil(arenaWords / 4096) + Math.ceil(directoryWords / 4096);
    expect(words.length).toBe(arenaWords + directoryWords + stateWords + pieces + 14);
    expect(footer[11]).toBe(2);
    expect(toHex(image.subarray(-8, -4))).toBe('5043490d');
  });
});
