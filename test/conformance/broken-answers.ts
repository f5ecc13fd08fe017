import type { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { BrokenCache } from './broken-cache.ts';
import { MapCache } from './map-cache.ts';

const capabilitiesShape = 'capabilities are two booleans, the same at each call';
const prefetchHarmless = 'prefetch, if the cache has it, changes nothing';
const roundTrip = 'a value comes back with its meta';
const emptyValue = 'an empty value is an entry';
const emptyKey = 'the empty key is a key';
const longKey = 'a key of 65,535 bytes is found';
const syncEmpty = 'sync on an empty cache does nothing';
const syncKeeps = 'sync keeps the entries';
const never = 'a key that was never put is a miss';
const notBytes = 'a key, value or prefix that is not bytes throws TypeError';
const notMeta = 'a meta that is not two bigints throws TypeError';
const outOfRange = 'a watermark beyond u64 or a cachedAtUs beyond i64 throws RangeError';

type Get = (entry: CacheEntry | undefined, key: Uint8Array) => unknown;

/** Returns something else than the entry from `get`. */
export class AnsweringCache extends MapCache {
  readonly #answer: Get;

  constructor(answer: Get) {
    super();
    this.#answer = answer;
  }

  override get(key: Uint8Array): CacheEntry | undefined {
    return this.#answer(super.get(key), key) as CacheEntry | undefined;
  }
}

/** Its `put` differs; `keep` is the correct one. */
export class PuttingCache extends MapCache {
  readonly #put: (keep: MapCache['put'], ...args: Parameters<MapCache['put']>) => unknown;

  constructor(put: (keep: MapCache['put'], ...args: Parameters<MapCache['put']>) => unknown) {
    super();
    this.#put = put;
  }

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): undefined {
    return this.#put((...args) => super.put(...args), key, value, meta) as undefined;
  }
}

export class SyncingCache extends MapCache {
  readonly #sync: (cache: MapCache) => unknown;

  constructor(sync: (cache: MapCache) => unknown) {
    super();
    this.#sync = sync;
  }

  override sync(): undefined {
    return this.#sync(this) as undefined;
  }
}

class CapableCache extends MapCache {
  readonly #capabilities: () => unknown;

  constructor(capabilities: () => unknown) {
    super();
    this.#capabilities = capabilities;
  }

  override capabilities(): CacheCapabilities {
    return this.#capabilities() as CacheCapabilities;
  }
}

export class PrefetchingCache extends MapCache {
  readonly #prefetch: (cache: MapCache, key: Uint8Array, meta: CacheMeta) => void;

  constructor(prefetch: (cache: MapCache, key: Uint8Array, meta: CacheMeta) => void) {
    super();
    this.#prefetch = prefetch;
  }

  prefetch(key: Uint8Array, predictedMeta: CacheMeta): void {
    this.#prefetch(this, key, predictedMeta);
  }
}

class EntryWithGetters {
  readonly #entry: CacheEntry;

  constructor(entry: CacheEntry) {
    this.#entry = entry;
  }

  get value(): Uint8Array {
    return this.#entry.value;
  }

  get meta(): CacheMeta {
    return this.#entry.meta;
  }
}

let calls = 0;

export const brokenAnswers: readonly BrokenCache[] = [
  answering('answers null for a miss', (entry) => entry ?? null, [never]),
  answering('answers an empty entry for a miss', (entry) => entry ?? { value: new Uint8Array(0), meta: zeros }, [
    never,
  ]),
  answering('misses empty values', (entry) => (entry?.value.length === 0 ? undefined : entry), [emptyValue]),
  answering('misses zeros in a meta', (entry) => (entry?.meta.watermark ? entry : undefined), [
    'watermark and cachedAtUs keep all their 64 bits',
  ]),
  answering('misses the empty key', (entry, key) => (key.length === 0 ? undefined : entry), [emptyKey]),
  answering('misses long keys', (entry, key) => (key.length > 1_024 ? undefined : entry), [longKey]),
  answering('answers with numbers', (entry) => entry && { ...entry, meta: numbersOf(entry.meta) }, [roundTrip]),
  answering('answers with an ArrayBuffer', (entry) => entry && { ...entry, value: entry.value.buffer }, [roundTrip]),
  answering('answers with clamped bytes', (entry) => entry && { ...entry, value: new Uint8ClampedArray(entry.value) }, [
    roundTrip,
  ]),
  answering('answers with an array of numbers', (entry) => entry && { ...entry, value: [...entry.value] }, [roundTrip]),
  answering('answers with text', (entry) => entry && { ...entry, value: Buffer.from(entry.value).toString() }, [
    roundTrip,
  ]),
  answering('answers with getters', (entry) => entry && new EntryWithGetters(entry), [roundTrip]),
  answering('adds a field to the meta', (entry) => entry && { ...entry, meta: { ...entry.meta, expires: 1n } }, [
    roundTrip,
  ]),
  answering('answers with a row', (entry) => entry && { value: entry.value, ...entry.meta }, [roundTrip]),
  putting('answers a put', (keep, ...args) => [keep(...args)].length, [roundTrip]),
  putting('refuses the empty key', (keep, key, ...rest) => (key.length > 0 ? keep(key, ...rest) : refuse()), [
    emptyKey,
  ]),
  putting('refuses long keys', (keep, key, ...rest) => (key.length < 2_700 ? keep(key, ...rest) : refuse()), [longKey]),
  putting(
    'refuses large values',
    (keep, key, value, meta) => (value.length < 2 ** 20 ? keep(key, value, meta) : refuse()),
    ['a value of 1 MiB comes back'],
  ),
  putting('wraps watermarks beyond u64', (keep, key, value, meta) => keep(key, value, wrapped(meta)), [outOfRange]),
  putting('cuts metas to their range', (keep, key, value, meta) => keep(key, value, clamped(meta)), [outOfRange]),
  putting('stores an entry before it checks the range', puttingFirst, [outOfRange]),
  putting('accepts numbers as bigints', (keep, key, value, meta) => keep(key, value, bigintsOf(meta)), [notMeta]),
  putting('accepts a value that is not bytes', (keep, key, value, meta) => keep(key, asBytes(value), meta), [notBytes]),
  putting('throws errors of its own kind', (keep, ...args) => withOwnErrors(() => keep(...args)), [
    notBytes,
    notMeta,
    outOfRange,
  ]),
  syncing('forgets at sync', (cache) => cache.deletePrefix(new Uint8Array(0)) && undefined, [syncKeeps]),
  syncing('throws when there is nothing to sync', () => refuse(), [syncEmpty, syncKeeps]),
  syncing('answers a sync', () => true, [syncEmpty]),
  capable('says it is a no-op and keeps values', () => ({ supportsPrefetch: false, isNoop: true }), [roundTrip]),
  capable('reports a prefetch that it lacks', () => ({ supportsPrefetch: true, isNoop: false }), [capabilitiesShape]),
  capable('answers its capabilities later', () => Promise.resolve({ supportsPrefetch: false, isNoop: false }), [
    capabilitiesShape,
  ]),
  capable('has more capabilities', () => ({ supportsPrefetch: false, isNoop: false, isFast: true }), [
    capabilitiesShape,
  ]),
  capable('changes its mind', () => ({ supportsPrefetch: false, isNoop: (calls++ & 1) === 1 }), [capabilitiesShape]),
  prefetching('stores what prefetch predicts', (cache, key, meta) => cache.put(key, new Uint8Array(0), meta), [
    prefetchHarmless,
  ]),
  prefetching('evicts what it prefetches', (cache, key) => cache.delete(key), [prefetchHarmless]),
  prefetching('throws when it prefetches an absent key', (cache, key) => cache.get(key) ?? refuse(), [
    prefetchHarmless,
  ]),
];

const zeros: CacheMeta = { watermark: 0n, cachedAtUs: 0n };

function refuse(): never {
  throw new Error('not supported');
}

function numbersOf(meta: CacheMeta): unknown {
  return { watermark: Number(meta.watermark), cachedAtUs: Number(meta.cachedAtUs) };
}

function bigintsOf(meta: CacheMeta): CacheMeta {
  return { watermark: BigInt(meta.watermark), cachedAtUs: BigInt(meta.cachedAtUs) };
}

function wrapped(meta: CacheMeta): CacheMeta {
  return { ...meta, watermark: BigInt.asUintN(64, meta.watermark) };
}

function clamped(meta: CacheMeta): CacheMeta {
  const { watermark, cachedAtUs } = wrapped(meta);
  return { watermark, cachedAtUs: BigInt.asIntN(64, cachedAtUs) };
}

function asBytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

function puttingFirst(keep: MapCache['put'], key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
  keep(key, value, clamped(meta));
  keep(key, value, meta);
}

function withOwnErrors(call: () => void): void {
  try {
    call();
  } catch (error) {
    throw new Error('invalid argument', { cause: error });
  }
}

function answering(fault: string, answer: Get, foundBy: readonly string[]): BrokenCache {
  return { fault, foundBy, open: () => new AnsweringCache(answer) };
}

function putting(
  fault: string,
  put: (keep: MapCache['put'], ...args: Parameters<MapCache['put']>) => unknown,
  foundBy: readonly string[],
): BrokenCache {
  return { fault, foundBy, open: () => new PuttingCache(put) };
}

function syncing(fault: string, sync: (cache: MapCache) => unknown, foundBy: readonly string[]): BrokenCache {
  return { fault, foundBy, open: () => new SyncingCache(sync) };
}

function capable(fault: string, capabilities: () => unknown, foundBy: readonly string[]): BrokenCache {
  return { fault, foundBy, open: () => new CapableCache(capabilities) };
}

function prefetching(
  fault: string,
  prefetch: (cache: MapCache, key: Uint8Array, meta: CacheMeta) => void,
  foundBy: readonly string[],
): BrokenCache {
  return { fault, foundBy, open: () => new PrefetchingCache(prefetch) };
}
