import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { BrokenCache } from './broken-cache.ts';
import { MapCache } from './map-cache.ts';

const equalBytes = 'a put of equal bytes replaces the meta';
const equalMeta = 'a put with an equal meta replaces the value';
const replaces = 'a later put replaces value and meta';
const missedBefore = 'a key that was a miss is found after a put';
const readBefore = 'a key that was read before shows a later put';
const readBeforeDeletion = 'a key that was read is a miss after deletePrefix';
const afterPrefetch = 'a put or a deletion after a prefetch is visible';

/** Skips some puts, by a rule about the present and the new entry. */
export class SkippingCache extends MapCache {
  readonly #skips: (there: CacheEntry, next: CacheEntry) => boolean;

  constructor(skips: (there: CacheEntry, next: CacheEntry) => boolean) {
    super();
    this.#skips = skips;
  }

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    const there = this.get(key);
    if (there === undefined || !this.#skips(there, { value, meta })) super.put(key, value, meta);
  }
}

/** Remembers what it read, misses included, and discards too little of it. */
export class RememberingCache extends MapCache {
  readonly #clears: ReadonlySet<string>;
  readonly #memory: Map<string, CacheEntry | undefined> = new Map();

  constructor(...clears: ('miss' | 'put' | 'deletePrefix')[]) {
    super();
    this.#clears = new Set(clears);
  }

  override get(key: Uint8Array): CacheEntry | undefined {
    const name = key.toString();
    if (!this.#memory.has(name)) this.#memory.set(name, super.get(key));
    return structuredClone(this.#memory.get(name));
  }

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, value, meta);
    const isMiss = this.#memory.get(key.toString()) === undefined;
    if (this.#clears.has(isMiss ? 'miss' : 'put')) this.#memory.delete(key.toString());
  }

  override deletePrefix(prefix: Uint8Array): number {
    if (this.#clears.has('deletePrefix')) this.#memory.clear();
    return super.deletePrefix(prefix);
  }

  prefetch(key: Uint8Array): void {
    this.get(key);
  }
}

/** Stores equal values once, and removes the value with the first key that has it. */
class SharedValuesCache extends MapCache {
  readonly #lost: Set<string> = new Set();

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    this.#lost.delete(value.toString());
    super.put(key, value, meta);
  }

  override get(key: Uint8Array): CacheEntry | undefined {
    const entry = super.get(key);
    return entry && this.#lost.has(entry.value.toString()) ? undefined : entry;
  }

  override deletePrefix(prefix: Uint8Array): number {
    const before = this.keys().map((key) => super.get(key)?.value.toString() ?? '');
    const removed = super.deletePrefix(prefix);
    const after = this.keys().map((key) => super.get(key)?.value.toString() ?? '');
    for (const value of before) {
      if (after.filter((one) => one === value).length < before.filter((one) => one === value).length) {
        this.#lost.add(value);
      }
    }
    return removed;
  }
}

/** Keeps one meta for all entries: the last one. */
class OneMetaCache extends MapCache {
  #meta: CacheMeta = { watermark: 0n, cachedAtUs: 0n };

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, value, meta);
    this.#meta = { ...meta };
  }

  override get(key: Uint8Array): CacheEntry | undefined {
    const entry = super.get(key);
    return entry && { ...entry, meta: { ...this.#meta } };
  }
}

/** Never reports a miss, once there is an entry. */
class FindsSomething extends MapCache {
  override get(key: Uint8Array): CacheEntry | undefined {
    const [first] = this.keys();
    return super.get(key) ?? (first && super.get(first));
  }
}

export const brokenMemories: readonly BrokenCache[] = [
  skipping('skips equal bytes, so that the meta stays old', (there, next) => isSame(there.value, next.value), [
    equalBytes,
  ]),
  skipping('skips an equal meta', (there, next) => there.meta.watermark === next.meta.watermark, [
    equalMeta,
    equalBytes,
  ]),
  skipping('keeps the newer watermark', (there, next) => next.meta.watermark < there.meta.watermark, [replaces]),
  skipping('keeps the newer time', (there, next) => next.meta.cachedAtUs < there.meta.cachedAtUs, [replaces]),
  skipping('keeps the longer value', (there, next) => next.value.length < there.value.length, [replaces, equalMeta]),
  skipping('keeps the first put', () => true, [replaces, equalMeta, equalBytes, readBefore]),
  remembering('remembers a miss that a put does not clear', [missedBefore], 'put', 'deletePrefix'),
  remembering('remembers an entry that a put does not clear', [readBefore, equalBytes], 'miss', 'deletePrefix'),
  remembering('remembers entries that a deletion does not clear', [readBeforeDeletion], 'miss', 'put'),
  remembering('remembers what it prefetched', [afterPrefetch], 'put', 'deletePrefix'),
  {
    fault: 'keeps equal values once, and removes them with one of their keys',
    foundBy: ['entries with equal values are independent of each other'],
    open: () => new SharedValuesCache(),
  },
  {
    fault: 'keeps one meta for all',
    foundBy: ['watermark and cachedAtUs keep all their 64 bits'],
    open: () => new OneMetaCache(),
  },
  {
    fault: 'finds an entry for every key',
    foundBy: ['a key that was never put is a miss'],
    open: () => new FindsSomething(),
  },
];

function isSame(first: Uint8Array, second: Uint8Array): boolean {
  return Buffer.from(first).equals(second);
}

function skipping(
  fault: string,
  skips: (there: CacheEntry, next: CacheEntry) => boolean,
  foundBy: readonly string[],
): BrokenCache {
  return { fault, foundBy, open: () => new SkippingCache(skips) };
}

function remembering(
  fault: string,
  foundBy: readonly string[],
  ...clears: ('miss' | 'put' | 'deletePrefix')[]
): BrokenCache {
  return { fault, foundBy, open: () => new RememberingCache(...clears) };
}
