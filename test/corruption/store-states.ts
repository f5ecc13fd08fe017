import type { LogStore } from '../../src/store/log-store.ts';
import type { Engine } from '../engines/engine-source.ts';
import { bytes, contentsOf, openStore, StoreHistory } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

/** A closed or killed store, and its history. */
export interface StoreState {
  readonly name: string;
  readonly disk: TestDisk;
  readonly history: StoreHistory;
  /** Whether an image covers the whole log as durable: then the loss of its end cannot look like a crash. */
  readonly endIsCovered: boolean;
}

/** Writes to a store and to its history. */
export class HistoryWriter {
  readonly disk: TestDisk;
  readonly history: StoreHistory;
  readonly store: LogStore;

  /** Writes with `engine` (default: the sources) to `disk` (default: an empty one). */
  constructor(engine?: Engine, disk: TestDisk = new TestDisk(), seed = 1) {
    this.disk = disk;
    this.store = openStore(this.disk, { engine, seed });
    this.history = new StoreHistory(contentsOf(this.store));
  }

  put(key: string, body: string): this {
    this.store.writer.put(bytes(key), bytes(body));
    this.history.accept((contents) => contents.set(key, body));
    return this;
  }

  putMany(...puts: readonly (readonly [string, string])[]): this {
    const trailer = bytes('');
    this.store.writer.putMany(puts.map(([key, body]) => ({ key: bytes(key), value: bytes(body), trailer })));
    this.history.accept((contents) => {
      for (const [key, body] of puts) contents.set(key, body);
    });
    return this;
  }

  delete(key: string): this {
    this.store.writer.delete(bytes(key));
    this.history.accept((contents) => contents.delete(key));
    return this;
  }

  deletePrefix(prefix: string): this {
    this.store.writer.deletePrefix(bytes(prefix));
    this.history.accept((contents) => {
      for (const key of [...contents.keys()]) if (key.startsWith(prefix)) contents.delete(key);
    });
    return this;
  }

  /** Writes accepted records to the file, without a sync. */
  flush(): this {
    this.store.verify();
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

  /** The disk after the process was killed: without an image of the last state. */
  killed(name: string): StoreState {
    return { name, disk: this.disk.afterKill(), history: this.history, endIsCovered: false };
  }

  closed(name: string): StoreState {
    this.store.close();
    this.history.sync();
    return { name, disk: this.disk.afterKill(), history: this.history, endIsCovered: true };
  }
}

/** Every kind of record: replaced values, deletions that must hold, batches, and marks in between. */
export function everyKind(engine?: Engine): HistoryWriter {
  return new HistoryWriter(engine)
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

/** Stores that are small enough to flip each of their bits. */
export function smallStates(engine?: Engine): StoreState[] {
  return [
    everyKind(engine).killed('killed after a sync'),
    everyKind(engine).closed('closed'),
    everyKind(engine).compact().closed('compacted and closed'),
    everyKind(engine)
      .compact()
      .put('c', 'after')
      .delete('a')
      .putMany(['e', '1'], ['f', '2'])
      .sync()
      .killed('compacted, written to'),
    everyKind(engine).put('a', 'not synced').delete('d').flush().killed('killed with more than was synced'),
    new HistoryWriter(engine).closed('empty'),
  ];
}

/** A log of a few sectors, overwritten repeatedly with the same lengths. */
export function someSectors(engine?: Engine): HistoryWriter {
  const writer = new HistoryWriter(engine);
  for (let round = 0; round < 4; round += 1) {
    // The same lengths in every round, so that a sector of one round fits into the same place of the next.
    for (let i = 0; i < 5; i += 1) writer.put(`key ${i}`, `round ${round} of key ${i} `.padEnd(60, '.'));
    writer.putMany(['a', `batch ${round}`], ['b', `batch ${round}`]).delete(`key ${round}`);
    writer.sync();
  }
  return writer;
}
