import { setImmediate as nextTurn } from 'node:timers/promises';
import type fc from 'fast-check';
import { expect } from 'vitest';
import { recordBytes } from '../../src/log/record-format.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { contentsOf, openStore, type StoreHistory } from '../../test/store/store-history.ts';
import { TestDisk } from '../../test/store/test-disk.ts';

/** What the store should hold, and held. */
export interface Model {
  history: StoreHistory;
}

export type StoreCommand = fc.AsyncCommand<Model, StoreUnderTest>;

/** What damage or refusal would tell of; none of these happen to a store that nothing happens to. */
const UNEXPECTED: ReadonlySet<StoreEvent['type']> = new Set([
  'entry-damaged',
  'background-write-failed',
  'poisoned',
  'housekeeping-failed',
  'lock-taken-over',
]);

/** A store on a disk that can crash, with its background work under control. */
export class StoreUnderTest {
  disk: TestDisk = new TestDisk();
  store: LogStore;
  readonly #unexpected: StoreEvent[] = [];
  #deferred: (() => void)[] = [];
  #background: Promise<void>[] = [];
  #opened = 0;

  constructor() {
    this.store = this.#open();
  }

  /** Runs what the store has put off to the end of the turn. */
  async endTurn(): Promise<void> {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const task of deferred) task();
    await nextTurn();
  }

  /** Starts what is not waited for; what it fails with because the store is closed is no fault. */
  startInBackground(work: Promise<void>): void {
    const { disk } = this;
    this.#background.push(
      work.catch((error: unknown) => {
        if (disk === this.disk) expect(error).toMatchObject({ code: 'CLOSED' });
      }),
    );
  }

  async close(): Promise<void> {
    this.store.close();
    await Promise.all(this.#background);
    this.#background = [];
  }

  reopen(): void {
    this.#deferred = [];
    this.store = this.#open();
  }

  /** The process is gone and the machine goes on with `disk`. */
  dropInto(disk: TestDisk): void {
    // What the old instance still has under way must not be heard of.
    this.disk.before = () => {
      throw new Error('this process is gone');
    };
    this.#background = [];
    this.disk = disk;
    this.reopen();
  }

  /** What holds after every command. */
  check({ history }: Model): void {
    const stats = this.store.stats();
    let liveBytes = 0;
    for (const [key, body] of history.current) liveBytes += recordBytes(key.length, body.length);
    expect(stats).toMatchObject({ entries: history.current.size, liveBytes });
    expect(stats.deadBytes).toBeGreaterThanOrEqual(0);
    expect(stats.pageBytes).toBeLessThan(4_000_000);
    expect(this.#unexpected).toEqual([]);
  }

  /** The whole store entry by entry. */
  checkContents({ history }: Model): void {
    this.check({ history });
    const keys = [...history.current.keys()].sort();
    const found = contentsOf(this.store);
    expect([...found.keys()]).toEqual(keys);
    for (const key of keys) if (found.get(key) !== history.current.get(key)) expect.fail(`wrong value of ${key}`);
  }

  #open(): LogStore {
    this.#opened += 1;
    const { disk } = this;
    return openStore(this.disk, {
      seed: this.#opened,
      defer: (task) => this.#deferred.push(task),
      onEvent: (event) => {
        if (UNEXPECTED.has(event.type) && disk === this.disk) this.#unexpected.push(event);
      },
    });
  }
}
