import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { BrokenCache } from './broken-cache.ts';
import { MapCache } from './map-cache.ts';
import { QueuedCache, turns } from './queued-cache.ts';

const putAfterPut = 'of overlapping puts, the one called last wins';
const deletionAfterPut = 'a deletePrefix called during a put removes its entry';
const putAfterDeletion = 'a put called during a deletePrefix is kept';
const getDuringPuts = 'a get during puts returns one of them completely';
const getBeforePut = 'a get that overlaps a put does not restore the older value';
const getBeforeDeletion = 'a get that overlaps a deletePrefix does not restore the entry';
const sharedRead = 'overlapping gets of one key share no bytes';
const manyPuts = 'overlapping puts of many keys are all found';
const twoDeletions = 'overlapping deletions count each entry once';
const changedDuringCall = 'changing the arguments of a running call changes nothing';
const prefetchBeforePut = 'a running prefetch does not restore the older value';

/** Two connections in turn; the first is slower. */
class PooledCache extends QueuedCache {
  #calls = 0;

  protected override async enqueue<Answer>(call: () => Answer): Promise<Answer> {
    this.#calls += 1;
    await turns(this.#calls % 2 === 1 ? 3 : 1);
    return call();
  }
}

/** Looks for the keys first, and removes them in separate calls. */
class DeletesInSteps extends QueuedCache {
  override async deletePrefix(prefix: Uint8Array): Promise<number> {
    const start = Buffer.from(prefix);
    const keys = this.store.keys().filter((key) => start.equals(key.subarray(0, start.length)));
    await turns(2);
    for (const key of keys) this.store.delete(key);
    return keys.length;
  }
}

/** Deletes at once, ahead of waiting puts. */
class DeletesAtOnce extends QueuedCache {
  override deletePrefix(prefix: Uint8Array): Promise<number> {
    return Promise.resolve(this.store.deletePrefix(prefix));
  }
}

/** Keeps a value and its meta in two places. */
class TwoPlaces extends QueuedCache {
  readonly #metas: MapCache = new MapCache();

  override async put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void> {
    const ownKey = new Uint8Array(key);
    await super.put(key, value, meta);
    await turns(2);
    this.#metas.put(ownKey, new Uint8Array(0), meta);
  }

  override async get(key: Uint8Array): Promise<CacheEntry | undefined> {
    const entry = await super.get(key);
    return entry && { ...entry, meta: this.#metas.get(key)?.meta ?? entry.meta };
  }
}

/** Remembers what it read; a read that ends after a put or a deletion remembers the old entry. */
class RemembersLateReads extends QueuedCache {
  readonly #memory: Map<string, CacheEntry | undefined> = new Map();

  override async get(key: Uint8Array): Promise<CacheEntry | undefined> {
    const name = key.toString();
    if (!this.#memory.has(name)) await this.read(key);
    return structuredClone(this.#memory.get(name));
  }

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void> {
    this.#memory.delete(key.toString());
    return super.put(key, value, meta);
  }

  override deletePrefix(prefix: Uint8Array): Promise<number> {
    this.#memory.clear();
    return super.deletePrefix(prefix);
  }

  protected async read(key: Uint8Array): Promise<void> {
    const name = key.toString();
    const entry = await super.get(key);
    await turns(3);
    this.#memory.set(name, entry);
  }
}

/** Remembers only what it prefetched, until the next change that starts later. */
class RemembersLatePrefetches extends RemembersLateReads {
  readonly #prefetched: Set<string> = new Set();

  override get(key: Uint8Array): Promise<CacheEntry | undefined> {
    return this.#prefetched.has(key.toString()) ? super.get(key) : QueuedCache.prototype.get.call(this, key);
  }

  async prefetch(key: Uint8Array): Promise<void> {
    this.#prefetched.add(key.toString());
    await this.read(key);
  }
}

/** Concurrent reads of one key share the same entry object. */
class SharesReads extends QueuedCache {
  readonly #reads: Map<string, Promise<CacheEntry | undefined>> = new Map();

  override get(key: Uint8Array): Promise<CacheEntry | undefined> {
    const name = key.toString();
    const read = this.#reads.get(name) ?? super.get(key).finally(() => this.#reads.delete(name));
    this.#reads.set(name, read);
    return read;
  }
}

/** One file for all entries; each put reads, changes and writes it. */
class OneFile extends QueuedCache {
  #file: readonly (readonly [Uint8Array, Uint8Array, CacheMeta])[] = [];

  override async put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void> {
    const before = this.#file;
    const entry = [new Uint8Array(key), new Uint8Array(value), { ...meta }] as const;
    await turns();
    this.#file = [...before, entry];
    this.store.deletePrefix(new Uint8Array(0));
    for (const one of this.#file) this.store.put(...one);
  }
}

/** Encodes its arguments only when the call is executed. */
class CopiesLate extends QueuedCache {
  override get(key: Uint8Array): Promise<CacheEntry | undefined> {
    return this.enqueue(() => this.store.get(key));
  }

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void> {
    return this.enqueue(() => this.store.put(key, value, meta));
  }

  override deletePrefix(prefix: Uint8Array): Promise<number> {
    return this.enqueue(() => this.store.deletePrefix(prefix));
  }
}

/** Refuses a call while another is running. */
class OneAtATime extends QueuedCache {
  #isBusy = false;

  protected override async enqueue<Answer>(call: () => Answer): Promise<Answer> {
    if (this.#isBusy) throw new Error('a call is running');
    this.#isBusy = true;
    try {
      return await super.enqueue(call);
    } finally {
      this.#isBusy = false;
    }
  }
}

export const brokenOverlaps: readonly BrokenCache[] = [
  {
    fault: 'has two connections',
    foundBy: [putAfterPut, deletionAfterPut, putAfterDeletion],
    open: () => new PooledCache(),
  },
  {
    fault: 'deletes in two steps',
    foundBy: [deletionAfterPut, putAfterDeletion, twoDeletions],
    open: () => new DeletesInSteps(),
  },
  { fault: 'deletes ahead of puts', foundBy: [deletionAfterPut], open: () => new DeletesAtOnce() },
  { fault: 'keeps the meta in another place', foundBy: [getDuringPuts], open: () => new TwoPlaces() },
  {
    fault: 'remembers reads that were overtaken',
    foundBy: [getBeforePut, getBeforeDeletion],
    open: () => new RemembersLateReads(),
  },
  {
    fault: 'remembers prefetches that were overtaken',
    foundBy: [prefetchBeforePut],
    open: () => new RemembersLatePrefetches(),
  },
  { fault: 'shares a read', foundBy: [sharedRead], open: () => new SharesReads() },
  { fault: 'keeps one file and writes it whole', foundBy: [manyPuts, putAfterDeletion], open: () => new OneFile() },
  { fault: 'copies its arguments late', foundBy: [changedDuringCall], open: () => new CopiesLate() },
  { fault: 'accepts one call at a time', foundBy: [putAfterPut, manyPuts, sharedRead], open: () => new OneAtATime() },
];
