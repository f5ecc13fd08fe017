/*
 * Measures `get` of entries that are not in memory, with and without a `prefetch` some milliseconds before: npm run
 * bench:prefetch [-- DIRECTORY]
 *
 * The system may have the file in its page cache: then a prefetch saves the call and the copy, not a seek.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LogCache } from '../src/index.ts';
import { runBenchCommand } from './bench-command.ts';
import { type Percentiles, percentilesOf } from './percentiles.ts';
import { formatFigure, formatTable } from './table.ts';
import { Keys, randomFrom, shuffled, Values } from './workload.ts';

const valueBytes = 2000;
/** With so many pages, 32 prefetches can run at a time. */
const pageCacheBytes: number = 16 * 1024 * 1024;
const hintsAtATime = 16;
const arrivalMs = 5;

/** How long `get` took, in microseconds. */
export interface PrefetchFigures {
  readonly withoutHint: Percentiles;
  readonly withHint: Percentiles;
}

/** Gets entries in random order, in turns with and without a prefetch a few milliseconds before. */
export async function measurePrefetch(
  directory: string,
  { entries = 40_000, gets = 800 }: { readonly entries?: number; readonly gets?: number } = {},
): Promise<PrefetchFigures> {
  const own = mkdtempSync(join(directory, 'projection-cache-bench-'));
  try {
    const keys = new Keys();
    const values = new Values(valueBytes, randomFrom(77));
    const filling = LogCache.open(own);
    for (let i = 0; i < entries; i += 1) filling.put(keys.stored(i), values.of(i, 0), values.meta);
    filling.close();
    using cache = LogCache.open(own, { pageCacheBytes });
    const order = shuffled(entries, randomFrom(22)).subarray(0, 2 * gets);
    const durations: [number[], number[]] = [[], []];
    for (let from = 0; from < order.length; from += hintsAtATime) {
      const batch = order.subarray(from, from + hintsAtATime);
      const turn = (from / hintsAtATime) % 2 === 0 ? 0 : 1;
      if (turn === 1) for (const index of batch) cache.prefetch(keys.stored(index), values.meta);
      await sleep(arrivalMs);
      for (const index of batch) durations[turn].push(timeGetUs(cache, keys.stored(index)));
    }
    const [without, announced] = durations;
    return {
      withoutHint: percentilesOf(Float64Array.from(without)),
      withHint: percentilesOf(Float64Array.from(announced)),
    };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

function timeGetUs(cache: LogCache, key: Uint8Array): number {
  const start = performance.now();
  const found = cache.get(key) !== undefined;
  const us = (performance.now() - start) * 1000;
  if (!found) throw new Error('an entry is missing');
  return us;
}

/** The figures as text. */
export function formatPrefetch({ withoutHint, withHint }: PrefetchFigures): string {
  const row = (work: string, { p50, p90, p99, max }: Percentiles): string[] => {
    return [work, ...[p50, p90, p99, max].map(formatFigure)];
  };
  const rows = [row('get, not resident', withoutHint), row('get, prefetched', withHint)];
  return formatTable(['work', 'p50 us', 'p90', 'p99', 'max'], rows);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBenchCommand(
    {
      script: 'bench:prefetch',
      about: `How long a get of an entry takes that is not in memory, without a prefetch and
with one some milliseconds before; in microseconds, lower is better. p50: half
of the gets are faster; p99: all but one in a hundred. If the system has the
file in its own cache, a prefetch saves a call and a copy; if not, an access to
the disk.`,
      takesDirectory: true,
      run: async (directory) => formatPrefetch(await measurePrefetch(directory)),
    },
    process.argv.slice(2),
  );
}
