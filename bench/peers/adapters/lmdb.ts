import { open, type RootDatabase, type TransactionFlags } from 'lmdb';
import { copiedEntry } from '../owned-entry.ts';
import type { MixedOperations, Peer, PeerStore, Puts, Run, Visit } from '../peer.ts';
import { timeEach } from '../timing.ts';

const mapBytes = 16 * 2 ** 30;
const operationsPerTransaction = 1000;
const durably: TransactionFlags = 2 satisfies TransactionFlags.SYNCHRONOUS_COMMIT;
/** Committed and visible, safe in a crash as the pages of the last flush stay; durable after a later flush. */
const withoutFlush: number = 0x10002;

export function loadPeer(): Peer<Buffer> {
  return {
    name: 'lmdb',
    mode:
      'binary keys and values, getBinaryFast; one write transaction a load, overwrite and deletion, flushed; a transaction ' +
      `of ${operationsPerTransaction} operations in the mixed work and putSync for single puts, flushed at the end; never noSync`,
    keyForm: 'bytes',
    open: (directory) =>
      new LmdbStore(
        open<Buffer, Buffer>({
          path: directory,
          keyEncoding: 'binary',
          encoding: 'binary',
          mapSize: mapBytes,
          noSubdir: false,
        }),
      ),
  };
}

class LmdbStore implements PeerStore<Buffer> {
  readonly #db: RootDatabase<Buffer, Buffer>;

  constructor(db: RootDatabase<Buffer, Buffer>) {
    this.#db = db;
  }

  putAll({ keys, bodies }: Puts<Buffer>): void {
    const db = this.#db;
    db.transactionSync(() => {
      for (let i = 0; i < keys.length; i += 1)
        db.putSync(keys[i] as Buffer, (bodies[i] as (typeof bodies)[number]).bytes);
    }, durably);
  }

  putDurably({ keys, bodies }: Puts<Buffer>): void {
    const db = this.#db;
    for (let i = 0; i < keys.length; i += 1) {
      db.transactionSync(() => db.putSync(keys[i] as Buffer, (bodies[i] as (typeof bodies)[number]).bytes), durably);
    }
  }

  async putSingly({ keys, bodies }: Puts<Buffer>, durationsMs: Float64Array): Promise<void> {
    timeEach(durationsMs, (i) => {
      this.#db.putSync(keys[i] as Buffer, (bodies[i] as (typeof bodies)[number]).bytes);
    });
    await this.#flush();
  }

  getEach(keys: readonly Buffer[], visit: Visit): void {
    for (let i = 0; i < keys.length; i += 1) this.#get(keys, i, visit);
  }

  scan(visit: Visit): void {
    let i = 0;
    for (const { value } of this.#db.getRange({})) {
      visit(i, copiedEntry(value));
      i += 1;
    }
  }

  deleteRuns(runs: readonly Run<Buffer>[]): number {
    const db = this.#db;
    let deleted = 0;
    db.transactionSync(() => {
      for (const run of runs) {
        for (const key of [...db.getKeys(run)]) {
          db.removeSync(key);
          deleted += 1;
        }
      }
    }, durably);
    return deleted;
  }

  async mixed({ keys, bodies, isPut }: MixedOperations<Buffer>, visit: Visit): Promise<void> {
    const db = this.#db;
    for (let from = 0; from < keys.length; from += operationsPerTransaction) {
      const until = Math.min(keys.length, from + operationsPerTransaction);
      db.transactionSync(() => {
        for (let i = from; i < until; i += 1) {
          if (isPut[i] === 1) db.putSync(keys[i] as Buffer, (bodies[i] as (typeof bodies)[number]).bytes);
          else this.#get(keys, i, visit);
        }
      }, withoutFlush as TransactionFlags);
    }
    await this.#flush();
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  #get(keys: readonly Buffer[], i: number, visit: Visit): void {
    const bytes = this.#db.getBinaryFast(keys[i] as Buffer);
    visit(i, bytes === undefined ? undefined : copiedEntry(bytes));
  }

  /** The environment's own sync, which its types leave out. */
  #flush(): Promise<void> {
    const db = this.#db as unknown as { sync(done: (error?: Error) => void): void };
    return new Promise((resolve, reject) => {
      db.sync((error) => (error ? reject(error) : resolve()));
    });
  }
}
