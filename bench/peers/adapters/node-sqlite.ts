import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Peer } from '../peer.ts';
import { type SqliteLibrary, SqliteStore, sqliteMode } from './sqlite-store.ts';

export function loadPeer(): Peer<string> {
  return {
    name: 'node:sqlite',
    mode: sqliteMode,
    keyForm: 'string',
    open: (directory) => new SqliteStore(new NodeSqlite(join(directory, 'entries.sqlite'))),
  };
}

class NodeSqlite implements SqliteLibrary {
  readonly #db: DatabaseSync;

  constructor(path: string) {
    this.#db = new DatabaseSync(path);
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  statement(sql: string): (...values: (string | Uint8Array)[]) => number {
    const prepared = this.#db.prepare(sql);
    return (...values) => Number(prepared.run(...values).changes);
  }

  reader(sql: string): (value: string) => Uint8Array | undefined {
    const prepared = this.#db.prepare(sql);
    prepared.setReturnArrays(true);
    return (value) => (prepared.get(value) as unknown as [Uint8Array] | undefined)?.[0];
  }

  scanner(sql: string): () => Iterable<Uint8Array> {
    const prepared = this.#db.prepare(sql);
    prepared.setReturnArrays(true);
    return function* rows() {
      for (const row of prepared.iterate()) yield (row as unknown as [Uint8Array])[0];
    };
  }

  close(): void {
    this.#db.close();
  }
}
