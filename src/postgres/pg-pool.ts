/** A statement with its parameters, for the package `pg`. */
export interface PgQuery {
  /** The statement. */
  readonly text: string;
  /** Its parameters. */
  readonly values: unknown[];
  /** Each row is an array of its columns. */
  readonly rowMode: 'array';
}

/** The answer to a `PgQuery`. */
export interface PgAnswer {
  /** The rows. */
  readonly rows: unknown[][];
}

/** What a `PostgresCache` uses of a connection of a `Pool` of the package `pg`. */
export interface PgConnection {
  /** Runs a statement with parameters. */
  query(query: PgQuery): Promise<PgAnswer>;
  /** Returns the connection to the pool, or destroys it. */
  release(destroy?: boolean): void;
  /** Adds a handler for notifications. */
  on(event: 'notification', handler: () => void): unknown;
  /** Adds a handler for the end of the connection. */
  on(event: 'error' | 'end', handler: () => void): unknown;
}

/** The options of a `Pool` that matter to a `PostgresCache`. */
export interface PgPoolOptions {
  /** The maximum number of connections. */
  readonly max?: number;
}

/** What a `PostgresCache` uses of a `Pool` of the package `pg`. */
export interface PgPool {
  /** Runs a statement with parameters on any connection. */
  query(query: PgQuery): Promise<PgAnswer>;
  /** Resolves to a connection that is used for nothing else before it is released. */
  connect(): Promise<PgConnection>;
  /** How many connections there are. A single `Client` has no such count, and is not accepted. */
  readonly totalCount: number;
  /** The options of the pool. */
  readonly options?: PgPoolOptions;
}
