import { PgListener } from './pg-listener.ts';
import type { PgPool } from './pg-pool.ts';
import { type SqlClient, type SqlParameter, SqlRow } from './sql-client.ts';

/** A pool of the package `pg`. */
export class Pg implements SqlClient {
  readonly #pool: PgPool;

  constructor(pool: PgPool) {
    this.#pool = pool;
  }

  /** A listener occupies a connection of the pool. */
  get canListen(): boolean {
    return (this.#pool.options?.max ?? 2) > 1;
  }

  async query(text: string, parameters: readonly SqlParameter[]): Promise<readonly SqlRow[]> {
    const { rows } = await this.#pool.query({ text, values: [...parameters], rowMode: 'array' });
    return rows.map((columns) => new SqlRow(columns));
  }

  async listen(channel: string, act: () => void): Promise<() => Promise<void>> {
    const listener = new PgListener(this.#pool, channel, act);
    await listener.begin();
    return () => Promise.resolve(listener.end());
  }
}
