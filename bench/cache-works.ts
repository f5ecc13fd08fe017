import type { CacheEntry, LogCache } from '../src/index.ts';
import type { Work } from './work.ts';
import { groupEntries, Keys, randomFrom, shuffled, type Values } from './workload.ts';

const groupsDeletedMax = 1000;

/** The orders in which a benchmark visits its entries; all of them differ. */
export interface Orders {
  readonly load: Uint32Array;
  readonly read: Uint32Array;
  readonly overwrite: Uint32Array;
}

export function randomOrders(entries: number): Orders {
  return {
    load: shuffled(entries, randomFrom(11)),
    read: shuffled(entries, randomFrom(22)),
    overwrite: shuffled(entries, randomFrom(33)),
  };
}

/** Puts every entry `times` times, in the given order, and syncs at the end. */
export function puts(
  name: string,
  cache: LogCache,
  order: Uint32Array,
  values: Values,
  { round, times = 1 }: { readonly round: number; readonly times?: number },
): Work {
  const keys = new Keys();
  let [index, lap] = [0, 0];
  return {
    name,
    steps: order.length * times,
    step(i) {
      if (i % order.length === 0) lap = i / order.length;
      index = order[i - lap * order.length] as number;
      cache.put(keys.stored(index), values.of(index, round + lap), values.meta);
    },
    finish: () => cache.sync(),
    check: () => expectCount(name, cache.size, order.length),
  };
}

/** The work of `puts` without the calls of the cache. */
export function preparations(order: Uint32Array, values: Values): Work {
  const keys = new Keys();
  let sum = 0;
  return {
    name: 'nothing but preparing key and value',
    steps: order.length,
    step(i) {
      const index = order[i] as number;
      sum += keys.stored(index).length + values.of(index, 0).length;
    },
    check: () => expectCount('preparing', sum, order.length * (keys.stored(0).length + values.length)),
  };
}

/** Gets existing entries, at most `stepsMax` of them. */
export function hits(name: string, cache: LogCache, order: Uint32Array, stepsMax: number = order.length): Work {
  const keys = new Keys();
  const steps = Math.min(stepsMax, order.length);
  let found = 0;
  return {
    name,
    steps,
    step(i) {
      if (cache.get(keys.stored(order[i] as number)) !== undefined) found += 1;
    },
    check: () => expectCount(name, found, steps),
  };
}

export function misses(cache: LogCache, order: Uint32Array): Work {
  const keys = new Keys();
  let found = 0;
  return {
    name: 'get, miss',
    steps: order.length,
    step(i) {
      if (cache.get(keys.absent(order[i] as number)) !== undefined) found += 1;
    },
    check: () => expectCount('get, miss', found, 0),
  };
}

/** Scans all entries in key order. */
export function scan(cache: LogCache): Work {
  let iterator: Iterator<[Uint8Array, CacheEntry]> = cache.entries();
  let seen = 0;
  return {
    name: 'ordered scan',
    steps: cache.size,
    step(i) {
      if (i === 0) {
        iterator = cache.entries();
        seen = 0;
      }
      if (iterator.next().done !== true) seen += 1;
    },
    check: () => expectCount('ordered scan', seen, cache.size),
  };
}

/** Removes whole groups of entries by their prefix, in random order. */
export function prefixDeletions(cache: LogCache): Work {
  const keys = new Keys();
  const groups = shuffled(Math.floor(cache.size / groupEntries), randomFrom(44)).subarray(0, groupsDeletedMax);
  let removed = 0;
  return {
    name: `deletePrefix, runs of ${groupEntries}`,
    steps: groups.length,
    operationsPerStep: groupEntries,
    step(i) {
      removed += cache.deletePrefix(keys.groupPrefix(groups[i] as number));
    },
    check: () => expectCount('deletePrefix', removed, groups.length * groupEntries),
  };
}

/** A cache that is fast because it does not do its work must not be measured. */
function expectCount(name: string, count: number, expected: number): void {
  if (count !== expected) throw new Error(`${name}: ${count} where ${expected} were expected`);
}
