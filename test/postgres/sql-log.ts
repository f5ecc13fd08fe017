import type postgres from 'postgres';
import type { AsyncEventReader, RecordedEvent } from '../../src/projection/event-reader.ts';

/** An event log in the same database: amounts of streams. Sequences become visible in order, as one append at a time commits. */
export class SqlLog implements AsyncEventReader<number> {
  readonly identity: string = 'sql-log';
  readonly #sql: postgres.Sql;

  constructor(sql: postgres.Sql) {
    this.#sql = sql;
  }

  async create(): Promise<void> {
    await this.#sql`CREATE TABLE events (sequence bigint PRIMARY KEY, stream text NOT NULL, cents int NOT NULL)`;
    await this.#sql`CREATE INDEX ON events (stream, sequence)`;
    await this.#sql`CREATE TABLE newest (sequence bigint NOT NULL)`;
    await this.#sql`INSERT INTO newest VALUES (0)`;
  }

  async append(stream: string, cents: number): Promise<void> {
    await this.#sql`WITH next AS (UPDATE newest SET sequence = sequence + 1 RETURNING sequence)
      INSERT INTO events SELECT sequence, ${stream}, ${cents} FROM next`;
  }

  async head(stream: string): Promise<bigint | undefined> {
    const [row] = await this.#sql`SELECT max(sequence)::text AS head FROM events WHERE stream = ${stream}`;
    return row?.['head'] === null ? undefined : BigInt(row?.['head'] as string);
  }

  async *read(stream: string, _kinds: readonly string[], after = 0n): AsyncGenerator<RecordedEvent<number>> {
    const rows = await this.#sql`SELECT sequence::text AS position, cents FROM events
      WHERE stream = ${stream} AND sequence > ${after.toString()} ORDER BY sequence`;
    for (const row of rows) yield { sequence: BigInt(row['position'] as string), event: row['cents'] as number };
  }

  /** What a replay of the events up to `watermark` results in. */
  async totalUpTo(stream: string, watermark: bigint): Promise<{ readonly events: number; readonly cents: number }> {
    const [row] = await this.#sql`SELECT count(*)::int AS events, coalesce(sum(cents), 0)::int AS cents FROM events
      WHERE stream = ${stream} AND sequence <= ${watermark.toString()}`;
    return { events: row?.['events'] as number, cents: row?.['cents'] as number };
  }
}
