/**
 * Moves cached states between a directory and PostgreSQL, as lines of the program `projection-cache`:
 *
 *     npx projection-cache dump cache | node move.mjs to-postgres
 *     node move.mjs from-postgres | npx projection-cache load cache
 *
 * Services may use both meanwhile: neither direction replaces a newer entry. Do not invalidate streams at the same time: an entry that was
 * read before may be stored after that.
 */
import { createInterface } from 'node:readline';
import postgres from 'postgres';
import { PostgresCache } from 'projection-cache/postgres';

const ENTRIES_PER_STATEMENT = 500;
const BYTES_PER_STATEMENT = 16 * 1024 * 1024;
const [direction] = process.argv.slice(2);
const sql = postgres(process.env.DATABASE_URL ?? '', { max: 1, onnotice: () => {} });
const shared = new PostgresCache({ client: sql, timeoutMs: 60_000 });

async function toPostgres() {
  await shared.createTables();
  let batch = [];
  let bytes = 0;
  let [read, stored] = [0, 0];
  const store = async () => {
    stored += await shared.putMany(batch);
    [batch, bytes] = [[], 0];
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const { key, value, watermark, cachedAtUs } = JSON.parse(line);
    const entry = [Buffer.from(key, 'base64'), Buffer.from(value, 'base64')];
    batch.push([...entry, { watermark: BigInt(watermark), cachedAtUs: BigInt(cachedAtUs) }]);
    read += 1;
    bytes += entry[0].length + entry[1].length;
    if (batch.length === ENTRIES_PER_STATEMENT || bytes > BYTES_PER_STATEMENT) await store();
  }
  await store();
  console.error(`${read} entries read, ${stored} stored; the others are not newer than what is there`);
}

async function fromPostgres() {
  const base64 = (bytes) => Buffer.from(bytes).toString('base64');
  for await (const [key, { value, meta }] of shared.entries()) {
    const line = {
      key: base64(key),
      value: base64(value),
      watermark: `${meta.watermark}`,
      cachedAtUs: `${meta.cachedAtUs}`,
    };
    if (!process.stdout.write(`${JSON.stringify(line)}\n`))
      await new Promise((done) => process.stdout.once('drain', done));
  }
}

if (direction === 'to-postgres') await toPostgres();
else if (direction === 'from-postgres') await fromPostgres();
else throw new Error('Usage: node move.mjs to-postgres | from-postgres');
await shared.close();
await sql.end();
