import { setImmediate as nextTurn } from 'node:timers/promises';
import type fc from 'fast-check';
import { expect } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { recordBytes } from '../../src/log/record-format.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { laterInto } from '../../test/store/later-into.ts';
import { contentsOf, openStore, type StoreHistory } from '../../test/store/store-history.ts';
import { TestDisk } from '../../test/store/test-disk.ts';

/** The expected contents of the store, and its history. */
export interface Model {
  history: StoreHistory;
}

export type StoreCommand = fc.AsyncCommand<Model, StoreUnderTest>;

/** Events of damage or refusal; a store without faults emits none of them. */
const UNEXPECTED: ReadonlySet<StoreEvent['type']> = new Set([
  'entry-damaged',
  'background-write-failed',
  'poisoned',
  'housekeeping-failed',
  'lock-taken-over',
]);

/** Images are not synced: a crash may tear one. */
function isTornImage(event: StoreEvent): boolean {
  return event.type === 'housekeeping-failed' && event.error instanceof StoreError && event.error.code === 'CORRUPT';
}

/** A store on a disk that can crash, with its background work under control. */
export class StoreUnderTest {
  disk: TestDisk = new TestDisk();
  store: LogStore;
  readonly #unexpected: StoreEvent[] = [];
  #deferred: (() => void)[] = [];
  #background: Promise<void>[] = [];
  #opened = 0;
  #hasCrashed = false;

  constructor() {
    this.store = this.#open();
  }

  /** Runs the work that the store has deferred to the end of the turn. */
  async endTurn(): Promise<void> {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const task of deferred) task();
    await nextTurn();
  }

  /** Starts work that is not awaited; an error because the store is closed is not a fault. */
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

  /** The process ends and the next one continues with `disk`. */
  dropInto(disk: TestDisk): void {
    // The old instance must not reach the disk any more.
    this.disk.before = () => {
      throw new Error('this process is gone');
    };
    this.#background = [];
    this.#hasCrashed = true;
    this.disk = disk;
    this.reopen();
  }

  /** Checks that run after every command. */
  check({ history }: Model): void {
    const stats = this.store.stats();
    let liveBytes = 0;
    for (const [key, body] of history.current) liveBytes += recordBytes(key.length, body.length);
    expect(stats).toMatchObject({ entries: history.current.size, liveBytes });
    expect(stats.deadBytes).toBeGreaterThanOrEqual(0);
    expect(stats.pageBytes).toBeLessThan(4_000_000);
    expect(this.#unexpected).toEqual([]);
  }

  /** Compares the whole store entry by entry. */
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
      later: laterInto(() => this.#deferred),
      onEvent: (event) => {
        if (!UNEXPECTED.has(event.type) || disk !== this.disk) return;
        if (this.#hasCrashed && isTornImage(event)) return;
        this.#unexpected.push(event);
      },
    });
  }
}
