import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll } from 'vitest';
import { PostgresCache, type PostgresCacheOptions, type PostgresTableOptions } from '../../src/postgres/index.ts';
import { PrivateServer, type PrivateServerOptions } from './private-server.ts';

/** Options of a client for the dialect `'serializable'`. */
export const SERIALIZABLE: postgres.Options<Record<string, postgres.PostgresType>> = {
  connection: { default_transaction_isolation: 'serializable' },
};

/** A server for the tests of one file, and what they open on it. */
export class ServerFixture {
  #server: PrivateServer | undefined;
  readonly #endings: (() => Promise<unknown>)[] = [];
  #tables = 0;

  constructor(options: PrivateServerOptions = {}) {
    beforeAll(async () => {
      this.#server = await PrivateServer.start(options);
    });
    afterAll(async () => {
      // A pool of which a test that failed has not returned all connections never ends.
      const limit = new Promise((resolve) => setTimeout(resolve, 5_000).unref());
      await Promise.race([limit, Promise.allSettled(this.#endings.map((end) => end()))]);
      await this.#server?.stop();
    });
  }

  get server(): PrivateServer {
    if (this.#server === undefined) throw new Error('the server has not started yet');
    return this.#server;
  }

  /** A client of the package `postgres`, which is ended with the server. No connection hangs after it was lost: docs/scaling.md. */
  sql(options: postgres.Options<Record<string, postgres.PostgresType>> = {}): postgres.Sql {
    const connection = { options: ' '.repeat(1_024), ...options.connection };
    const given = { max: 8, connect_timeout: 10, onnotice: () => {}, ...options, connection };
    const sql = postgres(this.server.url, given);
    this.#endings.push(() => sql.end({ timeout: 1 }));
    return sql as postgres.Sql;
  }

  /** A pool of the package `pg`, which is ended with the server. */
  pool(options: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ connectionString: this.server.url, max: 8, ...options });
    // The pool reports idle connections that the server has cut.
    pool.on('error', () => {});
    this.#endings.push(() => pool.end());
    return pool;
  }

  /** The name of a table that no other test uses. */
  table(): string {
    this.#tables += 1;
    return `cache_${this.#tables}`;
  }

  /** The name that `table` has returned last. */
  get lastTable(): string {
    return `cache_${this.#tables}`;
  }

  /** A cache on tables of its own. */
  async cache(options: Partial<PostgresCacheOptions> = {}, tables: PostgresTableOptions = {}): Promise<PostgresCache> {
    const cache = new PostgresCache({ client: this.sql(), table: this.table(), ...options });
    await cache.createTables(tables);
    return cache;
  }
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}
