import { StoreError } from '../base/store-error.ts';
import type { TableNames } from './table-names.ts';

/** Of these codes of the server, and of clients, the reason alone does not say what to do. */
function remedyOf(code: string, { name, entries, deletions, state }: TableNames): string | undefined {
  switch (code) {
    case '42P01': // undefined_table
      return `create the tables with createTables(), or name them with the option table (now '${name}')`;
    case '42501': // insufficient_privilege
      return `GRANT SELECT, INSERT, UPDATE, DELETE ON ${entries}, ${deletions}, ${state} TO the role of the client`;
    case '42703': // undefined_column
    case '42804': // datatype_mismatch
    case '42P10': // invalid_column_reference: no such unique constraint
    case '42809': // wrong_object_type
      return `'${name}' is not a table of a PostgresCache: choose another name with the option table`;
    case '55P03': // lock_not_available
      return 'a transaction has written to the table and is still open: end it';
    case '25006': // read_only_sql_transaction
      return 'connect to the primary server: a standby server is read-only';
    case '26000': // invalid_sql_statement_name
    case '42P05': // duplicate_prepared_statement
      return 'the pooler does not keep prepared statements: use `prepare: false` in the client';
    default:
      return undefined;
  }
}

/** The `CACHE_FAILED` of an operation that failed in the client or on the server. A `StoreError` is returned as it is. */
export function serverFailure(what: string, error: unknown, names: TableNames): StoreError {
  if (error instanceof StoreError) return error;
  const code = sqlState(error);
  const reason = error instanceof Error && error.message !== '' ? error.message : (code ?? String(error));
  const remedy = code === undefined ? undefined : remedyOf(code, names);
  const message = `could not ${what}: ${reason}${remedy === undefined ? '' : `; ${remedy}`}`;
  return new StoreError('CACHE_FAILED', message, { cause: error });
}

/** Whether a transaction failed because of another one, and may succeed when it is run again. */
export function isConflict(error: unknown): boolean {
  const code = sqlState(error);
  return code === '40001' || code === '40P01';
}

/** Whether another process has created the same table at the same time. */
export function isCreatedTwice(error: unknown): boolean {
  const code = sqlState(error);
  return code === '23505' || code === '42P07' || code === '42710' || code === 'XX000';
}

/** The table of the state has no row: its creation was interrupted. */
export class MissingState extends Error {}

/** Whether a table, its schema, or the row of the state is missing. */
export function isMissing(error: unknown): boolean {
  if (error instanceof StoreError && error.cause instanceof MissingState) return true;
  const code = sqlState(error);
  return code === '42P01' || code === '3F000';
}

function sqlState(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
