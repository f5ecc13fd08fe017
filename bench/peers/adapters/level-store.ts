import type { AbstractBatchOptions, AbstractLevel, AbstractPutOptions } from 'abstract-level';
import { copiedEntry, ownedEntry } from '../owned-entry.ts';
import type { MixedOperations, PeerStore, Puts, Run, Visit } from '../peer.ts';
import { timeEachPromised } from '../timing.ts';

const operationsPerBatch = 1000;
type Level = AbstractLevel<string | Buffer | Uint8Array, Buffer, Buffer>;
type Operation = { type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer };

/** How the two stores of the level family differ. */
export interface LevelKind {
  /** Options of a synced write; empty if there is nothing to sync. */
  readonly synced: AbstractBatchOptions<Buffer, Buffer> & AbstractPutOptions<Buffer, Buffer>;
  /** It keeps and returns references to bytes, so both must be copied. */
  readonly keepsBytes: boolean;
}

/** A store of the level family. Reads are synchronous: awaited ones are many times slower. */
export class LevelStore implements PeerStore<Buffer> {
  readonly #db: Level;
  readonly #kind: LevelKind;

  constructor(db: Level, kind: LevelKind) {
    this.#db = db;
    this.#kind = kind;
  }

  async putAll({ keys, bodies }: Puts<Buffer>): Promise<void> {
    for (let from = 0; from < keys.length; from += operationsPerBatch) {
      const until = Math.min(keys.length, from + operationsPerBatch);
      const batch: Operation[] = [];
      for (let i = from; i < until; i += 1) batch.push(this.#put(keys, bodies, i));
      await this.#db.batch(batch, until === keys.length ? this.#kind.synced : {});
    }
  }

  async putSingly({ keys, bodies }: Puts<Buffer>, durationsMs: Float64Array): Promise<void> {
    const last = keys.length - 1;
    await timeEachPromised(durationsMs, (i) => {
      const { key, value } = this.#put(keys, bodies, i);
      return this.#db.put(key, value, i === last ? this.#kind.synced : {});
    });
  }

  getEach(keys: readonly Buffer[], visit: Visit): void {
    for (let i = 0; i < keys.length; i += 1) this.#get(keys, i, visit);
  }

  async scan(visit: Visit): Promise<void> {
    let i = 0;
    const values = this.#db.values();
    try {
      for (;;) {
        const some = await values.nextv(operationsPerBatch);
        if (some.length === 0) break;
        for (const value of some) {
          visit(i, this.#kind.keepsBytes ? copiedEntry(value) : ownedEntry(value));
          i += 1;
        }
      }
    } finally {
      await values.close();
    }
  }

  async deleteRuns(runs: readonly Run<Buffer>[]): Promise<number> {
    let deleted = 0;
    let batch: Operation[] = [];
    for (const { start, end } of runs) {
      const keys = await this.#db.keys({ gte: start, lt: end }).all();
      deleted += keys.length;
      for (const key of keys) batch.push({ type: 'del', key });
      if (batch.length < operationsPerBatch) continue;
      await this.#db.batch(batch);
      batch = [];
    }
    await this.#db.batch(batch, this.#kind.synced);
    return deleted;
  }

  async mixed({ keys, bodies, isPut }: MixedOperations<Buffer>, visit: Visit): Promise<void> {
    let lastPut = isPut.lastIndexOf(1);
    if (lastPut === -1) lastPut = keys.length;
    for (let i = 0; i < keys.length; i += 1) {
      if (isPut[i] === 1) {
        const { key, value } = this.#put(keys, bodies, i);
        await this.#db.put(key, value, i === lastPut ? this.#kind.synced : {});
      } else this.#get(keys, i, visit);
    }
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  #put(keys: readonly Buffer[], bodies: Puts<Buffer>['bodies'], i: number): Operation & { type: 'put' } {
    const { bytes } = bodies[i] as (typeof bodies)[number];
    return { type: 'put', key: keys[i] as Buffer, value: this.#kind.keepsBytes ? Buffer.from(bytes) : bytes };
  }

  #get(keys: readonly Buffer[], i: number, visit: Visit): void {
    const bytes = this.#db.getSync(keys[i] as Buffer);
    if (bytes === undefined) visit(i, undefined);
    else visit(i, this.#kind.keepsBytes ? copiedEntry(bytes) : ownedEntry(bytes));
  }
}

const synced: LevelKind['synced'] & { readonly sync: true } = { sync: true };

/** The same with durable writes. */
export class DurableLevelStore extends LevelStore {
  readonly #db: Level;
  readonly #compact: () => Promise<void>;

  constructor(db: Level, compact: () => Promise<void>) {
    super(db, { synced, keepsBytes: false });
    this.#db = db;
    this.#compact = compact;
  }

  async putDurably({ keys, bodies }: Puts<Buffer>): Promise<void> {
    for (let i = 0; i < keys.length; i += 1) {
      await this.#db.put(keys[i] as Buffer, (bodies[i] as (typeof bodies)[number]).bytes, synced);
    }
  }

  compact(): Promise<void> {
    return this.#compact();
  }
}
