/*
 * One machine of a fleet, in its own process: it appends events, and projects and invalidates streams, through a `TieredCache` or a
 * `PostgresCache`, and compares each state with the sum of the events up to its watermark.
 *
 * Arguments: the address of the server, a directory for its local cache, a seed. It writes a line for each state that differs, and
 * the number of states at its end.
 */
import postgres from 'postgres';
import { LogCache } from '../../src/cache/log-cache.ts';
import { PostgresCache } from '../../src/postgres/index.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { TieredCache } from '../../src/tiered/tiered-cache.ts';
import { SqlLog } from './sql-log.ts';

const [url = '', directory = '', seed = '0', rounds = '300'] = process.argv.slice(2);
const sql = postgres(url, { max: 6, onnotice: () => {} });
const log = new SqlLog(sql);
const shared = new PostgresCache({ client: sql });
await shared.createTables({ partitions: 4 });
const local = LogCache.open(directory);
const cache = Number(seed) % 4 === 3 ? shared : new TieredCache({ local, shared });
const projector = new AsyncProjector({ cache, source: log });
const total = {
  name: 'total',
  initial: () => ({ events: 0, cents: 0 }),
  apply: (state: { events: number; cents: number }, cents: number) => ({
    events: state.events + 1,
    cents: state.cents + cents,
  }),
};
const numbers = seededRandom(Number(seed));
let states = 0;
let differences = 0;

async function act(): Promise<void> {
  const stream = `order:${numbers() % 8}`;
  const chance = numbers() % 100;
  if (chance < 25) await log.append(stream, numbers() % 1_000);
  else if (chance < 30) await projector.invalidate(stream);
  else await compare(stream, chance);
}

function freshnessOf(chance: number, head: bigint | undefined): Freshness {
  if (chance < 80) return Freshness.consistent;
  if (chance < 90) return Freshness.bestEffort({ maxStaleMs: 50 });
  return Freshness.atLeast({ watermark: head ?? 0n });
}

async function compare(stream: string, chance: number): Promise<void> {
  // Before the call: what a consistent one must include.
  const head = await log.head(stream);
  const freshness = freshnessOf(chance, head);
  const { state, watermark } = await projector.projectWithWatermark(total, stream, freshness);
  const expected = await log.totalUpTo(stream, watermark ?? 0n);
  states += 1;
  const isOld = chance < 80 && (watermark ?? 0n) < (head ?? 0n);
  if (!isOld && (state?.cents ?? 0) === expected.cents && (state?.events ?? 0) === expected.events) return;
  differences += 1;
  console.log(`difference ${stream} ${watermark} ${JSON.stringify({ state, expected, isOld })}`);
}

console.log('ready');
for (let round = 0; round < Number(rounds); round += 1) await Promise.all([act(), act(), act()]);
await projector.flush();
await cache.close();
await shared.close();
local.close();
await sql.end();
console.log(`done ${states} ${differences}`);
