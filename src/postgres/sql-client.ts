import { isBytes, kindOf } from '../base/argument.ts';

/** A parameter of a statement. Numbers are texts: a client must not decide how many of their digits it keeps. */
export type SqlParameter = string | Uint8Array;

/** A row, with a way to read its columns that checks their types. */
export class SqlRow {
  readonly #columns: readonly unknown[];

  constructor(columns: readonly unknown[]) {
    this.#columns = columns;
  }

  /** Throws `TypeError` unless the column is a text. */
  text(column: number): string {
    const value = this.#columns[column];
    if (typeof value === 'string') return value;
    throw this.#unexpected(value, 'text');
  }

  /** Throws unless the column is the text of an integer. */
  integer(column: number): bigint {
    return BigInt(this.text(column));
  }

  /** Throws `TypeError` unless the column is bytes or null, which is `undefined`. */
  bytes(column: number): Uint8Array | undefined {
    const value = this.#columns[column];
    if (value === null || value === undefined) return undefined;
    if (isBytes(value)) return value;
    throw this.#unexpected(value, 'bytes');
  }

  #unexpected(value: unknown, expected: string): TypeError {
    return new TypeError(
      `the client returned ${kindOf(value)} instead of ${expected}: do not replace its parser for that type, or transform values`,
    );
  }
}

/**
 * A client of a PostgreSQL server. There are no transactions of several statements: nothing to roll back when a connection is lost
 * (3.4 of the package `postgres` ends the process then), and nothing that a pooler could tear apart.
 */
export interface SqlClient {
  /** Runs one statement on any connection. Resolves to rows of texts, bytes and nulls. */
  query(text: string, parameters: readonly SqlParameter[]): Promise<readonly SqlRow[]>;
  /** Whether a listener leaves a connection for statements. */
  readonly canListen: boolean;
  /** Calls `act` for each notification of the channel, and whenever it listens again. Resolves to what ends that. */
  listen(channel: string, act: () => void): Promise<() => Promise<void>>;
}
