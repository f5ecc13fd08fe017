import { kindOf } from '../base/argument.ts';
import { assertOptions } from '../base/options.ts';
import type { PostgresDialect } from './postgres-options.ts';
import { DELETIONS_KEPT, WAIT_FOR_DISK } from './statements.ts';
import type { TableNames } from './table-names.ts';

/** Stored in the table of the state: another number means that this version must not use the tables. */
export const SCHEMA_VERSION = 1;

/** How `createTables` creates the table of the entries. */
export interface PostgresTableOptions {
  /**
   * Creates it `UNLOGGED`: puts write no WAL, a crash of the server empties it, and it is not on standby servers. `sync` then
   * rejects. Default: false.
   */
  readonly unlogged?: boolean;
  /** Creates it with this many partitions, by hash of the stream; an integer from 0 to 1,024, default 0: not partitioned. */
  readonly partitions?: number;
}

/*
 * Three tables:
 *
 * - entries: a row for each key, with its parts as in stored-key.ts, the meta as numbers for the guard of `put`, and the payload,
 *   the same bytes as in a log: value | watermark | cachedAtUs.
 * - deletions: the newest deletions, each a number (the epoch) and the prefix.
 * - state: one row with the version of the schema, the identity of the contents, and the newest epoch.
 *
 * The last two are always logged: after a crash that empties the entries, their epochs still hold.
 */
export function schemaStatements(names: TableNames, options: PostgresTableOptions, dialect: PostgresDialect): string[] {
  const tables = tableStatements(names, options);
  return dialect === 'postgresql' ? [...tables.slice(0, -1), removeFunction(names), ...tables.slice(-1)] : tables;
}

/**
 * The function of a deletion: one call, so that no connection is lost between its statements. Each statement of such a function has
 * a snapshot of its own: that of DELETE is taken when the lock is held, and so it sees the puts that the lock has waited for.
 *
 * It commits durably also where `synchronous_commit` is off: a crash must not undo a deletion, or use its number again, which other
 * machines may have seen.
 */
function removeFunction({ entries, deletions, state, remove, channel }: TableNames): string {
  return `CREATE OR REPLACE FUNCTION ${remove}(in_stream boolean, p_stream bytea, p_stream_end bytea, p_rest bytea,
  p_rest_end bytea, p_tail bytea, p_prefix bytea, p_lock_timeout text, OUT new_epoch bigint, OUT removed bigint)
LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
  PERFORM set_config('lock_timeout', p_lock_timeout, true);
  PERFORM ${WAIT_FOR_DISK};
  LOCK TABLE ${entries} IN SHARE ROW EXCLUSIVE MODE;
  IF in_stream THEN
    DELETE FROM ${entries} e WHERE e.stream = p_stream AND e.rest >= p_rest AND e.rest < p_rest_end
      AND substring(e.tail FROM 1 FOR length(p_tail)) = p_tail;
  ELSE
    DELETE FROM ${entries} e WHERE e.stream >= p_stream AND e.stream < p_stream_end;
  END IF;
  GET DIAGNOSTICS removed = ROW_COUNT;
  UPDATE ${state} SET epoch = epoch + 1 RETURNING epoch INTO new_epoch;
  INSERT INTO ${deletions} (epoch, prefix) VALUES (new_epoch, p_prefix);
  IF new_epoch % 100 = 0 THEN
    DELETE FROM ${deletions} WHERE epoch <= new_epoch - ${DELETIONS_KEPT};
  END IF;
  PERFORM pg_notify('${channel}', '');
END
$function$`;
}

function tableStatements(names: TableNames, { unlogged = false, partitions = 0 }: PostgresTableOptions): string[] {
  const kind = unlogged ? 'UNLOGGED TABLE' : 'TABLE';
  // The parent of partitions has no storage, and cannot be unlogged.
  const parentKind = partitions > 0 ? 'TABLE' : kind;
  const parts = Array.from(
    { length: partitions },
    (_, index) =>
      `CREATE ${kind} IF NOT EXISTS ${names.partition(index)} PARTITION OF ${names.entries}
  FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${index})`,
  );
  return [
    `CREATE ${parentKind} IF NOT EXISTS ${names.entries} (
  stream bytea NOT NULL,
  rest bytea NOT NULL,
  taildigest bytea NOT NULL,
  tail bytea NOT NULL,
  watermark numeric(20,0) NOT NULL,
  cachedat bigint NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (stream, rest, taildigest)
)${partitions > 0 ? ' PARTITION BY HASH (stream)' : ''}`,
    ...parts,
    `CREATE TABLE IF NOT EXISTS ${names.deletions} (
  epoch bigint PRIMARY KEY,
  prefix bytea NOT NULL
)`,
    `CREATE TABLE IF NOT EXISTS ${names.state} (
  id integer PRIMARY KEY,
  version integer NOT NULL,
  identity text NOT NULL,
  epoch bigint NOT NULL,
  syncs bigint NOT NULL
)`,
    `INSERT INTO ${names.state} (id, version, identity, epoch, syncs)
  VALUES (1, ${SCHEMA_VERSION}, md5(random()::text || clock_timestamp()::text), 0, 0) ON CONFLICT (id) DO NOTHING`,
  ];
}

/** Throws `TypeError` or `RangeError` that names the invalid option. */
export function assertTableOptions(options: PostgresTableOptions): void {
  assertOptions(options, 'options of createTables', ['unlogged', 'partitions']);
  const { unlogged = false, partitions = 0 } = options;
  if (typeof unlogged !== 'boolean') throw new TypeError(`unlogged must be a boolean; got ${kindOf(unlogged)}`);
  if (Number.isInteger(partitions) && partitions >= 0 && partitions <= 1_024) return;
  throw new RangeError(`partitions must be an integer from 0 to 1,024, not ${String(partitions)}`);
}
