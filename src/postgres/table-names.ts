import { kindOf } from '../base/argument.ts';

const IDENTIFIER = /^[a-zA-Z_][a-zA-Z0-9_]{0,47}$/;

/** The tables of a cache, quoted, and its channel. */
export interface TableNames {
  /** As the user wrote it, for messages. */
  readonly name: string;
  readonly entries: string;
  readonly deletions: string;
  readonly state: string;
  /** The function that removes entries; quoted. */
  readonly remove: string;
  /** The channel of notifications; not quoted. */
  readonly channel: string;
  /** The name of partition `index` of the entries. */
  partition(index: number): string;
}

/**
 * The names of the tables. Throws `TypeError` unless `table` is an identifier of at most 48 ASCII letters, digits and
 * underscores, with the name of a schema and a dot before it or without.
 */
export function tableNames(table: string): TableNames {
  if (typeof table !== 'string') throw new TypeError(`table must be a string; got ${kindOf(table)}`);
  const parts = table.split('.');
  if (parts.length > 2 || !parts.every((part) => IDENTIFIER.test(part))) {
    throw new TypeError(
      `table must be a name, or a schema, a dot and a name, of at most 48 letters, digits and underscores; got '${table}'`,
    );
  }
  const quoted = (suffix: string): string => `${parts.map((part) => `"${part}`).join('".')}${suffix}"`;
  return {
    name: table,
    entries: quoted(''),
    deletions: quoted('_deletions'),
    state: quoted('_state'),
    remove: quoted('_remove'),
    // Each database has its own channels. An identifier has at most 63 bytes.
    channel: parts.join('_').slice(-63),
    partition: (index) => quoted(`_${index}`),
  };
}
