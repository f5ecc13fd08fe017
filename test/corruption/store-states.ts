import { expect } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import { bytes, contentsOf, equal, openStore, openWithEvents, StoreHistory, text } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

/** A store at rest, and what it went through. */
export interface StoreState {
  readonly name: string;
  readonly disk: TestDisk;
  readonly history: StoreHistory;
  /** Whether an image says of all of the log that it was durable: then the loss of its end cannot pass for a crash. */
  readonly endIsCovered: boolean;
}

/** Writes to a store and to its history at once. */
export class HistoryWriter {
  readonly disk: TestDisk = new TestDisk();
  readonly history: StoreHistory = new StoreHistory();
  readonly store: LogStore;

  constructor() {
    this.store = openWithEvents(this.disk).store;
  }

  put(key: string, body: string): this {
    this.store.put(bytes(key), bytes(body));
    this.history.accept((contents) => contents.set(key, body));
    return this;
  }

  putMany(...puts: readonly (readonly [string, string])[]): this {
    const trailer = bytes('');
    this.store.putMany(puts.map(([key, body]) => ({ key: bytes(key), value: bytes(body), trailer })));
    this.history.accept((contents) => {
      for (const [key, body] of puts) contents.set(key, body);
    });
    return this;
  }

  delete(key: string): this {
    this.store.delete(bytes(key));
    this.history.accept((contents) => contents.delete(key));
    return this;
  }

  deletePrefix(prefix: string): this {
    this.store.deletePrefix(bytes(prefix));
    this.history.accept((contents) => {
      for (const key of [...contents.keys()]) if (key.startsWith(prefix)) contents.delete(key);
    });
    return this;
  }

  sync(): this {
    this.store.sync();
    this.history.sync();
    return this;
  }

  compact(): this {
    this.store.compact();
    this.history.sync();
    return this;
  }

  /** The disk after the process was killed: no image of the last state. */
  killed(name: string): StoreState {
    return { name, disk: this.disk.afterKill(), history: this.history, endIsCovered: false };
  }

  closed(name: string): StoreState {
    this.store.close();
    this.history.sync();
    return { name, disk: this.disk.afterKill(), history: this.history, endIsCovered: true };
  }
}

/** Every kind of record, values that replaced others, deletions that must hold, batches, and marks in between. */
export function everyKind(): HistoryWriter {
  return new HistoryWriter()
    .put('a', 'first a')
    .put('b', 'first b')
    .put('user:1', 'u')
    .sync()
    .put('a', 'second a')
    .delete('b')
    .sync()
    .putMany(['a', 'third a'], ['c', 'of a batch'], ['user:2', ''])
    .sync()
    .deletePrefix('user:')
    .put('d', 'last')
    .sync();
}

/** Stores small enough for every bit of them to be flipped. */
export function smallStates(): StoreState[] {
  return [
    everyKind().killed('killed after a sync'),
    everyKind().closed('closed'),
    everyKind().compact().closed('compacted and closed'),
    everyKind()
      .compact()
      .put('c', 'after')
      .delete('a')
      .putMany(['e', '1'], ['f', '2'])
      .sync()
      .killed('compacted, written to'),
    everyKind().put('a', 'not synced').delete('d').killed('killed with more than was synced'),
    new HistoryWriter().closed('empty'),
  ];
}

/** Whatever was done to the files: the store opens and holds nothing but what was there last or later. */
export function expectNoLies(disk: TestDisk, history: StoreHistory, damage: string): Map<string, string> {
  const contents = contentsOf(openStore(disk));
  const lies = history.lies(contents);
  if (lies.length > 0) expect.fail(`${damage}: ${lies.join('; ')}`);
  return contents;
}

/**
 * Besides, it can be written to and compacted, and what it says then is what it says after the next crash. Damage that
 * reaches the end of the log may have taken the marks: then all of an earlier state may be back.
 */
export function expectHonest(
  disk: TestDisk,
  history: StoreHistory,
  damage: string,
  reachesEnd = false,
): Map<string, string> {
  const { store, events } = openWithEvents(disk);
  const contents = contentsOf(store);
  const lies = reachesEnd && history.wasState(contents) ? [] : history.lies(contents);
  if (lies.length > 0) expect.fail(`${damage}: ${lies.join('; ')}`);
  for (const [key, body] of contents) {
    if (text(store.get(bytes(key)) ?? bytes('missed')) !== body) expect.fail(`${damage}: ${key} changed`);
  }
  store.put(bytes('new'), bytes('of this process'));
  store.sync();
  const expected = new Map(contents).set('new', 'of this process');
  expectSame(openWithEvents(disk.afterCrash(() => 'none')).store, expected, `${damage}, after a crash`);
  store.compact();
  expectSame(openWithEvents(disk.afterKill()).store, expected, `${damage}, after a compaction`);
  store.close();
  expectSame(openWithEvents(disk).store, expected, `${damage}, after closing`);
  const poisoned = events.filter(({ type }) => type === 'poisoned' || type === 'background-write-failed');
  if (poisoned.length > 0) expect.fail(`${damage}: ${poisoned[0]?.type}`);
  return contents;
}

function expectSame(store: LogStore, expected: ReadonlyMap<string, string>, damage: string): void {
  const found = contentsOf(store);
  if (!equal(found, expected)) {
    expect.fail(`${damage}: ${JSON.stringify([...found])} instead of ${JSON.stringify([...expected])}`);
  }
}
