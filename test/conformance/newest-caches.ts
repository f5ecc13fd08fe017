import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import { isNewer } from '../../src/contract/cache-reading.ts';
import { MapCache } from './map-cache.ts';

/** A cache on a map that keeps the newest entry, and reports whether it stored one. */
export class NewestMapCache {
  readonly #map = new MapCache();
  readonly #isNewer: (meta: CacheMeta, other: CacheMeta) => boolean;

  constructor(newer: (meta: CacheMeta, other: CacheMeta) => boolean = isNewer) {
    this.#isNewer = newer;
  }

  capabilities(): ReturnType<MapCache['capabilities']> {
    return this.#map.capabilities();
  }

  get(key: Uint8Array): Promise<ReturnType<MapCache['get']>> {
    return settled(() => this.#map.get(key));
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<boolean> {
    return settled(() => {
      const other = this.#map.get(key);
      // Also checks the arguments, whatever it does with them.
      const previous = other ?? { value, meta };
      this.#map.put(key, value, meta);
      const isStored = other === undefined || this.#isNewer(meta, other.meta);
      if (!isStored) this.#map.put(key, previous.value, previous.meta);
      return isStored;
    });
  }

  deletePrefix(prefix: Uint8Array): Promise<number> {
    return settled(() => this.#map.deletePrefix(prefix));
  }

  async sync(): Promise<void> {}
}

async function settled<Result>(act: () => Result): Promise<Result> {
  return await Promise.resolve(act());
}

class RefusesAfterDeletion extends NewestMapCache {
  #highest = -1n;
  #hasDeleted = false;

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<boolean> {
    const highest = this.#highest;
    if (meta?.watermark > highest) this.#highest = meta.watermark;
    else if (this.#hasDeleted) return Promise.resolve(false);
    return super.put(key, value, meta);
  }

  override deletePrefix(prefix: Uint8Array): Promise<number> {
    this.#hasDeleted = true;
    return super.deletePrefix(prefix);
  }
}

/** Caches that keep the wrong entry, each with the case that detects it. */
export const brokenNewestCaches: readonly {
  readonly fault: string;
  readonly foundBy: string;
  readonly open: () => NewestMapCache;
}[] = [
  {
    fault: 'keeps the last put',
    foundBy: 'a put with a lower watermark stores nothing and says so',
    open: () => new NewestMapCache(() => true),
  },
  {
    fault: 'ignores cachedAtUs',
    foundBy: 'of equal watermarks the later cachedAtUs stays',
    open: () => new NewestMapCache((meta, other) => meta.watermark > other.watermark),
  },
  {
    fault: 'compares watermarks as signed integers',
    foundBy: 'watermarks are compared as u64',
    open: () => {
      const signed = (watermark: bigint): bigint => BigInt.asIntN(64, watermark);
      return new NewestMapCache((meta, other) => signed(meta.watermark) > signed(other.watermark));
    },
  },
  {
    fault: 'compares watermarks as doubles',
    foundBy: 'watermarks are compared as u64',
    open: () => new NewestMapCache((meta, other) => Number(meta.watermark) > Number(other.watermark)),
  },
  {
    fault: 'compares watermarks as texts',
    foundBy: 'watermarks are compared as u64',
    open: () => new NewestMapCache((meta, other) => `${meta.watermark}` > `${other.watermark}`),
  },
  {
    fault: 'keeps watermarks of what was deleted',
    foundBy: 'after a deletion an older entry is stored again',
    open: () => new RefusesAfterDeletion(),
  },
];
