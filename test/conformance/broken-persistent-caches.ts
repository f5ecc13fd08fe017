import type { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { AsyncProjectionCache } from '../../src/contract/projection-cache.ts';
import type { BrokenCache } from './broken-cache.ts';
import { type MapDisk, PersistentMapCache, type WriteRecord } from './persistent-map-cache.ts';
import { turns } from './queued-cache.ts';

const empty = 'reopening an empty cache gives an empty cache';
const found = 'what sync covered is found after reopening';
const newest = 'a put that replaced another is found after reopening';
const removed = 'what deletePrefix removed before a sync stays removed after reopening';
const goesOn = 'a reopened cache accepts puts and deletions';
const allBytes = 'keys, values and metas keep all their bytes after reopening';
const equalBytes = 'a put of equal bytes has its own meta after reopening';
const putAgain = 'a key that was put again after its deletion is found after reopening';
const deletedLater = 'a deletion made after reopening lasts';
const underWay = 'sync covers running calls, as reopening shows';

/** Writes its deletions after the puts of the same sync. */
class DeletesLast extends PersistentMapCache {
  override sync(): void {
    this.unsynced.sort((first, second) => Number(second.put !== undefined) - Number(first.put !== undefined));
    super.sync();
  }
}

/** Each call takes effect later, and a sync does not wait for the calls before it. */
class SyncsAtOnce implements AsyncProjectionCache {
  readonly cache: PersistentMapCache;

  constructor(disk: MapDisk = []) {
    this.cache = new PersistentMapCache(disk);
  }

  capabilities(): CacheCapabilities {
    return { supportsPrefetch: false, isNoop: false };
  }

  async get(key: Uint8Array): Promise<CacheEntry | undefined> {
    await turns();
    return this.cache.get(key);
  }

  async put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void> {
    await turns();
    this.cache.put(key, value, meta);
  }

  async deletePrefix(prefix: Uint8Array): Promise<number> {
    await turns();
    return this.cache.deletePrefix(prefix);
  }

  sync(): Promise<void> {
    return Promise.resolve(this.cache.sync());
  }
}

const unasked = { value: Uint8Array.of(7), meta: { watermark: 1n, cachedAtUs: 1n } };

export const brokenPersistentCaches: readonly BrokenCache[] = [
  onDisk('forgets all that it kept', () => [], [found, newest, removed, goesOn, putAgain, deletedLater]),
  onDisk('forgets the last operation that a sync covered', (disk) => disk.slice(0, -1), [
    found,
    newest,
    removed,
    goesOn,
  ]),
  onDisk('comes back with an entry that was never put', (disk) => [...disk, { key: utf8('order:507'), put: unasked }], [
    ...[newest, removed, goesOn, empty],
  ]),
  onDisk('comes back with the first state', (disk) => disk.slice(0, 1), [newest, equalBytes]),
  writing('writes keys as UTF-8', ({ key, ...rest }) => ({ key: utf8(text(key)), ...rest }), [allBytes]),
  writing(
    'writes values as UTF-8',
    changedPut(({ value, meta }) => ({ value: utf8(text(value)), meta })),
    [allBytes],
  ),
  writing(
    'writes metas as doubles',
    changedPut(({ value, meta }) => ({ value, meta: doubles(meta) })),
    [allBytes, newest],
  ),
  writing('writes no empty values', (record) => (record.put?.value.length === 0 ? undefined : record), [allBytes]),
  writing(
    'writes no value that has not changed',
    (record, before) => (isSame(record.put, before) ? undefined : record),
    [equalBytes],
  ),
  writing('deletes in memory only', (record) => (record.put ? record : undefined), [removed, putAgain, deletedLater]),
  {
    fault: 'deletes in memory only, after a reopening',
    foundBy: [deletedLater],
    open: () => new PersistentMapCache(),
    reopen: ({ disk }: PersistentMapCache) =>
      new PersistentMapCache(disk, (record) => (record.put ? record : undefined)),
  },
  {
    fault: 'writes deletions after puts',
    foundBy: [putAgain],
    open: () => new DeletesLast(),
    reopen: ({ disk }: PersistentMapCache) => new DeletesLast(disk),
  },
  {
    fault: 'syncs ahead of running calls',
    foundBy: [underWay],
    open: () => new SyncsAtOnce(),
    reopen: ({ cache }: SyncsAtOnce) => new SyncsAtOnce(cache.disk),
  },
];

/** Its disk is changed before the cache is reopened. */
function onDisk(fault: string, change: (disk: MapDisk) => MapDisk, foundBy: readonly string[]): BrokenCache {
  const reopen = ({ disk }: PersistentMapCache): PersistentMapCache => new PersistentMapCache(change(disk));
  return { fault, foundBy, open: () => new PersistentMapCache(), reopen };
}

/** It writes something else than it has in memory. */
function writing(fault: string, write: WriteRecord, foundBy: readonly string[]): BrokenCache {
  const reopen = ({ disk }: PersistentMapCache): PersistentMapCache => new PersistentMapCache(disk, write);
  return { fault, foundBy, open: () => new PersistentMapCache([], write), reopen };
}

function changedPut(change: (entry: CacheEntry) => CacheEntry): WriteRecord {
  return ({ key, put }) => (put ? { key, put: change(put) } : { key });
}

function doubles({ watermark, cachedAtUs }: CacheMeta): CacheMeta {
  return {
    watermark: BigInt(Number(watermark) % 2 ** 64),
    cachedAtUs: BigInt.asIntN(64, BigInt(Number(cachedAtUs))),
  };
}

function isSame(first: CacheEntry | undefined, second: CacheEntry | undefined): boolean {
  return first !== undefined && second !== undefined && Buffer.from(first.value).equals(second.value);
}

function utf8(string: string): Uint8Array {
  return new TextEncoder().encode(string);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
