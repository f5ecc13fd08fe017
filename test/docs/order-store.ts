import { join } from 'node:path';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { EventReader } from '../../src/projection/event-reader.ts';
import type { Projection } from '../../src/projection/projection.ts';
import { Projector } from '../../src/projection/projector.ts';
import { someMeta, temporaryDirectory, utf8 } from '../cache/cache-fixtures.ts';

interface Added {
  readonly amount: number;
}

/** The events of one stream. */
export class Orders implements EventReader<Added> {
  identity = 'orders-1';
  readonly amounts: number[] = [5, 6, 7];

  head(): bigint {
    return BigInt(this.amounts.length);
  }

  read(_stream: string, _kinds: readonly string[], after = 0n): { sequence: bigint; event: Added }[] {
    return this.amounts.map((amount, at) => ({ sequence: BigInt(at + 1), event: { amount } })).slice(Number(after));
  }
}

/** What folds them. */
export const total: Projection<number, Added> = {
  name: 'total',
  initial: () => 0,
  apply: (state, { amount }) => state + amount,
};

/** What one call of a projector over `cache` did. */
export function projectOnce(
  cache: LogCache,
  source: Orders = new Orders(),
  projection: typeof total = total,
): readonly unknown[] {
  const { state, report } = new Projector({ cache, source }).projectWithReport(projection, 'order:1');
  return [state, report.outcome, report.eventsRead];
}

/** Opens the cache, runs `use` and closes it. */
export function withCache<Result>(directory: string, use: (cache: LogCache) => Result): Result {
  const cache = LogCache.open(directory);
  try {
    return use(cache);
  } finally {
    cache.close();
  }
}

/** A directory in which a store with entries was closed. */
export function closedStore(...keys: readonly string[]): string {
  const directory = join(temporaryDirectory(), 'store');
  withCache(directory, (cache) => {
    for (const key of keys) cache.put(key, utf8(`state of ${key}`), someMeta);
  });
  return directory;
}
