import { PgListener } from './pg-listener.ts';
import { type SqlClient, type SqlParameter, SqlRow } from './sql-client.ts';

/** What a `PostgresCache` uses of a connection of a `Pool` of the package `pg`. */
export interface PgConnection {
  /** Runs a statement with parameters. */
  query(config: { text: string; values: unknown[]; rowMode: 'array' }): Promise<{ rows: unknown[][] }>;
  /** Returns the connection to the pool, or destroys it. */
  release(destroy?: boolean): void;
  /** Adds a handler for notifications. */
  on(event: 'notification', handler: () => void): unknown;
  /** Adds a handler for the end of the connection. */
  on(event: 'error' | 'end', handler: () => void): unknown;
}

/** What a `PostgresCache` uses of a `Pool` of the package `pg`. */
export interface PgPool {
  /** Runs a statement with parameters on any connection. */
  query(config: { text: string; values: unknown[]; rowMode: 'array' }): Promise<{ rows: unknown[][] }>;
  /** Resolves to a connection that is used for nothing else before it is released. */
  connect(): Promise<PgConnection>;
  /** How many connections there are. A single `Client` has no such count, and is not accepted. */
  readonly totalCount: number;
  /** The options of the pool. */
  readonly options?: { readonly max?: number };
}

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
