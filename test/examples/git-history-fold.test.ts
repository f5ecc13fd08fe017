import { describe, expect, test } from 'vitest';
import { ActivityFold } from '../../docs/examples/git-history/activity-fold.ts';
import { activityKeys } from '../../docs/examples/git-history/activity-key.ts';
import { busiestFiles } from '../../docs/examples/git-history/busiest-files.ts';
import type { FileActivity } from '../../docs/examples/git-history/file-activity.ts';
import { decodeActivity } from '../../docs/examples/git-history/file-activity.ts';
import type { RecordedChange } from '../../docs/examples/git-history/file-change.ts';
import { sequenceOf } from '../../docs/examples/git-history/file-change.ts';
import { Snapshot } from '../../docs/examples/git-history/snapshot.ts';
import { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { ProjectionCache } from '../../src/contract/projection-cache.ts';

/** The simplest cache that keeps the verbs the fold needs. With `putsLeft` it stops like a crash that kept a prefix. */
class MapCache implements ProjectionCache {
  readonly #entries = new Map<string, CacheEntry>();
  putsLeft: number = Number.POSITIVE_INFINITY;

  capabilities(): CacheCapabilities {
    return CacheCapabilities.none();
  }

  get(key: Uint8Array): CacheEntry | undefined {
    return this.#entries.get(Buffer.from(key).toString());
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    if (this.putsLeft === 0) throw new Error('crash');
    this.putsLeft -= 1;
    this.#entries.set(Buffer.from(key).toString(), { value: Uint8Array.from(value), meta });
  }

  deletePrefix(): number {
    throw new Error('The fold does not delete');
  }

  sync(): void {}

  *entries(prefix = ''): IterableIterator<[Uint8Array, CacheEntry]> {
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) yield [Buffer.from(key), this.get(Buffer.from(key)) as CacheEntry];
  }
}

function change(commit: number, position: number, path: string, linesAdded: number, linesRemoved = 0): RecordedChange {
  const event = { commit, committedAt: commit * 100, path, linesAdded, linesRemoved };
  return { sequence: sequenceOf(commit, position), event };
}

const events = [
  change(1, 1, 'README', 10),
  change(1, 2, 'src/a.ts', 5),
  change(1, 3, 'src/deep/b.ts', 7),
  change(3, 1, 'src/a.ts', 2, 1),
  change(3, 2, 'src2/c.ts', 1),
  change(4, 1, 'README', 0, 10),
];

function folded(all: readonly RecordedChange[], cache: MapCache = new MapCache()): MapCache {
  const fold = new ActivityFold(cache, () => 123n);
  for (const event of all) fold.apply(event);
  return cache;
}

function stateOf(cache: ProjectionCache, key: string): FileActivity | undefined {
  const entry = cache.get(Buffer.from(key));
  return entry === undefined ? undefined : decodeActivity(entry.value);
}

describe('activityKeys', () => {
  test('are the file, its directories from the nearest on, and the root', () => {
    const keys = (path: string): string[] => [...activityKeys(path)].map((key) => Buffer.from(key).toString());
    expect(keys('src/log/page.ts')).toEqual([
      ...['file:src/log/page.ts', 'directory:src/log/', 'directory:src/', 'directory:/'],
    ]);
    expect(keys('README')).toEqual(['file:README', 'directory:/']);
    expect(keys('é/日本')).toEqual(['file:é/日本', 'directory:é/', 'directory:/']);
  });
});

describe('ActivityFold', () => {
  test('gives each file and directory its commits, lines and times', () => {
    const cache = folded(events);
    const activity = (commits: number, linesAdded: number, linesRemoved: number, first: number, last: number) => {
      return { commits, linesAdded, linesRemoved, firstChange: first * 100, lastChange: last * 100, lastCommit: last };
    };
    expect(stateOf(cache, 'file:README')).toEqual(activity(2, 10, 10, 1, 4));
    expect(stateOf(cache, 'file:src/a.ts')).toEqual(activity(2, 7, 1, 1, 3));
    expect(stateOf(cache, 'file:src/deep/b.ts')).toEqual(activity(1, 7, 0, 1, 1));
    expect(stateOf(cache, 'directory:src/')).toEqual(activity(2, 14, 1, 1, 3));
    expect(stateOf(cache, 'directory:src/deep/')).toEqual(activity(1, 7, 0, 1, 1));
    expect(stateOf(cache, 'directory:src2/')).toEqual(activity(1, 1, 0, 3, 3));
    expect(stateOf(cache, 'directory:/')).toEqual(activity(3, 25, 11, 1, 4));
    expect(stateOf(cache, 'file:src2')).toBeUndefined();
  });

  test('keeps the earliest and the latest time when the clocks of authors disagree', () => {
    const late = { ...change(2, 1, 'README', 1), event: { ...change(2, 1, 'README', 1).event, committedAt: 50 } };
    const state = stateOf(folded([change(1, 1, 'README', 1), late]), 'file:README');
    expect([state?.firstChange, state?.lastChange]).toEqual([50, 100]);
  });

  test('stamps each entry with the last event folded into it and the time', () => {
    const cache = folded(events);
    expect(cache.get(Buffer.from('file:src/a.ts'))?.meta).toEqual({ watermark: sequenceOf(3, 1), cachedAtUs: 123n });
    expect(cache.get(Buffer.from('directory:/'))?.meta.watermark).toBe(sequenceOf(4, 1));
  });

  test('counts events and updated entries, and knows how far the cache has got', () => {
    const fold = new ActivityFold(new MapCache(), () => 0n);
    expect(fold.position()).toBe(0n);
    for (const event of events.slice(0, 3)) fold.apply(event);
    expect([fold.events, fold.updates, fold.position()]).toEqual([3, 9, sequenceOf(1, 3)]);
  });

  test('folding in two parts gives what folding at once gives, wherever it is cut', () => {
    const whole = new Snapshot(folded(events).entries());
    for (let cut = 0; cut <= events.length; cut += 1) {
      const cache = folded(events.slice(cut), folded(events.slice(0, cut)));
      new Snapshot(cache.entries()).mustEqual(whole, 'parts', 'whole');
    }
  });

  // A crash between the puts of one event leaves some of its entries ahead of the root. Resuming after the root's
  // watermark then offers those entries an event they have already; counting it twice would be a lie.
  test('goes on rightly from any number of puts that a crash left', () => {
    const whole = new Snapshot(folded(events).entries());
    const putsInAll = events.reduce((sum, { event }) => sum + [...activityKeys(event.path)].length, 0);
    for (let puts = 0; puts < putsInAll; puts += 1) {
      const cache = new MapCache();
      cache.putsLeft = puts;
      expect(() => folded(events, cache)).toThrow('crash');
      cache.putsLeft = Number.POSITIVE_INFINITY;
      const position = new ActivityFold(cache, () => 0n).position();
      folded(
        events.filter((event) => event.sequence > position),
        cache,
      );
      new Snapshot(cache.entries()).mustEqual(whole, `${puts} puts`, 'whole');
    }
  });
});

describe('busiestFiles', () => {
  test('puts more commits first, then more lines, then the path, and leaves directories out', () => {
    const files = [change(1, 1, 'b', 1), change(1, 2, 'a', 1), change(1, 3, 'c', 2), change(2, 1, 'd/e', 1)];
    const cache = folded([...files, change(3, 1, 'd/e', 1)]);
    const paths = busiestFiles(cache.entries('file:'), 3).map((file) => file.path);
    expect(paths).toEqual(['d/e', 'c', 'a']);
  });
});

describe('Snapshot', () => {
  const whole = new Snapshot(folded(events).entries());

  test('has the same fingerprint for the same entries, whenever they were cached', () => {
    const later = new MapCache();
    const fold = new ActivityFold(later, () => 999n);
    for (const event of events) fold.apply(event);
    expect(new Snapshot(later.entries()).fingerprint()).toBe(whole.fingerprint());
    expect(whole.fingerprint()).toMatch(/^[0-9a-f]{16}$/);
    expect(new Snapshot(folded(events.slice(1)).entries()).fingerprint()).not.toBe(whole.fingerprint());
  });

  test('names the first entry that differs in state or watermark, or is missing', () => {
    const cache = folded(events);
    const key = Buffer.from('file:README');
    const { value } = cache.get(key) as CacheEntry;
    cache.put(key, value, { watermark: 7n, cachedAtUs: 0n });
    const differs = () => new Snapshot(cache.entries()).mustEqual(whole, 'warm', 'cold');
    expect(differs).toThrow(/"file:README" \{.*\} at 7 after warm, but "file:README" \{.*\} at 17179869185 after cold/);
    const shorter = new Snapshot([...folded(events).entries()].slice(0, -1));
    expect(() => whole.mustEqual(shorter, 'delta', 'cold')).toThrow(/"file:src2\/c\.ts".* after delta, but absent/);
    expect(() => shorter.mustEqual(whole, 'delta', 'cold')).toThrow(/is absent after delta/);
  });
});
