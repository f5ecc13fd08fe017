import { type SqlClient, type SqlParameter, SqlRow } from './sql-client.ts';

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

/** How long to wait before a lost listener is replaced. */
const LISTEN_AGAIN_MS = 1_000;

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

  query(text: string, parameters: readonly SqlParameter[]): Promise<readonly SqlRow[]> {
    return queryOf(this.#pool, text, parameters);
  }

  async listen(channel: string, act: () => void): Promise<() => Promise<void>> {
    let isOver = false;
    let current: PgConnection | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const begin = async (): Promise<void> => {
      const connection = await this.#pool.connect();
      let isLost = false;
      const lost = (): void => {
        if (isLost || isOver) return;
        isLost = true;
        connection.release(true);
        again();
      };
      connection.on('error', lost);
      connection.on('end', lost);
      connection.on('notification', () => {
        if (!isOver) act();
      });
      current = connection;
      await queryOf(connection, `LISTEN "${channel}"`, []);
      if (!isOver) act();
    };
    const again = (): void => {
      timer = setTimeout(() => {
        begin().catch(again);
      }, LISTEN_AGAIN_MS);
      timer.unref?.();
    };
    await begin();
    return async () => {
      isOver = true;
      clearTimeout(timer);
      // Destroyed, as the next user of the connection would receive the notifications.
      current?.release(true);
      await Promise.resolve();
    };
  }
}

async function queryOf(
  session: Pick<PgPool, 'query'>,
  text: string,
  parameters: readonly SqlParameter[],
): Promise<readonly SqlRow[]> {
  const { rows } = await session.query({ text, values: [...parameters], rowMode: 'array' });
  return rows.map((columns) => new SqlRow(columns));
}
