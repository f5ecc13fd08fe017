/*
 * Measures what a hit, a put and a fold cost in each kind of cache: npm run bench:shared
 *
 * It starts a private PostgreSQL server. Over a network each round trip costs more.
 */
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { AsyncProjector, LogCache, MemoryStorage, NoCache, TieredCache } from '../src/index.ts';
import { PostgresCache } from '../src/postgres/index.ts';
import { PrivateServer } from '../test/postgres/private-server.ts';
import { runBenchCommand } from './bench-command.ts';
import { medianOf } from './percentiles.ts';
import { formatFigure, formatTable } from './table.ts';

const KEYS = 100;
const VALUE: Uint8Array = new Uint8Array(500).fill(1);

/** A kind of call, and the microseconds of its median. */
export interface SharedFigure {
  readonly call: string;
  readonly us: number;
}

/** Measures calls one at a time, against the server at `url`. */
export async function measureShared(url: string, rounds: number): Promise<SharedFigure[]> {
  const figures: SharedFigure[] = [];
  const measure = async (call: string, act: (round: number) => unknown): Promise<void> => {
    figures.push({ call, us: await medianUs(rounds, act) });
  };
  const sql = postgres(url, { max: 8, onnotice: () => {} });
  const shared = new PostgresCache({ client: sql });
  await shared.createTables();
  const local = LogCache.open('local', { storage: new MemoryStorage() });
  const log = LogCache.open('log', { storage: new MemoryStorage() });
  const tiered = new TieredCache({ local, shared });
  for (let id = 0; id < KEYS; id += 1) log.put(keyOf(id), VALUE, metaOf(1));

  await measure('`PostgresCache`: a put', (round) => shared.put(keyOf(round), VALUE, metaOf(round)));
  await measure('`PostgresCache`: a hit', (round) => shared.get(keyOf(round)));
  figures.push({
    call: '`PostgresCache`: a hit, of 100 that were prefetched by one query',
    us: (await medianUs(rounds / 20, () => prefetchAll(shared))) / KEYS,
  });
  for (let id = 0; id < KEYS; id += 1) await tiered.get(keyOf(id));
  await measure('`TieredCache`: a hit that is local', (round) => tiered.get(keyOf(round)));
  await measure('`LogCache`: a hit', (round) => log.get(keyOf(round)));
  for (const events of [10, 100, 1_000]) {
    const projector = new AsyncProjector({ cache: new NoCache(), source: sourceOf(events) });
    await measure(`no cache: a fold of ${events} events in memory`, () => projector.project(SUM, 'order:1'));
  }
  await tiered.close();
  await shared.close();
  await sql.end();
  return figures;
}

const SUM = {
  name: 'sum',
  initial: (): number => 0,
  apply: (state: number, event: number): number => state + event,
  incremental: false,
};

function sourceOf(events: number) {
  return {
    head: () => BigInt(events),
    read: () => Array.from({ length: events }, (_, at) => ({ sequence: BigInt(at + 1), event: at })),
  };
}

async function prefetchAll(cache: PostgresCache): Promise<void> {
  const keys = Array.from({ length: KEYS }, (_, id) => keyOf(id));
  for (const key of keys) cache.prefetch(key, metaOf(1)).catch(() => {});
  await Promise.all(keys.map((key) => cache.get(key)));
}

async function medianUs(rounds: number, act: (round: number) => unknown): Promise<number> {
  const us: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await act(round);
    us.push((performance.now() - start) * 1000);
  }
  return medianOf(us);
}

function keyOf(round: number): Uint8Array {
  return new TextEncoder().encode(`order:${round % KEYS}\0total`);
}

function metaOf(watermark: number) {
  return { watermark: BigInt(watermark), cachedAtUs: 0n };
}

/** The figures as text. */
export function formatShared(figures: readonly SharedFigure[]): string {
  const rows = figures.map(({ call, us }) => [call, formatFigure(us)]);
  return formatTable(['call', 'median us'], rows);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBenchCommand(
    {
      script: 'bench:shared',
      about: `What a call of each kind of cache costs in microseconds, the median of 1,000
calls, one at a time; lower is better. The PostgreSQL server is a private one on
this machine: over a network each call of it costs a round trip more. A hit in a
shared cache pays if it is shorter than the fold it saves.`,
      takesDirectory: false,
      run: async () => {
        const server = await PrivateServer.start();
        try {
          return formatShared(await measureShared(server.url, 1_000));
        } finally {
          await server.stop();
        }
      },
    },
    process.argv.slice(2),
  );
}
