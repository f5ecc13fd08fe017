import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Peer } from '../peer.ts';
import { type SqliteLibrary, SqliteStore, sqliteMode } from './sqlite-store.ts';

export function loadPeer(): Peer<string> {
  return {
    name: 'better-sqlite3',
    mode: sqliteMode,
    keyForm: 'string',
    open: (directory) => new SqliteStore(new BetterSqlite(join(directory, 'entries.sqlite'))),
  };
}

class BetterSqlite implements SqliteLibrary {
  readonly #db: Database.Database;

  constructor(path: string) {
    this.#db = new Database(path);
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  statement(sql: string): (...values: (string | Uint8Array)[]) => number {
    const prepared = this.#db.prepare(sql);
    return (...values) => prepared.run(...values).changes;
  }

  reader(sql: string): (value: string) => Uint8Array | undefined {
    const prepared = this.#db.prepare(sql).pluck();
    return (value) => prepared.get(value) as Uint8Array | undefined;
  }

  scanner(sql: string): () => Iterable<Uint8Array> {
    const prepared = this.#db.prepare(sql).pluck();
    return () => prepared.iterate() as Iterable<Uint8Array>;
  }

  close(): void {
    this.#db.close();
  }
}
