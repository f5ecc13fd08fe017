/**
 * A cache in PostgreSQL, for several machines that project the same streams. It uses a client that you create, of the package
 * `postgres` or `pg`, and imports neither.
 *
 * @example
 * ```ts no-run
 * import postgres from 'postgres';
 * import { PostgresCache } from 'projection-cache/postgres';
 *
 * const sql = postgres('postgres://127.0.0.1/orders');
 * const cache = new PostgresCache({ client: sql });
 * await cache.createTables();
 * ```
 *
 * @module projection-cache/postgres
 */

export type { PgAnswer, PgConnection, PgPool, PgPoolOptions, PgQuery } from './pg-pool.ts';
export { PostgresCache } from './postgres-cache.ts';
export type { PostgresJsClient, PostgresJsListener, PostgresJsQuery } from './postgres-js-client.ts';
export type { PostgresCacheOptions, PostgresDialect } from './postgres-options.ts';
export type { PostgresTableOptions } from './schema.ts';
