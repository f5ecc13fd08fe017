/*
 * Measures durable puts of several concurrent callers, who share syncs, and of one caller who syncs each put: npm run
 * bench:group-commit [-- DIRECTORY]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { LogCache } from '../src/index.ts';
import { BareAppends, durablePuts } from './bare-works.ts';
import { runBenchCommand } from './bench-command.ts';
import { medianOf } from './percentiles.ts';
import { formatCount, formatFigure, formatTable } from './table.ts';
import { timeWhole } from './work.ts';
import { Keys, randomFrom, Values } from './workload.ts';

const valueBytes = 256;
const recordBytes = 320;
const callersMeasured: readonly number[] = [1, 8, 64];

/** The result of one way to put durably. */
export interface GroupCommitFigure {
  readonly work: string;
  /** The median of the rounds. */
  readonly putsPerSecond: number;
  readonly putsPerSync: number;
}

/** Puts `puts` entries in each way, `rounds` times in turns, in a new directory within `directory`. */
export async function measureGroupCommits(
  directory: string,
  { puts = 512, rounds = 5 }: { readonly puts?: number; readonly rounds?: number } = {},
): Promise<GroupCommitFigure[]> {
  const own = mkdtempSync(join(directory, 'projection-cache-bench-'));
  try {
    using cache = LogCache.open(join(own, 'cache'));
    const values = new Values(valueBytes, randomFrom(77));
    const bare = new BareAppends(join(own, 'bare'), puts, recordBytes);
    const single = durablePuts(cache, puts, values);
    const ways: { readonly work: string; run(): Promise<number> | number }[] = [
      { work: bare.name, run: () => timeWhole(bare).ms },
      { work: single.name, run: () => timeWhole(single).ms },
      ...callersMeasured.map((callers) => ({
        work: `put and await syncAsync, ${callers} at a time`,
        run: () => concurrentPutsMs(cache, values, puts, callers),
      })),
    ];
    const rates = ways.map((): number[] => []);
    const perSync = ways.map((): number[] => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [way, { run }] of ways.entries()) {
        const { syncs } = cache.stats().counters;
        const ms = await run();
        rates[way]?.push((puts / ms) * 1000);
        perSync[way]?.push(puts / Math.max(1, cache.stats().counters.syncs - syncs));
      }
    }
    bare.close();
    return ways.map(({ work }, way) => ({
      work,
      putsPerSecond: medianOf(rates[way] ?? []),
      putsPerSync: way === 0 ? 1 : medianOf(perSync[way] ?? []),
    }));
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Milliseconds until `callers` loops have put so many entries together, each waiting for its own to be durable. */
async function concurrentPutsMs(cache: LogCache, values: Values, puts: number, callers: number): Promise<number> {
  const keys = new Keys();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < puts) {
      const index = next;
      next += 1;
      cache.put(keys.stored(index), values.of(index, 0), values.meta);
      await cache.syncAsync();
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  return performance.now() - start;
}

/** The figures as text; ratios are relative to one caller who syncs on the thread. */
export function formatGroupCommits(figures: readonly GroupCommitFigure[]): string {
  const single = figures[1]?.putsPerSecond ?? 1;
  const rows = figures.map(({ work, putsPerSecond, putsPerSync }) => {
    return [work, formatCount(putsPerSecond), formatFigure(putsPerSync), formatFigure(putsPerSecond / single)];
  });
  return formatTable(['work', 'puts/s', 'puts a sync', 'x put and sync'], rows);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBenchCommand(
    {
      script: 'bench:group-commit',
      about: `Durable puts: of one caller who syncs each put, and of callers who wait for
syncAsync at the same time and so share syncs. "x put and sync": how many times
as many puts a second as one caller who syncs on the thread; above 1 is faster.
"puts a sync": how many puts share one fsync. The disk decides: compare on
yours.`,
      takesDirectory: true,
      run: async (directory) => formatGroupCommits(await measureGroupCommits(directory)),
    },
    process.argv.slice(2),
  );
}
