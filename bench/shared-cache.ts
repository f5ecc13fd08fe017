/*
 * What a hit, a put and an invalidation cost in each kind of cache. It starts a private PostgreSQL server; over a network, each round
 * trip costs more. `npm run bench:shared`
 */
import postgres from 'postgres';
import { AsyncProjector, LogCache, MemoryStorage, TieredCache } from '../src/index.ts';
import { PostgresCache } from '../src/postgres/index.ts';
import { PrivateServer } from '../test/postgres/private-server.ts';

const ROUNDS = 1_000;
const server = await PrivateServer.start();
const sql = postgres(server.url, { max: 8, onnotice: () => {} });
const shared = new PostgresCache({ client: sql });
await shared.createTables();
const local = LogCache.open('local', { storage: new MemoryStorage() });
const tiered = new TieredCache({ local, shared });
const value = new Uint8Array(500).fill(1);
const key = (id: number): Uint8Array => new TextEncoder().encode(`order:${id}\0total`);

/** Microseconds of the median call, one at a time. */
async function median(act: (round: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    await act(round);
    times.push(performance.now() - began);
  }
  return Math.round((times.sort((a, b) => a - b)[ROUNDS / 2] as number) * 1_000);
}

const meta = (watermark: number) => ({ watermark: BigInt(watermark), cachedAtUs: 0n });
const keys = Array.from({ length: 100 }, (_, id) => key(id));
const one = (round: number): Uint8Array => key(round % 100);
const log = LogCache.open('log', { storage: new MemoryStorage() });
for (const each of keys) log.put(each, value, meta(1));
const row = (what: string, us: number): void => console.log(`| ${what} | ${us} |`);
row('`PostgresCache`: a put', await median((round) => shared.put(one(round), value, meta(round))));
row('`PostgresCache`: a hit', await median((round) => shared.get(one(round))));
row(
  '`PostgresCache`: a hit of 100 that were prefetched together',
  Math.round(
    (await (async () => {
      const began = performance.now();
      for (let round = 0; round < 50; round += 1) {
        for (const each of keys) shared.prefetch(each, meta(1)).catch(() => {});
        await Promise.all(keys.map((each) => shared.get(each)));
      }
      return (performance.now() - began) / 50 / 100;
    })()) * 1_000,
  ),
);
for (const each of keys) await tiered.get(each);
row('`TieredCache`: a hit that is local', await median((round) => tiered.get(one(round))));
row('`LogCache`: a hit', await median((round) => log.get(one(round))));
for (const events of [10, 100, 1_000]) {
  const source = {
    head: () => BigInt(events),
    read: () => Array.from({ length: events }, (_, at) => ({ sequence: BigInt(at + 1), event: at })),
  };
  const projection = {
    name: 'sum',
    initial: () => 0,
    apply: (state: number, event: number) => state + event,
    incremental: false,
  };
  const projector = new AsyncProjector({ cache: { ...emptyCache() }, source });
  row(`no cache: a fold of ${events} events in memory`, await median(() => projector.project(projection, 'order:1')));
}
await tiered.close();
await shared.close();
await sql.end();
await server.stop();

function emptyCache() {
  return {
    capabilities: () => ({ supportsPrefetch: false, isNoop: true }),
    get: () => undefined,
    put: () => {},
    deletePrefix: () => 0,
    sync: () => {},
  };
}
