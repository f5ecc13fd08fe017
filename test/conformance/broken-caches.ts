import type { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { ProjectionCache } from '../../src/contract/projection-cache.ts';
import { MapCache } from './map-cache.ts';

/** A cache with one fault, and the cases of the suite that must find it. */
export interface BrokenCache {
  readonly fault: string;
  readonly open: () => ProjectionCache;
  readonly foundBy: readonly string[];
}

class CountsOneMore extends MapCache {
  override deletePrefix(prefix: Uint8Array): number {
    return super.deletePrefix(prefix) + 1;
  }
}

class AlwaysCountsOne extends MapCache {
  override deletePrefix(prefix: Uint8Array): number {
    return Math.min(1, super.deletePrefix(prefix));
  }
}

class IgnoresPrefixesOfFF extends MapCache {
  override deletePrefix(prefix: Uint8Array): number {
    return prefix.every((byte) => byte === 0xff) && prefix.length > 0 ? 0 : super.deletePrefix(prefix);
  }
}

class DropsTheSeparator extends MapCache {
  override deletePrefix(prefix: Uint8Array): number {
    return super.deletePrefix(prefix.at(-1) === 0x3a ? prefix.subarray(0, -1) : prefix);
  }
}

class ReturnsWhatItKeeps extends MapCache {
  readonly #kept: Map<string, CacheEntry> = new Map();

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, value, meta);
    this.#kept.delete(key.toString());
  }

  override get(key: Uint8Array): CacheEntry | undefined {
    const entry = super.get(key);
    if (entry === undefined) return undefined;
    const kept = this.#kept.get(key.toString()) ?? entry;
    this.#kept.set(key.toString(), kept);
    return kept;
  }
}

class KeepsWhatItWasGiven extends MapCache {
  readonly #given: Map<string, CacheEntry> = new Map();

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, value, meta);
    this.#given.set(key.toString(), { value, meta });
  }

  override get(key: Uint8Array): CacheEntry | undefined {
    const given = super.get(key) && this.#given.get(key.toString());
    return given && { value: new Uint8Array(given.value), meta: { ...given.meta } };
  }
}

class RoundsWatermarks extends MapCache {
  override get(key: Uint8Array): CacheEntry | undefined {
    const entry = super.get(key);
    return entry && { ...entry, meta: { ...entry.meta, watermark: BigInt(Number(entry.meta.watermark)) } };
  }
}

class WrapsWatermarks extends MapCache {
  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    const isBigint = typeof meta?.watermark === 'bigint';
    super.put(key, value, isBigint ? { ...meta, watermark: BigInt.asUintN(64, meta.watermark) } : meta);
  }
}

class KeepsTheFirstPut extends MapCache {
  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    if (super.get(key) === undefined) super.put(key, value, meta);
  }
}

class MissesEmptyValues extends MapCache {
  override get(key: Uint8Array): CacheEntry | undefined {
    const entry = super.get(key);
    return entry?.value.length === 0 ? undefined : entry;
  }
}

class CutsKeysAtNul extends MapCache {
  override get(key: Uint8Array): CacheEntry | undefined {
    return super.get(cutAtNul(key));
  }

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(cutAtNul(key), value, meta);
  }
}

function cutAtNul(key: Uint8Array): Uint8Array {
  const end = key.indexOf(0);
  return end > 0 ? key.subarray(0, end) : key;
}

class BringsDeletedEntriesBack extends MapCache {
  readonly #deleted: Map<string, [Uint8Array, CacheEntry]> = new Map();
  readonly #keys: Map<string, Uint8Array> = new Map();

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    for (const [deletedKey, entry] of this.#deleted.values()) super.put(deletedKey, entry.value, entry.meta);
    this.#deleted.clear();
    super.put(key, value, meta);
    this.#keys.set(key.toString(), new Uint8Array(key));
  }

  override deletePrefix(prefix: Uint8Array): number {
    const before = [...this.#keys].map(([name, key]) => [name, key, super.get(key)] as const);
    const removed = super.deletePrefix(prefix);
    for (const [name, key, entry] of before) {
      if (entry !== undefined && super.get(key) === undefined) this.#deleted.set(name, [key, entry]);
    }
    return removed;
  }
}

class PrefetchStores extends MapCache {
  prefetch(key: Uint8Array, predictedMeta: CacheMeta): void {
    this.put(key, new Uint8Array(0), predictedMeta);
  }
}

class SyncForgets extends MapCache {
  override sync(): void {
    this.deletePrefix(new Uint8Array(0));
  }
}

class TakesAnything extends MapCache {
  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, value instanceof Uint8Array ? value : new Uint8Array(0), meta);
  }
}

class NoopThatKeeps extends MapCache {
  override capabilities(): CacheCapabilities {
    return { supportsPrefetch: false, isNoop: true };
  }
}

class ClaimsPrefetch extends MapCache {
  override capabilities(): CacheCapabilities {
    return { supportsPrefetch: true, isNoop: false };
  }
}

const thousandOfThree = 'deletePrefix removes 1,000 entries of 3,000 and counts them';
const roundTrip = 'a value comes back with its meta';

export const brokenCaches: readonly BrokenCache[] = [
  {
    fault: 'counts one more than it removes',
    open: () => new CountsOneMore(),
    foundBy: [thousandOfThree, 'deletePrefix on an empty cache removes nothing'],
  },
  { fault: 'counts one for any deletion', open: () => new AlwaysCountsOne(), foundBy: [thousandOfThree] },
  {
    fault: 'finds no successor for 0xFF and removes nothing',
    open: () => new IgnoresPrefixesOfFF(),
    foundBy: ['deletePrefix takes prefixes of 0xFF bytes'],
  },
  {
    fault: 'takes user:1: for user:1',
    open: () => new DropsTheSeparator(),
    foundBy: ['deletePrefix of user:1: leaves user:10: alone'],
  },
  {
    fault: 'returns the buffer it keeps',
    open: () => new ReturnsWhatItKeeps(),
    foundBy: ['changing a returned value changes nothing in the cache', 'two results of one key share no bytes'],
  },
  {
    fault: 'keeps the buffer it was given',
    open: () => new KeepsWhatItWasGiven(),
    foundBy: ['changing the arguments after put changes nothing in the cache'],
  },
  {
    fault: 'keeps watermarks as doubles',
    open: () => new RoundsWatermarks(),
    foundBy: ['watermark and cachedAtUs keep all their 64 bits'],
  },
  {
    fault: 'wraps watermarks beyond u64',
    open: () => new WrapsWatermarks(),
    foundBy: ['a watermark beyond u64 or a cachedAtUs beyond i64 throws RangeError'],
  },
  {
    fault: 'keeps the first put',
    open: () => new KeepsTheFirstPut(),
    foundBy: ['a later put replaces value and meta'],
  },
  { fault: 'misses empty values', open: () => new MissesEmptyValues(), foundBy: ['an empty value is an entry'] },
  {
    fault: 'ends keys at NUL',
    open: () => new CutsKeysAtNul(),
    foundBy: ['keys are bytes: NUL, 0xFF and invalid UTF-8 included'],
  },
  {
    fault: 'brings deleted entries back at the next put',
    open: () => new BringsDeletedEntriesBack(),
    foundBy: ['deletePrefix, then put: only what was put again is there'],
  },
  {
    fault: 'stores what prefetch predicts',
    open: () => new PrefetchStores(),
    foundBy: ['prefetch, where there is one, changes nothing'],
  },
  { fault: 'forgets at sync', open: () => new SyncForgets(), foundBy: ['sync keeps what was put'] },
  {
    fault: 'takes a value that is not bytes',
    open: () => new TakesAnything(),
    foundBy: ['a key, value or prefix that is not bytes throws TypeError'],
  },
  {
    fault: 'says it is a no-op and keeps values',
    open: () => new NoopThatKeeps(),
    foundBy: [roundTrip, thousandOfThree],
  },
  {
    fault: 'claims a prefetch that it lacks',
    open: () => new ClaimsPrefetch(),
    foundBy: ['capabilities are two booleans, the same at each call'],
  },
];
