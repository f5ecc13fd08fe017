import type { StoredRange } from './stored-key.ts';
import type { TableNames } from './table-names.ts';

/** How many deletions are remembered. A put whose reading is older than that is refused. */
export const DELETIONS_KEPT = 10_000;

/** Lets the transaction of this statement wait for the disk when it commits. */
export const WAIT_FOR_DISK: string = `set_config('synchronous_commit',
  CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)`;

/** How much of a range is listed at once. */
export interface Page {
  readonly limit: number;
  readonly withPayload: boolean;
}

/** The rows of one stream. Equality, so that the server reads one partition only. `$2` is used for its type. */
const IN_STREAM = `e.stream = $1::bytea AND e.stream < $2::bytea AND e.rest >= $3::bytea AND e.rest < $4::bytea
  AND substring(e.tail FROM 1 FOR length($5::bytea)) = $5::bytea`;
/** The rows of the streams of a range. The other parameters are empty, or above all. */
const ACROSS = `e.stream >= $1::bytea AND e.stream < $2::bytea AND e.rest >= $3::bytea AND e.rest < $4::bytea
  AND substring(e.tail FROM 1 FOR length($5::bytea)) = $5::bytea`;

/** The texts of the statements. They contain the names of the tables, and parameters for everything else. */
export class Statements {
  readonly state: string;
  readonly read: string;
  readonly readMany: string;
  readonly put: string;
  readonly putMany: string;
  readonly deletionsSince: string;
  readonly forgetDeletions: string;
  readonly durability: string;
  readonly flush: string;
  readonly remove: string;
  readonly removeInStream: string;
  readonly removeAcross: string;
  readonly #names: TableNames;

  constructor(names: TableNames) {
    const { entries, deletions, state, remove } = names;
    this.#names = names;
    this.state = `SELECT version::text, epoch::text, current_setting('transaction_isolation') FROM ${state}`;
    // One row also for a miss: the epoch is of the same snapshot as the entry.
    this.read = `SELECT s.epoch::text, e.payload FROM ${state} s
LEFT JOIN ${entries} e ON e.stream = $1 AND e.rest = $2 AND e.taildigest = $3`;
    this.readMany = `SELECT s.epoch::text, k.at::text, e.payload FROM ${state} s
CROSS JOIN unnest($1::text::bytea[], $2::text::bytea[], $3::text::bytea[]) WITH ORDINALITY AS k(stream, rest, taildigest, at)
LEFT JOIN ${entries} e ON e.stream = k.stream AND e.rest = k.rest AND e.taildigest = k.taildigest`;
    const columns = 'stream, rest, taildigest, tail, watermark, cachedat, payload';
    const insert = (
      source: string,
      basis: number,
      isReplaced: string,
      order = '',
    ): string => `INSERT INTO ${entries} AS e (${columns})
SELECT ${columns} FROM ${source} AS k(${columns})
WHERE $${basis}::text::bigint >= (SELECT epoch FROM ${state}) - ${DELETIONS_KEPT}
  AND NOT EXISTS (SELECT 1 FROM ${deletions} d
    WHERE d.epoch > $${basis}::text::bigint AND NOT d.epoch = ANY($${basis + 1}::text::bigint[])
      AND substring(k.stream || k.rest || k.tail FROM 1 FOR length(d.prefix)) = d.prefix)
${order}ON CONFLICT (stream, rest, taildigest) DO UPDATE
SET watermark = excluded.watermark, cachedat = excluded.cachedat, payload = excluded.payload
WHERE (e.watermark, e.cachedat) < (excluded.watermark, excluded.cachedat)${isReplaced}
RETURNING 1`;
    const one = '($1::bytea, $2::bytea, $3::bytea, $4::bytea, $5::text::numeric(20,0), $6::text::bigint, $7::bytea)';
    this.put = insert(
      `(VALUES ${one})`,
      8,
      ' OR (e.watermark = $10::text::numeric(20,0) AND e.cachedat = $11::text::bigint)',
    );
    const arrays = [1, 2, 3, 4].map((at) => `$${at}::text::bytea[]`).join(', ');
    // Rows are locked in the order of the SELECT. All statements have the same one, or two of them deadlock.
    this.putMany = insert(
      `unnest(${arrays}, $5::text::numeric(20,0)[], $6::text::bigint[], $7::text::bytea[])`,
      8,
      '',
      'ORDER BY k.stream, k.rest, k.taildigest\n',
    );
    this.deletionsSince = `SELECT s.identity, s.epoch::text, d.prefix FROM ${state} s
LEFT JOIN ${deletions} d ON d.epoch > $1::text::bigint ORDER BY d.epoch`;
    this.forgetDeletions = `DELETE FROM ${deletions} WHERE epoch <= $1::text::bigint - ${DELETIONS_KEPT}`;
    this.durability = `SELECT current_setting('fsync'), (SELECT count(*) FROM pg_class c
  WHERE c.relpersistence = 'u' AND (c.oid = $1::text::regclass
    OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::text::regclass)))::text`;
    this.flush = `UPDATE ${state} SET syncs = syncs + 1 WHERE (SELECT ${WAIT_FOR_DISK}) <> ''`;
    this.remove = `SELECT new_epoch::text, removed::text FROM ${remove}($8::text::boolean,
  $1::bytea, $2::bytea, $3::bytea, $4::bytea, $5::bytea, $6::bytea, $7::text)`;
    const removal = (
      conditions: string,
    ): string => `WITH next AS (UPDATE ${state} SET epoch = epoch + 1 RETURNING epoch),
noted AS (INSERT INTO ${deletions} (epoch, prefix) SELECT epoch, $6::bytea FROM next),
removed AS (DELETE FROM ${entries} e WHERE ${conditions} RETURNING 1)
SELECT (SELECT epoch FROM next)::text, (SELECT count(*) FROM removed)::text`;
    this.removeInStream = removal(IN_STREAM);
    this.removeAcross = removal(ACROSS);
  }

  /** A page of a range in the order of its keys, after the row whose parts are the last parameters if `isNext`. */
  page({ isInStream }: StoredRange, { limit, withPayload }: Page, isNext: boolean): string {
    const next = isNext ? ' AND (e.stream, e.rest, e.taildigest) > ($6::bytea, $7::bytea, $8::bytea)' : '';
    return `SELECT e.stream, e.rest, e.taildigest, e.tail${withPayload ? ', e.payload' : ''} FROM ${this.#names.entries} e
WHERE ${isInStream ? IN_STREAM : ACROSS}${next} ORDER BY e.stream, e.rest, e.taildigest LIMIT ${limit}`;
  }
}

/** The parameters of a range: see `IN_STREAM` and `ACROSS`. */
export function rangeParameters({ stream, streamEnd, rest, restEnd, tail }: StoredRange): Uint8Array[] {
  return [stream, streamEnd, rest, restEnd, tail];
}
