import sqlite3InitModule from '@sqlite.org/sqlite-wasm';
import { ABOVE, type Entry, type Peer } from './peer.ts';

type Sqlite = Awaited<ReturnType<typeof sqlite3InitModule>>;
type Pool = Awaited<ReturnType<Sqlite['installOpfsSAHPoolVfs']>>;
type Database = InstanceType<Pool['OpfsSAHPoolDb']>;
type Statement = ReturnType<Database['prepare']>;

/** SQLite compiled to wasm, on a pool of access handles: its fastest way to use the same files. */
export class SqlitePeer implements Peer {
  #pool: Pool | undefined;
  #database: Database | undefined;
  #statements: Record<'get' | 'put' | 'scan' | 'delete', Statement> | undefined;

  async open(): Promise<void> {
    if (this.#pool === undefined) {
      const sqlite = await sqlite3InitModule();
      this.#pool = await sqlite.installOpfsSAHPoolVfs({ name: 'bench-pool' });
    }
    const database = new this.#pool.OpfsSAHPoolDb('/bench');
    database.exec('pragma synchronous = full; create table if not exists s (k text primary key, v blob) without rowid');
    this.#statements = {
      get: database.prepare('select v from s where k = ?'),
      put: database.prepare('insert into s values (?, ?) on conflict (k) do update set v = excluded.v'),
      scan: database.prepare('select k, v from s order by k'),
      delete: database.prepare('delete from s where k >= ? and k < ?'),
    };
    this.#database = database;
  }

  load(entries: readonly Entry[]): Promise<void> {
    this.#database?.exec('begin');
    for (const [key, value] of entries) this.#run('put', [key, value]);
    this.#database?.exec('commit');
    return Promise.resolve();
  }

  get(key: string): Promise<Uint8Array | undefined> {
    const statement = this.#statement('get');
    statement.bind([key]);
    const value = statement.step() ? (statement.get(0) as Uint8Array) : undefined;
    statement.reset();
    return Promise.resolve(value);
  }

  /** Every statement is a transaction of its own, and durable. */
  put(key: string, value: Uint8Array): Promise<void> {
    return Promise.resolve(this.#run('put', [key, value]));
  }

  putDurable(key: string, value: Uint8Array): Promise<void> {
    return this.put(key, value);
  }

  scan(): Promise<number> {
    const statement = this.#statement('scan');
    let count = 0;
    while (statement.step()) {
      statement.get(0);
      statement.get(1);
      count += 1;
    }
    statement.reset();
    return Promise.resolve(count);
  }

  deletePrefix(prefix: string): Promise<void> {
    return Promise.resolve(this.#run('delete', [prefix, prefix + ABOVE]));
  }

  close(): Promise<void> {
    for (const statement of Object.values(this.#statements ?? {})) statement.finalize();
    return Promise.resolve(this.#database?.close());
  }

  async remove(): Promise<void> {
    await this.#pool?.removeVfs();
    this.#pool = undefined;
  }

  #statement(name: 'get' | 'put' | 'scan' | 'delete'): Statement {
    return (this.#statements as Record<string, Statement>)[name] as Statement;
  }

  #run(name: 'put' | 'delete', values: readonly (string | Uint8Array)[]): void {
    const statement = this.#statement(name);
    statement.bind([...values]);
    statement.step();
    statement.reset();
  }
}
