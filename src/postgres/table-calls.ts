import { StoreError } from '../base/store-error.ts';
import type { PostgresSettings } from './postgres-options.ts';
import { type PostgresTableOptions, SCHEMA_VERSION, schemaStatements } from './schema.ts';
import { EPOCH_MAX } from './seen-deletions.ts';
import { isConflict, isCreatedTwice, isMissing, MissingState, serverFailure } from './server-failure.ts';
import type { SqlParameter, SqlRow } from './sql-client.ts';
import type { Statements } from './statements.ts';

/** How often a statement is run again after a conflict with another one. */
const TRIES_MAX = 20;
const EMPTY: Uint8Array = new Uint8Array(0);

/** The calls of one cache to the server: each within its time, and with its failures as `CACHE_FAILED`. */
export class TableCalls {
  readonly #settings: PostgresSettings;
  readonly #statements: Statements;
  readonly #underWay = new Set<Promise<unknown>>();
  #attached: Promise<bigint> | undefined;
  #isClosed = false;

  constructor(settings: PostgresSettings, statements: Statements) {
    this.#settings = settings;
    this.#statements = statements;
  }

  assertOpen(): void {
    if (this.#isClosed) throw new StoreError('CLOSED', 'the PostgresCache is closed');
  }

  /** Runs calls to the server. `what` completes the sentence "could not ...". */
  async run<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
    const { deadline, names } = this.#settings;
    const acting = act().catch((error: unknown) => {
      throw serverFailure(what, error, names);
    });
    const late = `could not ${what}: the server, or a connection of the pool, did not answer`;
    const call = deadline.within(acting, late);
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
    }
  }

  /** Runs one statement, after the tables were checked once. */
  async query(text: string, parameters: readonly SqlParameter[]): Promise<readonly SqlRow[]> {
    await this.attach();
    return await this.#settings.client.query(text, parameters);
  }

  /** Runs one statement that changes something, again after a conflict with another one. */
  async write(text: string, parameters: readonly SqlParameter[]): Promise<readonly SqlRow[]> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.query(text, parameters);
      } catch (error) {
        if (!isConflict(error) || tries === TRIES_MAX) throw error;
      }
    }
  }

  /** Checks once that the tables are there and of this version. Resolves to the epoch then. */
  attach(): Promise<bigint> {
    if (this.#attached !== undefined) return this.#attached;
    // A client may lose a query with its connection. Later calls then ask again, instead of waiting for the lost answer.
    const late = 'could not read the state: the server, or a connection of the pool, did not answer';
    const attaching = this.#settings.deadline.within(this.readState(), late);
    this.#attached = attaching;
    attaching.catch(() => {
      this.#attached = undefined;
    });
    return attaching;
  }

  /** Resolves to the newest epoch. Rejects with `INCOMPATIBLE` for tables of another version. */
  async readState(): Promise<bigint> {
    const { client, names, dialect } = this.#settings;
    const [row] = await client.query(this.#statements.state, []);
    if (row === undefined) {
      throw new StoreError('CACHE_FAILED', `the table ${names.state} is empty: create it with createTables()`, {
        cause: new MissingState(),
      });
    }
    if (row.integer(0) !== BigInt(SCHEMA_VERSION)) {
      const found = `the tables of '${names.name}' have version ${row.text(0)}, this package has ${SCHEMA_VERSION}`;
      throw new StoreError('INCOMPATIBLE', `${found}: use another table`);
    }
    if (dialect === 'serializable' && row.text(2) !== 'serializable') {
      const found = `the dialect 'serializable' needs default_transaction_isolation = serializable, not ${row.text(2)}`;
      throw new StoreError('CACHE_FAILED', `${found}: set it in the client, or for the role`);
    }
    return row.integer(1);
  }

  async createTables(options: PostgresTableOptions): Promise<void> {
    const { client, names, dialect } = this.#settings;
    const statements = schemaStatements(names, options, dialect);
    // So a role that may not create tables can call this as well.
    if (await this.#isCreated()) return;
    for (const statement of statements) {
      for (let tries = 1; ; tries += 1) {
        try {
          await client.query(statement, []);
          break;
        } catch (error) {
          if (!isCreatedTwice(error) || tries === TRIES_MAX) throw error;
          // Another process creates the same at this moment. As soon as it has ended, all is there.
          if (await this.#isCreated()) return;
        }
      }
    }
    await this.readState();
  }

  /** Whether the tables can be read. The row of the state is created last. */
  async #isCreated(): Promise<boolean> {
    const { client } = this.#settings;
    try {
      await this.readState();
      await client.query(this.#statements.read, [EMPTY, EMPTY, EMPTY]);
      await client.query(this.#statements.deletionsSince, [`${EPOCH_MAX}`]);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Refuses later calls, and resolves when those under way have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#underWay);
  }
}
