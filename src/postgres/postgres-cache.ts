import { assertFunction } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import type { CacheCapabilities } from '../contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../contract/cache-entry.ts';
import { decodeFromBytes } from '../contract/cache-entry-codec.ts';
import type { CacheReading, PutBasis, SharedDeletions } from '../contract/cache-reading.ts';
import { assertMeta } from '../contract/meta-codec.ts';
import type { SharedProjectionCache } from '../contract/projection-cache.ts';
import {
  BATCH_BYTES_MAX,
  type CacheRow,
  cacheRow,
  columnParameters,
  integerArray,
  keyCopy,
  newestRows,
  rowParameters,
} from './cache-row.ts';
import { DeletionListeners } from './deletion-listeners.ts';
import { EntryCalls } from './entry-calls.ts';
import { type PostgresCacheOptions, postgresSettings } from './postgres-options.ts';
import { Prefetched } from './prefetched.ts';
import { assertTableOptions, type PostgresTableOptions, schemaStatements } from './schema.ts';
import { assertEpoch, type SeenAtCall, SeenDeletions } from './seen-deletions.ts';
import type { SqlParameter } from './sql-client.ts';
import { DELETIONS_KEPT, Statements } from './statements.ts';
import { TableCalls } from './table-calls.ts';
import { tableNames } from './table-names.ts';
import { WriteOrder } from './write-order.ts';

/** The epoch and the deletions that a statement of a put takes: see `Statements`. */
type Basis = readonly [epoch: string, own: string];

const KEYS_PER_PAGE = 1_000;
const ENTRIES_PER_PAGE = 100;
/** So many deletions of its own above the seen epoch, and the epoch is read again. */
const OWN_DELETIONS_MAX = 100;

/**
 * A cache in a table of a PostgreSQL server, for several machines that project the same streams. It follows the rules of
 * `SharedProjectionCache`: the newest entry stays, and a deletion refuses the puts that are based on older readings.
 *
 * Why no interleaving breaks the second rule: a put is one statement that looks for deletions after its epoch, and a deletion
 * locks the table, then removes the entries and notes itself, in one call of a function. The lock conflicts with every put. So a put
 * has committed before the deletion removes the entries, and is removed with them; or it starts after the deletion
 * has committed, sees it, and stores nothing. (With the dialect `'serializable'` the server makes it so, and one of the two is repeated.)
 *
 * All calls reject with `CACHE_FAILED` and its `cause` when the server or the client fails or does not answer within `timeoutMs`, with
 * `CLOSED` after `close`, with `INCOMPATIBLE` for tables of another version, and with `TypeError` or `RangeError` for invalid arguments.
 */
export class PostgresCache implements SharedProjectionCache {
  readonly #statements: Statements;
  readonly #calls: TableCalls;
  readonly #order = new WriteOrder();
  readonly #seen = new SeenDeletions();
  readonly #entries: EntryCalls;
  readonly #prefetched: Prefetched;
  readonly #listeners: DeletionListeners;
  #refreshing: Promise<void> | undefined;

  /** Connects to nothing. Throws `TypeError` or `RangeError` for an invalid option. */
  constructor(options: PostgresCacheOptions) {
    const settings = postgresSettings(options);
    const { names, prefetchedMaxMs, nowMs } = settings;
    this.#statements = new Statements(names);
    this.#calls = new TableCalls(settings, this.#statements);
    this.#entries = new EntryCalls(settings, this.#statements, this.#calls, this.#seen);
    this.#listeners = new DeletionListeners(settings, this.#calls);
    this.#prefetched = new Prefetched((keys) => this.#entries.readMany(keys), prefetchedMaxMs, nowMs);
  }

  /** The statements that `createTables` runs, in order, for a role that may not create tables, or for a tool for migrations. */
  static schema(options: Pick<PostgresCacheOptions, 'table' | 'dialect'> & PostgresTableOptions = {}): string[] {
    const { table = 'projection_cache', dialect = 'postgresql', ...tables } = options;
    assertTableOptions(tables);
    return schemaStatements(tableNames(table), tables, dialect);
  }

  /** Creates the tables that do not exist yet. Other processes may do the same. */
  async createTables(options: PostgresTableOptions = {}): Promise<void> {
    this.#calls.assertOpen();
    assertTableOptions(options);
    await this.#calls.run('create the tables', () => this.#calls.createTables({ ...options }));
  }

  /** Returns `supportsPrefetch: true`. */
  capabilities(): CacheCapabilities {
    return { supportsPrefetch: true, isNoop: false };
  }

  /** Resolves to the entry under `key`, `undefined` when there is none. */
  async get(key: Uint8Array): Promise<CacheEntry | undefined> {
    return (await this.readWithEpoch(key)).entry;
  }

  /** Like `get`, with the epoch for a put that is based on it. */
  async readWithEpoch(key: Uint8Array): Promise<CacheReading> {
    this.#calls.assertOpen();
    const own = keyCopy(key);
    const prefetched = this.#prefetched.take(own);
    if (prefetched === undefined) return await this.#entries.read(own);
    const reading = await prefetched;
    // Something was deleted since: the reading may be void.
    return this.#seen.epoch === reading.epoch ? reading : await this.#entries.read(own);
  }

  /**
   * Stores an entry, unless there is one with a higher watermark, or an equal one and the same or a later `cachedAtUs`, or a deletion
   * refuses it: see `SharedProjectionCache`. Resolves to whether it was stored. Rejects with `TOO_LARGE` for a
   * key of more than 65,535 bytes or a value of more than 128 MiB.
   */
  async put(key: Uint8Array, value: Uint8Array, meta: CacheMeta, basis?: PutBasis): Promise<boolean> {
    this.#calls.assertOpen();
    const row = cacheRow(key, value, meta);
    const replaces = replacedMeta(basis);
    const since = this.#sinceOf(basis);
    const parametersOf = (own: Basis): SqlParameter[] => [...rowParameters(row), ...own, ...replaces];
    return (await this.#store('store an entry', this.#statements.put, [row], since, parametersOf)) > 0;
  }

  /**
   * Stores several entries by one statement: all of them or, if it rejects, none. Resolves to how many were stored; the others were not newer or
   * were refused, as in `put`. Of several entries under one key the newest counts. Rejects with `TOO_LARGE` for an entry that `put` refuses, and for more
   * than 128 MiB in all.
   */
  async putMany(
    entries: Iterable<readonly [key: Uint8Array, value: Uint8Array, meta: CacheMeta]>,
    basis?: Pick<PutBasis, 'epoch'>,
  ): Promise<number> {
    this.#calls.assertOpen();
    const rows = newestRows([...entries].map(([key, value, meta]) => cacheRow(key, value, meta)));
    if (rows.length === 0) return 0;
    const bytes = rows.reduce((sum, { key, payload }) => sum + key.length + payload.length, 0);
    if (bytes > BATCH_BYTES_MAX) {
      throw new StoreError('TOO_LARGE', `the entries have ${bytes} bytes; the maximum is ${BATCH_BYTES_MAX}`);
    }
    const since = this.#sinceOf(basis);
    const parametersOf = (own: Basis): SqlParameter[] => [...columnParameters(rows), ...own];
    return await this.#store('store entries', this.#statements.putMany, rows, since, parametersOf);
  }

  /**
   * Removes every entry whose key starts with `prefix`, all for an empty prefix, and refuses puts that are based on older readings.
   * Resolves to how many there were. Waits at most half of `timeoutMs` for transactions of others that have written to the table and are still open.
   */
  async deletePrefix(prefix: Uint8Array): Promise<number> {
    this.#calls.assertOpen();
    const own = keyCopy(prefix, 'prefix');
    const deletion = this.#seen.begin();
    this.#prefetched.dropPrefix(own);
    try {
      return await this.#calls.run('remove entries', () =>
        this.#order.deletion(own, () => this.#entries.deleteSeen(own, deletion)),
      );
    } finally {
      this.#prefetched.dropPrefix(own);
      if (this.#seen.ownCount > OWN_DELETIONS_MAX) this.#refresh();
    }
  }

  /**
   * Resolves when everything accepted before the call is on the disk of the server, also where `synchronous_commit` is off. Rejects with
   * `CACHE_FAILED` where that cannot be: for `UNLOGGED` tables, and on a server with `fsync` off.
   */
  async sync(): Promise<void> {
    this.#calls.assertOpen();
    await this.#calls.run('make the entries durable', async () => {
      await this.#order.ended();
      await this.#entries.sync();
    });
  }

  /** Reads the entry with others of this turn, in one query, for the next `get` of the key. Never rejects for a failure. */
  async prefetch(key: Uint8Array, predictedMeta: CacheMeta): Promise<void> {
    this.#calls.assertOpen();
    const own = keyCopy(key);
    assertMeta(predictedMeta);
    await this.#prefetched.add(own);
  }

  /** Goes through the keys that start with `prefix`, in order, in pages of 1,000: not one moment of the table. Default: all. */
  async *keys(prefix: Uint8Array = new Uint8Array(0)): AsyncIterableIterator<Uint8Array> {
    for await (const [key] of this.#entries.rows(prefix, { limit: KEYS_PER_PAGE, withPayload: false })) yield key;
  }

  /** Like `keys`, with the entries, in pages of 100. */
  async *entries(prefix: Uint8Array = new Uint8Array(0)): AsyncIterableIterator<[Uint8Array, CacheEntry]> {
    for await (const [key, row] of this.#entries.rows(prefix, { limit: ENTRIES_PER_PAGE, withPayload: true })) {
      yield [key, decodeFromBytes(row.bytes(4) as Uint8Array)];
    }
  }

  /** Resolves to the deletions after the one with the number `epoch`; the newest 10,000 are known. */
  async deletionsSince(epoch: bigint): Promise<SharedDeletions> {
    this.#calls.assertOpen();
    assertEpoch(epoch, 'epoch');
    return await this.#calls.run('read the deletions', async () => {
      const rows = await this.#calls.query(this.#statements.deletionsSince, [`${epoch}`]);
      const [first] = rows;
      if (first === undefined) throw new TypeError('the table of the state is empty');
      const newest = first.integer(1);
      this.#seen.advance(newest);
      const isKnown = epoch <= newest && epoch >= newest - BigInt(DELETIONS_KEPT);
      const prefixes = rows.map((row) => row.bytes(2)).filter((prefix) => prefix !== undefined);
      return { identity: first.text(0), epoch: newest, prefixes: isKnown ? prefixes : undefined };
    });
  }

  /**
   * Calls `onDeletion` soon after a deletion of any process (`LISTEN`), and after each time that the connection was lost. A pool of `pg`
   * with one connection, and the dialect `'serializable'`, cannot listen: then it does nothing.
   */
  async watchDeletions(onDeletion: () => void): Promise<() => Promise<void>> {
    this.#calls.assertOpen();
    assertFunction(onDeletion, 'onDeletion');
    return await this.#listeners.add(onDeletion);
  }

  /**
   * Resolves when the calls under way have ended, after `timeoutMs` at the latest: then they have rejected. Later calls reject with
   * `CLOSED`. The client stays open: end it afterwards.
   */
  async close(): Promise<void> {
    await Promise.all([this.#calls.close(), this.#listeners.end()]);
  }

  /** Calls `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Runs the statement of a put, after the deletions before it. Resolves to how many entries were stored. */
  async #store(
    what: string,
    text: string,
    rows: readonly CacheRow[],
    since: SeenAtCall,
    parametersOf: (basis: Basis) => SqlParameter[],
  ): Promise<number> {
    const keys = rows.map(({ key }) => key);
    const drop = (): void => {
      for (const key of keys) this.#prefetched.drop(key);
    };
    const store = async (): Promise<number> =>
      (await this.#calls.write(text, parametersOf(await this.#basisOf(since)))).length;
    drop();
    // The time of the call includes that of the deletions it waits for; a deletion does not wait for a put longer than its time.
    const stored = await this.#calls
      .run(what, () => this.#order.put(keys, () => this.#calls.run(what, store)))
      .finally(drop);
    // Some may have been refused for a deletion that this cache has not seen: the next put shall know it.
    if (stored < rows.length && !since.isGiven) this.#refresh();
    return stored;
  }

  /** What a put that is called now is based on. */
  #sinceOf(basis: Pick<PutBasis, 'epoch'> | undefined): SeenAtCall {
    if (basis === undefined) return this.#seen.atCall();
    assertEpoch(basis.epoch, 'basis.epoch');
    return { epoch: basis.epoch, own: [], isGiven: true };
  }

  async #basisOf({ epoch, own }: SeenAtCall): Promise<Basis> {
    const since = epoch ?? (await this.#calls.attach());
    if (epoch === undefined) this.#seen.advance(since);
    return [`${since}`, integerArray(own.flatMap((deletion) => deletion.epoch ?? []))];
  }

  /** Reads the newest epoch, once at a time. */
  #refresh(): void {
    this.#refreshing ??= this.#calls
      .run('read the state', () => this.#calls.readState())
      .then((epoch) => this.#seen.advance(epoch))
      .catch(() => {})
      .finally(() => {
        this.#refreshing = undefined;
      });
  }
}

/** The two parameters that name the entry to be replaced in any case; a watermark that none has, if there is no such entry. */
function replacedMeta(basis: PutBasis | undefined): string[] {
  if (basis?.replaces === undefined) return ['-1', '0'];
  assertMeta(basis.replaces);
  return [`${basis.replaces.watermark}`, `${basis.replaces.cachedAtUs}`];
}
