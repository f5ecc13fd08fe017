/**
 * One machine of a service. All its machines project the same streams; what one of them has folded, the others find in PostgreSQL, and
 * each keeps what it has used in a directory of its own. Save it beside a `package.json`, run
 * `npm install projection-cache postgres`, and start two of them:
 *
 *     DATABASE_URL=postgres://127.0.0.1/orders EVENT_LOG=events.jsonl LOCAL_CACHE=one node machine.mjs
 *
 * With CACHE=embedded it is the only machine and needs no database; with CACHE=shared it has no local cache in front of it.
 *
 *     get 507              the total of an order
 *     buy 507 450          records an event
 *     invalidate 507       after the event log was corrected: all machines forget what they have cached
 *
 * It answers each line of its input by a line of JSON, as a server would answer requests, until its input ends.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import postgres from 'postgres';
import { AsyncProjector, LogCache, TieredCache } from 'projection-cache';
import { PostgresCache } from 'projection-cache/postgres';

const {
  DATABASE_URL = '',
  EVENT_LOG = 'events.jsonl',
  LOCAL_CACHE = 'cache',
  VERSION = '1',
  CACHE = 'tiered',
} = process.env;
const report = (error) => console.error(`${process.pid}: ${error.message}`);

// Your event log, which all machines read: here a file of lines. The number of the line is the sequence of the event.
function eventsOf(stream) {
  const lines = readFileSync(EVENT_LOG, 'utf8').split('\n').slice(0, -1);
  const events = lines.map((line, index) => ({ sequence: BigInt(index + 1), event: JSON.parse(line) }));
  return events.filter(({ event }) => `order:${event.order}` === stream);
}
const source = {
  identity: 'orders-1',
  head: (stream) => eventsOf(stream).at(-1)?.sequence,
  read: (stream, _kinds, after = 0n) => eventsOf(stream).filter(({ sequence }) => sequence > after),
};
const total = {
  name: 'total',
  version: Number(VERSION), // raise it with each change of `apply`: a deploy leaves the states of the old version alone
  initial: () => ({ cents: 0, items: 0 }),
  apply: ({ cents, items }, event) => ({ cents: cents + event.cents, items: items + 1 }),
};

const sql = postgres(DATABASE_URL, {
  max: 4,
  connect_timeout: 1,
  backoff: () => 0.2,
  // The blanks: a connection that was lost does not hang when it is made again, see docs/scaling.md.
  connection: { statement_timeout: 5_000, options: ' '.repeat(1_024) },
  onnotice: () => {},
});
const shared = new PostgresCache({ client: sql, timeoutMs: 1_000 });
const local = LogCache.open(LOCAL_CACHE);
const caches = {
  embedded: () => local,
  shared: () => shared,
  tiered: () => new TieredCache({ local, shared, retryAfterMs: 500, onFailure: report }),
};
const cache = caches[CACHE]();
// The rest is the same with each of them.
const projector = new AsyncProjector({ cache, source, onCacheFailure: ({ error }) => report(error) });
// The service answers without the database as well, only slower.
if (CACHE !== 'embedded') await shared.createTables().catch(report);

async function answer([verb, order, cents]) {
  const stream = `order:${order}`;
  if (verb === 'buy') {
    appendFileSync(EVENT_LOG, `${JSON.stringify({ order, cents: Number(cents) })}\n`);
    return {};
  }
  if (verb === 'invalidate') return { removed: await projector.invalidate(stream) };
  const { state, report: how } = await projector.projectWithReport(total, stream);
  return { ...state, outcome: how.outcome, eventsRead: how.eventsRead };
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(line.split(' ')).catch((error) => ({ error: error.message }))));
}

// From the top down: what is under way ends, then each part is closed.
await projector.flush();
await cache.close();
await shared.close();
local.close();
await sql.end({ timeout: 1 });
