/*
 * The machine stops before each operation that a workload asks of the disk, and again before each operation of the
 * recovery after it, with every kind of outcome for what was not synced. Each time the store must come back in a state
 * that it was in, with everything synced, and its contents must not change afterwards: not after more writes, not after
 * another crash.
 */
import { describe, expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import { type DiskCall, seededRandom } from '../../src/testing/index.ts';
import { bytes, contentsOf, equal, openStore, StoreHistory } from '../store/store-history.ts';
import { type Survival, TestDisk } from '../store/test-disk.ts';

const CHANGING: ReadonlySet<DiskCall['verb']> = new Set([
  'create',
  'remove',
  'sync-directory',
  'write',
  'truncate',
  'sync',
]);
const SURVIVALS: readonly Survival[] = ['all', 'none', 'part', 'zeros'];

/** Always the same outcome, or a random one for each change. */
function survivalChoices(seed: number): (() => Survival)[] {
  const random = seededRandom(seed);
  return [...SURVIVALS.map((choose) => () => choose), () => SURVIVALS[random() % SURVIVALS.length] ?? 'none'];
}

class Workload {
  readonly disk: TestDisk = new TestDisk();
  readonly history: StoreHistory = new StoreHistory();
  readonly #onPut: boolean;
  store: LogStore | undefined;

  constructor(onPut: boolean) {
    this.#onPut = onPut;
  }

  /** The state is recorded first: a running operation may be on the disk already. */
  #do(change: (contents: Map<string, string>) => void, operate: (store: LogStore) => void): void {
    this.history.accept(change);
    if (this.store !== undefined) operate(this.store);
    if (this.#onPut) this.history.sync();
  }

  put(key: string, body: string): void {
    this.#do(
      (contents) => contents.set(key, body),
      (store) => store.writer.put(bytes(key), bytes(body)),
    );
  }

  run(): void {
    this.store = openStore(this.disk, { durability: this.#onPut ? 'on-put' : 'on-sync' });
    this.put('a', 'first');
    this.put('user:1', 'first');
    this.sync();
    this.put('a', 'second');
    this.#do(
      (contents) => contents.delete('user:1'),
      (store) => store.writer.deletePrefix(bytes('user:')),
    );
    this.#do(
      (contents) => contents.set('b', 'batch').set('c', 'batch'),
      (store) =>
        store.writer.putMany(['b', 'c'].map((key) => ({ key: bytes(key), value: bytes('batch'), trailer: bytes('') }))),
    );
    this.sync();
    this.put('d', 'before the compaction');
    this.#compact();
    this.put('a', 'third');
    this.#close();
    this.store = openStore(this.disk, { durability: this.#onPut ? 'on-put' : 'on-sync', seed: 2 });
    this.#do(
      (contents) => contents.delete('b'),
      (store) => store.writer.delete(bytes('b')),
    );
    this.sync();
    this.put('e', 'last');
    this.#compact();
    this.#close();
  }

  sync(): void {
    this.store?.sync();
    this.history.sync();
  }

  #compact(): void {
    this.store?.compact();
    this.history.sync();
  }

  #close(): void {
    this.store?.close();
    this.history.sync();
  }
}

let checked = 0;

/** The store on `disk` is in a state of `history`, and stays in it. */
function expectRecovery(disk: TestDisk, history: StoreHistory, crashPoint: string): void {
  const contents = contentsOf(openStore(disk, { seed: 3 }));
  checked += 1;
  if (!history.isPrefix(contents)) expect.fail(`${crashPoint}: ${JSON.stringify([...contents])}`);
  const next = openStore(
    disk.afterCrash(() => 'none'),
    { seed: 4 },
  );
  if (!equal(contentsOf(next), contents)) expect.fail(`${crashPoint}: another crash changed it`);
}

/** Also crashes before each operation of the recovery; then continues from a recovery that ended. */
function expectRecoveryOfRecovery(disk: TestDisk, history: StoreHistory, crashPoint: string): void {
  let operations = 0;
  disk.before = (operation) => {
    if (!CHANGING.has(operation.verb)) return undefined;
    operations += 1;
    for (const [i, choose] of survivalChoices(operations).entries()) {
      const name = `${crashPoint}, then before ${operation.verb} ${operation.name} of the recovery, outcome ${i}`;
      expectRecovery(disk.afterCrash(choose), history, name);
    }
    return undefined;
  };
  const store = openStore(disk, { seed: 5 });
  disk.before = () => undefined;
  const expected = contentsOf(store).set('a', 'after the crash');
  store.writer.put(bytes('a'), bytes('after the crash'));
  store.sync();
  if (!equal(contentsOf(openStore(disk.afterCrash(() => 'none'))), expected)) {
    expect.fail(`${crashPoint}: what was written after the crash did not last`);
  }
}

describe.each([false, true])('a workload, each put durable: %s', (onPut) => {
  test('that is stopped before any disk operation comes back in an allowed state', () => {
    const workload = new Workload(onPut);
    let operations = 0;
    workload.disk.before = (operation) => {
      if (!CHANGING.has(operation.verb)) return undefined;
      operations += 1;
      const crashPoint = `before operation ${operations}, ${operation.verb} ${operation.name}`;
      for (const [i, choose] of survivalChoices(operations).entries()) {
        const crashed = workload.disk.afterCrash(choose);
        expectRecovery(crashed.afterKill(), workload.history, `${crashPoint}, outcome ${i}`);
        if (operations % 3 === 0) expectRecoveryOfRecovery(crashed, workload.history, `${crashPoint}, outcome ${i}`);
      }
      return undefined;
    };
    workload.run();
    expect(operations).toBeGreaterThan(40);
    expect(checked).toBeGreaterThan(500);
  });
});
