import { assertBytes } from '../../src/base/argument.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { BrokenCache } from './broken-cache.ts';
import { MapCache } from './map-cache.ts';

const thousandOfThree = 'deletePrefix removes 1,000 entries of 3,000 and counts them';
const manyEntries = 'deletePrefix removes 5,003 entries with 1.2 MiB of values in one call';
const onEmpty = 'deletePrefix on an empty cache removes nothing';
const ofAll = 'deletePrefix with the empty prefix removes all';
const secondTime = 'a second deletePrefix removes nothing';

/** Returns something else than the count from `deletePrefix`. */
export class CountingCache extends MapCache {
  readonly #answer: (removed: number, prefix: Uint8Array) => unknown;

  constructor(answer: (removed: number, prefix: Uint8Array) => unknown) {
    super();
    this.#answer = answer;
  }

  override deletePrefix(prefix: Uint8Array): number {
    return this.#answer(super.deletePrefix(prefix), prefix) as number;
  }
}

/** Removes at most one page of entries, and counts those. */
export class OnePageCache extends MapCache {
  readonly #entriesMax: number;
  readonly #bytesMax: number;

  constructor(entriesMax: number, bytesMax: number) {
    super();
    this.#entriesMax = entriesMax;
    this.#bytesMax = bytesMax;
  }

  override deletePrefix(prefix: Uint8Array): number {
    assertBytes(prefix, 'prefix');
    const start = Buffer.from(prefix);
    const found = this.keys().filter((key) => start.equals(key.subarray(0, start.length)));
    let bytes = 0;
    let removed = 0;
    for (const key of found) {
      bytes += this.get(key)?.value.length ?? 0;
      if (removed === this.#entriesMax || bytes > this.#bytesMax) break;
      this.delete(key);
      removed += 1;
    }
    return removed;
  }
}

class CountsWrites extends MapCache {
  #writes = 0;

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, value, meta);
    this.#writes += 1;
  }

  override deletePrefix(prefix: Uint8Array): number {
    const removed = super.deletePrefix(prefix);
    return removed > 0 ? this.#writes : 0;
  }
}

class CountsTombstones extends MapCache {
  readonly #tombstones: Uint8Array[] = [];

  override deletePrefix(prefix: Uint8Array): number {
    assertBytes(prefix, 'prefix');
    const start = Buffer.from(prefix);
    const before = this.#tombstones.filter((key) => start.equals(key.subarray(0, start.length))).length;
    this.#tombstones.push(...this.keys());
    return super.deletePrefix(prefix) + before;
  }
}

class RefusesTheEmptyPrefix extends MapCache {
  override deletePrefix(prefix: Uint8Array): number {
    if (prefix?.length === 0) throw new RangeError('the prefix is empty');
    return super.deletePrefix(prefix);
  }
}

export class IgnoresPrefixes extends MapCache {
  readonly #ignores: (prefix: Uint8Array) => boolean;

  constructor(ignores: (prefix: Uint8Array) => boolean) {
    super();
    this.#ignores = ignores;
  }

  override deletePrefix(prefix: Uint8Array): number {
    assertBytes(prefix, 'prefix');
    return this.#ignores(prefix) ? 0 : super.deletePrefix(prefix);
  }
}

class BringsDeletedEntriesBack extends MapCache {
  readonly #deleted: [Uint8Array, CacheEntry][] = [];

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    for (const [deletedKey, entry] of this.#deleted.splice(0)) super.put(deletedKey, entry.value, entry.meta);
    super.put(key, value, meta);
  }

  override deletePrefix(prefix: Uint8Array): number {
    const before = this.keys().map((key) => [key, this.get(key)] as const);
    const removed = super.deletePrefix(prefix);
    for (const [key, entry] of before) {
      if (entry !== undefined && this.get(key) === undefined) this.#deleted.push([key, entry]);
    }
    return removed;
  }
}

export const brokenCounts: readonly BrokenCache[] = [
  counting('counts one more than it removes', (removed) => removed + 1, [thousandOfThree, onEmpty]),
  counting('counts one for any deletion', (removed) => Math.min(1, removed), [thousandOfThree, ofAll]),
  counting('counts as text', String, [onEmpty, thousandOfThree]),
  counting('counts in bigints', BigInt, [onEmpty, thousandOfThree]),
  counting('counts in booleans', Boolean, [onEmpty, thousandOfThree]),
  counting('counts nothing', () => undefined, [onEmpty, thousandOfThree]),
  counting('does not count where it removes all', (removed, prefix) => (prefix.length === 0 ? 0 : removed), [ofAll]),
  paged('removes 1,000 entries at most', 1_000, Number.POSITIVE_INFINITY, [manyEntries]),
  paged('removes 5,000 entries at most', 5_000, Number.POSITIVE_INFINITY, [manyEntries]),
  paged('removes 1 MiB of values at most', Number.POSITIVE_INFINITY, 2 ** 20, [manyEntries]),
  paged('removes 100 entries at most', 100, Number.POSITIVE_INFINITY, [manyEntries, thousandOfThree]),
  {
    fault: 'counts written records, not entries',
    foundBy: ['deletePrefix counts an overwritten entry once'],
    open: () => new CountsWrites(),
  },
  { fault: 'also counts entries that were removed before', foundBy: [secondTime], open: () => new CountsTombstones() },
  { fault: 'refuses the empty prefix', foundBy: [ofAll], open: () => new RefusesTheEmptyPrefix() },
  ignoring('treats the empty prefix as absent', (prefix) => prefix.length === 0, [ofAll]),
  ignoring('finds no successor for 0xFF', (prefix) => prefix.length > 0 && prefix.every((byte) => byte === 0xff), [
    'deletePrefix takes prefixes of 0xFF bytes',
  ]),
  {
    fault: 'restores deleted entries at the next put',
    foundBy: ['deletePrefix, then put: only the new entry exists'],
    open: () => new BringsDeletedEntriesBack(),
  },
];

function counting(
  fault: string,
  answer: (removed: number, prefix: Uint8Array) => unknown,
  foundBy: readonly string[],
): BrokenCache {
  return { fault, foundBy, open: () => new CountingCache(answer) };
}

function paged(fault: string, entriesMax: number, bytesMax: number, foundBy: readonly string[]): BrokenCache {
  return { fault, foundBy, open: () => new OnePageCache(entriesMax, bytesMax) };
}

function ignoring(fault: string, ignores: (prefix: Uint8Array) => boolean, foundBy: readonly string[]): BrokenCache {
  return { fault, foundBy, open: () => new IgnoresPrefixes(ignores) };
}
