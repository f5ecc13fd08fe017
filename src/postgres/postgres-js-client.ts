import { type SqlClient, type SqlParameter, SqlRow } from './sql-client.ts';

/** A statement of the package `postgres` that is not sent yet. */
export interface PostgresJsQuery {
  /** Sends it. Resolves to rows, each an array of its columns. */
  values(): PromiseLike<readonly (readonly unknown[])[]>;
}

/** A channel that the package `postgres` listens on. */
export interface PostgresJsListener {
  /** Stops to listen. */
  unlisten(): PromiseLike<unknown>;
}

/** What a `PostgresCache` uses of the function that the package `postgres` returns. */
export interface PostgresJsClient {
  /** Runs a statement with parameters. */
  unsafe(
    text: string,
    // biome-ignore lint/suspicious/noExplicitAny: the types of the package depend on the types that its user has added
    parameters?: any[],
    options?: { readonly prepare?: boolean },
  ): PostgresJsQuery;
  /** Listens on a channel, over a connection of its own. */
  listen(channel: string, onNotify: (payload: string) => void, onListen?: () => void): PromiseLike<PostgresJsListener>;
}

/** A client of the package `postgres`. */
export class PostgresJs implements SqlClient {
  readonly #sql: PostgresJsClient;
  /** It listens over a connection of its own. */
  readonly canListen: boolean = true;

  constructor(sql: PostgresJsClient) {
    this.#sql = sql;
  }

  async query(text: string, parameters: readonly SqlParameter[]): Promise<readonly SqlRow[]> {
    // `prepare: false` of the client, as poolers need it, overrules the option here.
    const rows = await this.#sql.unsafe(text, [...parameters], { prepare: parameters.length > 0 }).values();
    return rows.map((columns) => new SqlRow(columns));
  }

  async listen(channel: string, act: () => void): Promise<() => Promise<void>> {
    let isOver = false;
    const actWhileListening = (): void => {
      if (!isOver) act();
    };
    // A client that has lost its connection continues to listen, also when this call fails.
    try {
      const listener = await this.#sql.listen(channel, actWhileListening, actWhileListening);
      return async () => {
        isOver = true;
        await listener.unlisten();
      };
    } catch (error) {
      isOver = true;
      throw error;
    }
  }
}
