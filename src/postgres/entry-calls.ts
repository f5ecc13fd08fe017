import { StoreError } from '../base/store-error.ts';
import { decodeFromBytes } from '../contract/cache-entry-codec.ts';
import type { CacheReading } from '../contract/cache-reading.ts';
import { bytesArray, keyCopy } from './cache-row.ts';
import type { PostgresSettings } from './postgres-options.ts';
import type { OwnDeletion, SeenDeletions } from './seen-deletions.ts';
import type { SqlRow } from './sql-client.ts';
import { type Page, rangeParameters, type Statements } from './statements.ts';
import { joinedParts, storedKey, storedRange } from './stored-key.ts';
import type { TableCalls } from './table-calls.ts';

/** Reads, removals and syncs of the entries. Each answer advances the deletions that the cache has seen. */
export class EntryCalls {
  readonly #settings: PostgresSettings;
  readonly #statements: Statements;
  readonly #calls: TableCalls;
  readonly #seen: SeenDeletions;

  constructor(settings: PostgresSettings, statements: Statements, calls: TableCalls, seen: SeenDeletions) {
    this.#settings = settings;
    this.#statements = statements;
    this.#calls = calls;
    this.#seen = seen;
  }

  /** Reads an entry. */
  async read(key: Uint8Array): Promise<CacheReading> {
    const { stream, rest, tailDigest } = storedKey(key);
    return await this.#calls.run('read an entry', async () => {
      const [row] = await this.#calls.query(this.#statements.read, [stream, rest, tailDigest]);
      return this.#reading(row, 1);
    });
  }

  /** Reads several entries by one query. */
  async readMany(keys: readonly Uint8Array[]): Promise<readonly CacheReading[]> {
    const parts = keys.map(storedKey);
    const columns = [
      bytesArray(parts.map(({ stream }) => stream)),
      bytesArray(parts.map(({ rest }) => rest)),
      bytesArray(parts.map(({ tailDigest }) => tailDigest)),
    ];
    return await this.#calls.run('prefetch entries', async () => {
      const readings: CacheReading[] = [];
      for (const row of await this.#calls.query(this.#statements.readMany, columns)) {
        readings[Number(row.integer(1)) - 1] = this.#reading(row, 2);
      }
      return readings;
    });
  }

  /** The reading in a row: the epoch, and the payload in column `payloadAt`. */
  #reading(row: SqlRow | undefined, payloadAt: number): CacheReading {
    if (row === undefined) throw new TypeError('the table of the state is empty');
    const epoch = row.integer(0);
    this.#seen.advance(epoch);
    const payload = row.bytes(payloadAt);
    return { entry: payload === undefined ? undefined : decodeFromBytes(payload), epoch, hasFartherTier: false };
  }

  /** Its epoch is known before the puts that wait for it begin. */
  async deleteSeen(prefix: Uint8Array, deletion: OwnDeletion): Promise<number> {
    let epoch: bigint | undefined;
    try {
      const [newest, count] = await this.#calls.run('remove entries', () => this.#delete(prefix));
      epoch = newest;
      return count;
    } finally {
      this.#seen.end(deletion, epoch);
    }
  }

  async #delete(prefix: Uint8Array): Promise<readonly [epoch: bigint, count: number]> {
    const { dialect, deadline } = this.#settings;
    const range = storedRange(prefix);
    const parameters = [...rangeParameters(range), prefix];
    const { remove, removeInStream, removeAcross } = this.#statements;
    const [row] =
      dialect === 'postgresql'
        ? await this.#calls.write(remove, [...parameters, `${Math.ceil(deadline.ms / 2)}`, `${range.isInStream}`])
        : await this.#calls.write(range.isInStream ? removeInStream : removeAcross, parameters);
    if (row === undefined) throw new TypeError('the deletion returned no row');
    const epoch = row.integer(0);
    // Now and then: a few more than necessary are kept. The function does that itself.
    if (dialect === 'serializable' && epoch % 100n === 0n) {
      await this.#calls.write(this.#statements.forgetDeletions, [`${epoch}`]);
    }
    return [epoch, Number(row.integer(1))];
  }

  /** Waits for the disk, or rejects where that is not possible. */
  async sync(): Promise<void> {
    // These engines commit durably: there is nothing to switch off.
    if (this.#settings.dialect === 'serializable') return;
    const { entries } = this.#settings.names;
    const [row] = await this.#calls.query(this.#statements.durability, [entries]);
    if (row?.text(0) !== 'on') throw notDurable('the server runs with fsync off');
    if (row.integer(1) > 0n) throw notDurable(`the table ${entries} is UNLOGGED: a crash of the server empties it`);
    // A commit that waits for its own WAL waits for all WAL before it, also that of commits that did not wait.
    await this.#calls.query(this.#statements.flush, []);
  }

  /** The keys of a prefix with their rows, in order. */
  async *rows(prefix: Uint8Array, page: Page): AsyncIterableIterator<readonly [Uint8Array, SqlRow]> {
    const range = storedRange(keyCopy(prefix, 'prefix'));
    let after: [Uint8Array, Uint8Array, Uint8Array] | undefined;
    while (true) {
      this.#calls.assertOpen();
      const text = this.#statements.page(range, page, after !== undefined);
      const parameters = [...rangeParameters(range), ...(after ?? [])];
      const rows = await this.#calls.run('list entries', () => this.#calls.query(text, parameters));
      for (const row of rows) {
        const [stream, rest, tailDigest, tail] = [0, 1, 2, 3].map((at) => row.bytes(at) as Uint8Array) as Parts;
        yield [joinedParts(stream, rest, tail), row];
        after = [stream, rest, tailDigest];
      }
      if (rows.length < page.limit) return;
    }
  }
}

type Parts = [stream: Uint8Array, rest: Uint8Array, tailDigest: Uint8Array, tail: Uint8Array];

function notDurable(why: string): StoreError {
  return new StoreError('CACHE_FAILED', `sync cannot make entries durable: ${why}`);
}
