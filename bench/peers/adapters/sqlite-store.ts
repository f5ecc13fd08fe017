import { ownedEntry } from '../owned-entry.ts';
import type { MixedOperations, PeerStore, Puts, Run, Visit } from '../peer.ts';
import { timeEach } from '../timing.ts';

export const sqliteMode: string =
  'prepared statements; table without rowid, the key as text; WAL, 256 MB cache, 4 GB mmap, wal_autocheckpoint 10000; one ' +
  'transaction a load, overwrite, deletion and mixed work; synchronous FULL, but NORMAL for single puts, with a synced ' +
  'commit at the end';

/** The interface that a SQLite library must have. */
export interface SqliteLibrary {
  exec(sql: string): void;
  /** Runs a statement with its values and returns how many rows it changed. */
  statement(sql: string): (...values: (string | Uint8Array)[]) => number;
  /** The one column of the one row. */
  reader(sql: string): (value: string) => Uint8Array | undefined;
  /** The one column of all rows. */
  scanner(sql: string): () => Iterable<Uint8Array>;
  close(): void;
}

/** A table of keys and bodies, the same for both libraries. */
export class SqliteStore implements PeerStore<string> {
  readonly #db: SqliteLibrary;
  readonly #put: (key: string, body: Uint8Array) => number;
  readonly #get: (key: string) => Uint8Array | undefined;

  constructor(db: SqliteLibrary) {
    this.#db = db;
    db.exec('PRAGMA journal_mode = WAL; PRAGMA cache_size = -262144; PRAGMA mmap_size = 4294967296');
    db.exec('PRAGMA wal_autocheckpoint = 10000; PRAGMA synchronous = FULL');
    db.exec('CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID');
    db.exec('CREATE TABLE IF NOT EXISTS syncs (number INTEGER PRIMARY KEY)');
    this.#put = db.statement('INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body');
    this.#get = db.reader('SELECT body FROM entries WHERE key = ?');
  }

  putAll(puts: Puts<string>): void {
    this.#db.exec('BEGIN IMMEDIATE');
    for (let i = 0; i < puts.keys.length; i += 1) this.#putOne(puts, i);
    this.#db.exec('COMMIT');
  }

  putDurably(puts: Puts<string>): void {
    for (let i = 0; i < puts.keys.length; i += 1) this.#putOne(puts, i);
  }

  putSingly(puts: Puts<string>, durationsMs: Float64Array): void {
    this.#db.exec('PRAGMA synchronous = NORMAL');
    timeEach(durationsMs, (i) => this.#putOne(puts, i));
    this.#sync();
  }

  getEach(keys: readonly string[], visit: Visit): void {
    for (let i = 0; i < keys.length; i += 1) this.#getOne(keys, i, visit);
  }

  scan(visit: Visit): void {
    let i = 0;
    for (const body of this.#db.scanner('SELECT body FROM entries ORDER BY key')()) {
      visit(i, ownedEntry(body));
      i += 1;
    }
  }

  deleteRuns(runs: readonly Run<string>[]): number {
    const remove = this.#db.statement('DELETE FROM entries WHERE key >= ? AND key < ?');
    let deleted = 0;
    this.#db.exec('BEGIN IMMEDIATE');
    for (const { start, end } of runs) deleted += remove(start, end);
    this.#db.exec('COMMIT');
    return deleted;
  }

  mixed(operations: MixedOperations<string>, visit: Visit): void {
    const { keys, isPut } = operations;
    this.#db.exec('BEGIN IMMEDIATE');
    for (let i = 0; i < keys.length; i += 1) {
      if (isPut[i] === 1) this.#putOne(operations, i);
      else this.#getOne(keys, i, visit);
    }
    this.#db.exec('COMMIT');
  }

  compact(): void {
    this.#db.exec('VACUUM');
  }

  close(): void {
    this.#db.close();
  }

  #putOne({ keys, bodies }: Puts<string>, i: number): void {
    this.#put(keys[i] as string, (bodies[i] as (typeof bodies)[number]).bytes);
  }

  #getOne(keys: readonly string[], i: number, visit: Visit): void {
    const body = this.#get(keys[i] as string);
    visit(i, body === undefined ? undefined : ownedEntry(body));
  }

  /** A synced commit makes all earlier ones in the write-ahead log durable too, without a checkpoint. */
  #sync(): void {
    this.#db.exec('PRAGMA synchronous = FULL; INSERT INTO syncs DEFAULT VALUES');
  }
}
