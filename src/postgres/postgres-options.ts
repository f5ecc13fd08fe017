import { assertFunction, kindOf } from '../base/argument.ts';
import { assertOptions } from '../base/options.ts';
import { CallDeadline } from './call-deadline.ts';
import { Pg } from './pg-client.ts';
import type { PgPool } from './pg-pool.ts';
import { PostgresJs, type PostgresJsClient } from './postgres-js-client.ts';
import type { SqlClient } from './sql-client.ts';
import { type TableNames, tableNames } from './table-names.ts';

/**
 * How the statements keep a put and a deletion apart that run at the same time:
 *
 * - `'postgresql'`: a deletion locks the table of the entries while it runs, and notifies. PostgreSQL, and Citus on one node.
 * - `'serializable'`: the server runs all statements in serializable transactions, and those that it rejects for a conflict are
 *   repeated. No locks, no function, no notifications. CockroachDB, and YugabyteDB with `default_transaction_isolation` set to
 *   `serializable` in the client. `sync` assumes that each commit is durable.
 */
export type PostgresDialect = 'postgresql' | 'serializable';

/** Options of a `PostgresCache`. */
export interface PostgresCacheOptions {
  /**
   * The connection to the server: the function that the package `postgres` returns, or a `Pool` of the package `pg`. The cache
   * never ends it.
   */
  readonly client: PostgresJsClient | PgPool;
  /**
   * The name of the table of the entries, with a schema and a dot before it or without: at most 48 ASCII letters, digits and
   * underscores. Two more tables have this name with `_deletions` and `_state`. Default: `'projection_cache'`.
   */
  readonly table?: string;
  /** Which engine it is; default: `'postgresql'`. */
  readonly dialect?: PostgresDialect;
  /**
   * The maximum time for each call, in milliseconds; an integer from 1 to 2^31 - 1, default 5,000. It includes the time in which a call
   * waits for other ones of this cache. A later answer counts as `CACHE_FAILED`. The statement itself continues: limit it with `statement_timeout` in the client.
   */
  readonly timeoutMs?: number;
  /**
   * For how long `get` returns what `prefetch` has read, in milliseconds; an integer from 0, default 1,000. An entry that
   * another machine deletes in that time may still be returned once.
   */
  readonly prefetchedMaxMs?: number;
  /** A clock in milliseconds that does not step back; default: `performance.now`. */
  readonly nowMs?: () => number;
  /** Starts the timers for `timeoutMs`, and returns what cancels them; default: `setTimeout` and `clearTimeout`. */
  readonly startTimer?: (act: () => void, ms: number) => () => void;
}

/** The options, checked. */
export interface PostgresSettings {
  readonly client: SqlClient;
  readonly names: TableNames;
  readonly dialect: PostgresDialect;
  readonly deadline: CallDeadline;
  readonly prefetchedMaxMs: number;
  readonly nowMs: () => number;
}

const OPTION_NAMES = ['client', 'table', 'dialect', 'timeoutMs', 'prefetchedMaxMs', 'nowMs', 'startTimer'] as const;
const TIMEOUT_DEFAULT_MS = 5_000;
const PREFETCHED_DEFAULT_MS = 1_000;

/** Throws `TypeError` or `RangeError` that names the invalid option. */
export function postgresSettings(options: PostgresCacheOptions): PostgresSettings {
  assertOptions(options, 'options of PostgresCache', OPTION_NAMES);
  const { client, table = 'projection_cache', dialect = 'postgresql', startTimer } = options;
  const { timeoutMs = TIMEOUT_DEFAULT_MS, prefetchedMaxMs = PREFETCHED_DEFAULT_MS } = options;
  const { nowMs = () => performance.now() } = options;
  if (dialect !== 'postgresql' && dialect !== 'serializable') {
    throw new TypeError(`dialect must be 'postgresql' or 'serializable'; got ${String(dialect)}`);
  }
  if (startTimer !== undefined) assertFunction(startTimer, 'startTimer');
  assertFunction(nowMs, 'nowMs');
  if (!Number.isSafeInteger(prefetchedMaxMs) || prefetchedMaxMs < 0) {
    throw new RangeError(`prefetchedMaxMs must be a safe non-negative integer, not ${String(prefetchedMaxMs)}`);
  }
  return {
    client: sqlClient(client),
    names: tableNames(table),
    dialect,
    deadline: new CallDeadline('timeoutMs', timeoutMs, startTimer),
    prefetchedMaxMs,
    nowMs,
  };
}

function sqlClient(client: PostgresJsClient | PgPool): SqlClient {
  // A transaction or a reserved connection of `postgres` cannot listen, and would fail as a whole.
  if (typeof client === 'function' && 'unsafe' in client && 'listen' in client) return new PostgresJs(client);
  if (typeof client === 'object' && client !== null && 'totalCount' in client && 'connect' in client) {
    return new Pg(client);
  }
  throw new TypeError(
    `client must be what postgres() of the package postgres returns, or a Pool of the package pg; got ${kindOf(client)}`,
  );
}
