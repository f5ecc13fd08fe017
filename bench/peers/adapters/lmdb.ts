import { performance } from 'node:perf_hooks';
import { open, type RootDatabase, TransactionFlags } from 'lmdb';
import { copiedEntry } from '../owned-entry.ts';
import type { MixedOperations, Peer, PeerStore, Puts, Run, Visit } from '../peer.ts';
import { timeEach } from '../timing.ts';

const mapBytes = 16 * 2 ** 30;
const putsPerTransaction = 1000;
const durably: TransactionFlags = TransactionFlags.SYNCHRONOUS_COMMIT;

export function loadPeer(): Peer<Buffer> {
  return {
    name: 'lmdb',
    mode:
      'binary keys and values, getBinaryFast; one write transaction a load, overwrite, deletion and mixed work, flushed; ' +
      `one of ${putsPerTransaction} single puts, as each commit of a synchronous transaction is flushed; never noSync`,
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

  /** The cost of a transaction besides its puts counts for the last put, which commits. */
  putSingly({ keys, bodies }: Puts<Buffer>, durationsMs: Float64Array): void {
    for (let from = 0; from < keys.length; from += putsPerTransaction) {
      const some = durationsMs.subarray(from, from + putsPerTransaction);
      const start = performance.now();
      this.#db.transactionSync(() => {
        timeEach(some, (i) => {
          this.#db.putSync(keys[from + i] as Buffer, (bodies[from + i] as (typeof bodies)[number]).bytes);
        });
      }, durably);
      const putsMs = some.reduce((sum, ms) => sum + ms, 0);
      some[some.length - 1] = (some.at(-1) as number) + performance.now() - start - putsMs;
    }
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

  mixed({ keys, bodies, isPut }: MixedOperations<Buffer>, visit: Visit): void {
    const db = this.#db;
    db.transactionSync(() => {
      for (let i = 0; i < keys.length; i += 1) {
        if (isPut[i] === 1) db.putSync(keys[i] as Buffer, (bodies[i] as (typeof bodies)[number]).bytes);
        else this.#get(keys, i, visit);
      }
    }, durably);
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  #get(keys: readonly Buffer[], i: number, visit: Visit): void {
    const bytes = this.#db.getBinaryFast(keys[i] as Buffer);
    visit(i, bytes === undefined ? undefined : copiedEntry(bytes));
  }
}
